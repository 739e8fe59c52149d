namespace Tracer.Records;

/// <summary>What one argument of a system call is: how it is shown, and what a collector reads through it.</summary>
/// <remarks>
/// Kinds are assigned in <c>syscalls.tsv</c>. They are no part of the journal's format: a record holds registers, so the
/// values below may change. A kind of C type int takes the low 32 bits only, as the kernel does.
/// </remarks>
public enum ArgKind : byte
{
    /// <summary>A register in hexadecimal: flags that no table names yet, ids, addresses that are no pointer.</summary>
    Hex,

    /// <summary>A C int, signed, decimal.</summary>
    Int,

    /// <summary>A C unsigned int, decimal.</summary>
    UInt,

    /// <summary>A C long, signed, decimal.</summary>
    Long,

    /// <summary>A C unsigned long, decimal: counts of more than 32 bits.</summary>
    ULong,

    /// <summary>An address. What it points at is not read.</summary>
    Pointer,

    /// <summary>A size_t: a length in bytes, hexadecimal.</summary>
    Size,

    /// <summary>A loff_t: a position or length in a file, hexadecimal.</summary>
    Offset,

    /// <summary>A file descriptor, decimal, as the RET and GIO lines name it.</summary>
    Fd,

    /// <summary>A directory's descriptor, or AT_FDCWD: see openat(2).</summary>
    DirFd,

    /// <summary>Address of a NUL-terminated file name. Read at entry. A Namei record.</summary>
    Path,

    /// <summary>
    /// Address of a NUL-terminated text that names no file: an attribute, a file system's type, a key. Read at entry if at all; no Namei
    /// record.
    /// </summary>
    String,

    /// <summary>
    /// Address of a buffer that the call fills. Read at exit; the length is the value returned. The descriptor is argument 0: read(2),
    /// recvfrom(2).
    /// </summary>
    ReadBuffer,

    /// <summary>
    /// Address of the data to write. Read at entry; the length is in the next argument, what was taken is the value returned. The
    /// descriptor is argument 0: write(2).
    /// </summary>
    WriteBuffer,

    /// <summary>
    /// Address of an array of struct iovec that the call fills; the count is in the next argument. Read at exit, up to the value
    /// returned: readv(2).
    /// </summary>
    ReadVec,

    /// <summary>
    /// Address of an array of struct iovec to write; the count is in the next argument. Read at entry: writev(2), vmsplice(2).
    /// </summary>
    WriteVec,

    /// <summary>Address of a struct msghdr that the call fills. Read at exit, up to the value returned: recvmsg(2).</summary>
    ReadMsg,

    /// <summary>Address of a struct msghdr to send. Read at entry: sendmsg(2).</summary>
    WriteMsg,

    /// <summary>
    /// Address of an array of struct mmsghdr that the call fills; its size is in the next argument, the value returned counts the
    /// messages, each has its own length. Read at exit: recvmmsg(2).
    /// </summary>
    ReadMmsg,

    /// <summary>Address of an array of struct mmsghdr to send; the count is in the next argument. Read at entry: sendmmsg(2).</summary>
    WriteMmsg,

    /// <summary>Address of the argument pointers, ended by a null pointer. Read at entry: execve(2). An Args record.</summary>
    Argv,

    /// <summary>Address of the environment pointers, ended by a null pointer. Read at entry: execve(2). An Envs record.</summary>
    Envp,

    /// <summary>Access mode and flags of open(2). O_DIRECTORY, O_NOFOLLOW, O_DIRECT and O_LARGEFILE differ between machines.</summary>
    OpenFlags,

    /// <summary>Permission bits, octal: chmod(2), mknod(2).</summary>
    Mode,

    /// <summary>F_OK or R_OK, W_OK, X_OK: access(2).</summary>
    AccessMode,

    /// <summary>AT_EACCESS and the AT_ flags of faccessat(2).</summary>
    AccessFlags,

    /// <summary>AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH and the like: openat(2), statx(2).</summary>
    AtFlags,

    /// <summary>AT_REMOVEDIR, whose value is AT_EACCESS elsewhere: unlinkat(2).</summary>
    UnlinkFlags,

    /// <summary>RENAME_NOREPLACE and the like: rename(2).</summary>
    RenameFlags,

    /// <summary>Flags of open_tree(2) and mount_setattr(2).</summary>
    OpenTreeFlags,

    /// <summary>Fields asked for: statx(2).</summary>
    StatxMask,

    /// <summary>
    /// O_CLOEXEC, O_NONBLOCK and what else pipe2(2), dup3(2), epoll_create1(2), inotify_init1(2) take; their own names for these have the
    /// same values.
    /// </summary>
    FdFlags,

    /// <summary>eventfd(2).</summary>
    EventfdFlags,

    /// <summary>SOCK_CLOEXEC and SOCK_NONBLOCK: accept4(2).</summary>
    SockFlags,

    /// <summary>SEEK_SET and the like: lseek(2).</summary>
    Whence,

    /// <summary>fcntl(2).</summary>
    FcntlCommand,

    /// <summary>ioctl(2). A request that no table names is shown as its direction, type, number and size.</summary>
    IoctlRequest,

    /// <summary>flock(2).</summary>
    FlockOperation,

    /// <summary>fallocate(2).</summary>
    FallocateMode,

    /// <summary>posix_fadvise(2).</summary>
    FadviseAdvice,

    /// <summary>sync_file_range(2).</summary>
    SyncRangeFlags,

    /// <summary>splice(2), tee(2), vmsplice(2).</summary>
    SpliceFlags,

    /// <summary>RWF_ flags: preadv2(2).</summary>
    RwFlags,

    /// <summary>XATTR_CREATE or XATTR_REPLACE: setxattr(2).</summary>
    XattrFlags,

    /// <summary>mount(2).</summary>
    MountFlags,

    /// <summary>umount2(2).</summary>
    UmountFlags,

    /// <summary>inotify_add_watch(2).</summary>
    InotifyMask,

    /// <summary>close_range(2).</summary>
    CloseRangeFlags,

    /// <summary>memfd_create(2).</summary>
    MemfdFlags,

    /// <summary>epoll_ctl(2).</summary>
    EpollOp,

    /// <summary>PROT_READ and the like: mmap(2). PROT_BTI and PROT_MTE are arm64's.</summary>
    Prot,

    /// <summary>mmap(2). MAP_32BIT and MAP_ABOVE4G are x86-64's.</summary>
    MapFlags,

    /// <summary>mremap(2).</summary>
    MremapFlags,

    /// <summary>msync(2).</summary>
    MsyncFlags,

    /// <summary>madvise(2).</summary>
    MadviseAdvice,

    /// <summary>mlockall(2).</summary>
    MlockallFlags,

    /// <summary>A signal number: signal(7).</summary>
    Signal,

    /// <summary>SIG_BLOCK and the like: sigprocmask(2).</summary>
    SigHow,

    /// <summary>A process or thread id, signed, since some calls take a group as its negative: kill(2).</summary>
    Pid,

    /// <summary>A user id, decimal; -1 means "leave it": setreuid(2).</summary>
    Uid,

    /// <summary>A group id, decimal; -1 means "leave it": setregid(2).</summary>
    Gid,

    /// <summary>The flags of clone(2), with the exit signal in the low byte.</summary>
    CloneFlags,

    /// <summary>CLONE_ flags without an exit signal: unshare(2), setns(2).</summary>
    UnshareFlags,

    /// <summary>wait4(2), waitid(2).</summary>
    WaitOptions,

    /// <summary>P_PID and the like: waitid(2).</summary>
    WaitIdType,

    /// <summary>ptrace(2).</summary>
    PtraceRequest,

    /// <summary>prctl(2).</summary>
    PrctlOption,

    /// <summary>arch_prctl(2), of x86-64 only.</summary>
    ArchPrctlOption,

    /// <summary>seccomp(2).</summary>
    SeccompOperation,

    /// <summary>bpf(2).</summary>
    BpfCommand,

    /// <summary>membarrier(2).</summary>
    MembarrierCommand,

    /// <summary>Operation and FUTEX_PRIVATE_FLAG, FUTEX_CLOCK_REALTIME: futex(2).</summary>
    FutexOp,

    /// <summary>sched_setscheduler(2), with SCHED_RESET_ON_FORK.</summary>
    SchedPolicy,

    /// <summary>getpriority(2).</summary>
    PriorityWhich,

    /// <summary>getrlimit(2).</summary>
    RlimitResource,

    /// <summary>getrusage(2).</summary>
    RusageWho,

    /// <summary>clock_gettime(2); the negative ids of clock_getcpuclockid(3) and of device clocks are shown decimal.</summary>
    ClockId,

    /// <summary>TIMER_ABSTIME: clock_nanosleep(2), timer_settime(2).</summary>
    TimerFlags,

    /// <summary>timerfd_settime(2).</summary>
    TimerfdFlags,

    /// <summary>getitimer(2).</summary>
    ItimerWhich,

    /// <summary>getrandom(2).</summary>
    RandomFlags,

    /// <summary>IPC_RMID, GETVAL and the like: semctl(2).</summary>
    SemCommand,

    /// <summary>IPC_RMID, SHM_LOCK and the like: shmctl(2).</summary>
    ShmCommand,

    /// <summary>IPC_RMID and the like: msgctl(2).</summary>
    MsgCommand,

    /// <summary>socket(2), address_families(7).</summary>
    SockDomain,

    /// <summary>SOCK_STREAM and the like, with SOCK_CLOEXEC and SOCK_NONBLOCK: socket(2).</summary>
    SockType,

    /// <summary>getsockopt(2).</summary>
    SocketLevel,

    /// <summary>shutdown(2).</summary>
    ShutdownHow,

    /// <summary>send(2), recv(2).</summary>
    MsgFlags,
}
