using System.Globalization;
using System.Text;
using Tracer.Capture.Interop;

namespace Tracer.Capture;

/// <summary>
/// A command that has been started and stands still before its exec, so that a collector can seize it and whatever it needs can be
/// made ready meanwhile. It has Tracer's terminal, process group, limits and descriptors, and the argument bytes that were given.
/// </summary>
/// <remarks>
/// A helper thread calls posix_spawnp(3), whose child opens a fifo before the exec and blocks there, inside the vfork window;
/// posix_spawnp has not returned then, so the pid is read from /proc. A held child that nobody has seized stays for ever when
/// Tracer is killed: <see cref="PtraceCollector.Seize"/> early closes that window.
/// </remarks>
public sealed unsafe class HeldCommand : IDisposable
{
    private readonly SpawnOptions _options;
    private readonly HoldFifo _fifo = new();
    private readonly NativeStrings _strings = new();
    private readonly ManualResetEventSlim _spawned = new();
    private volatile int _helperTid;
    private int _spawnErrno;
    private bool _released;

    private HeldCommand(SpawnOptions options)
    {
        _options = options;
    }

    /// <summary>The command's pid; 0 when it failed before it could be held.</summary>
    public int Pid { get; private set; }

    /// <summary>What is executed.</summary>
    public SpawnOptions Options => _options;

    /// <summary>
    /// errno of a command that could not be executed, 0 when it was. Waits for the exec: to be read after <see cref="Release"/>
    /// and after the collector has let the command run up to it.
    /// </summary>
    public int SpawnErrno
    {
        get
        {
            _spawned.Wait();
            return _spawnErrno;
        }
    }

    /// <summary>The exit status that shells give for <see cref="SpawnErrno"/>: 127 not found, 126 not executable, 0 none.</summary>
    public static int ExitStatusOf(int spawnErrno) => spawnErrno switch
    {
        0 => 0,
        Errno.ENOENT => 127,
        _ => 126,
    };

    /// <summary>Starts the command and holds it. Throws when there is no such directory or the child can't be made.</summary>
    public static HeldCommand Start(SpawnOptions options)
    {
        if (options.Arguments.Count == 0)
            throw new ArgumentException("A command has at least its own name.", nameof(options));

        if (options.Directory is { } directory && !Directory.Exists(Encoding.UTF8.GetString(directory)))
            throw new DirectoryNotFoundException($"No such directory: {Encoding.UTF8.GetString(directory)}");

        var command = new HeldCommand(options);
        try
        {
            command.StartHelper();
            return command;
        }
        catch
        {
            command.Dispose();
            throw;
        }
    }

    /// <summary>Lets the command go on to its exec.</summary>
    public void Release()
    {
        if (_released)
            return;

        _released = true;
        // The child may not have reached its open yet, or be dead: then posix_spawnp returns, or the pid is a zombie.
        while (!_fifo.TryRelease() && !_spawned.IsSet && !ProcFs.IsDead(Pid))
        {
            Thread.Yield();
        }

        _fifo.Dispose();
    }

    /// <summary>Kills the held command. A collector that has seized it must not be running.</summary>
    public void Abandon()
    {
        if (Pid != 0 && !_spawned.IsSet)
            _ = Libc.kill(Pid, Libc.SIGKILL);

        _fifo.Dispose();
        _spawned.Wait();
        if (Pid != 0)
        {
            int status;
            _ = Libc.waitpid(Pid, &status, Libc.WNOHANG);
        }
    }

    /// <summary>Abandons a command that was not released, and removes the fifo.</summary>
    public void Dispose()
    {
        if (!_released && _helperTid != 0)
            Abandon();

        _released = true;
        _fifo.Dispose();
    }

    private void StartHelper()
    {
        using var ignored = new IgnoredSignals(_options.Signals.Ignored);
        var helper = new Thread(Spawn, 256 * 1024) { IsBackground = true, Name = "spawn" };
        helper.Start();
        var wait = new SpinWait();
        while (_helperTid == 0)
        {
            wait.SpinOnce(sleep1Threshold: -1);
        }

        // Only this helper's children are listed, and it has one at most.
        string children = string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{_helperTid}/children");
        while (!_spawned.IsSet)
        {
            if (TryReadChild(children, out int pid))
            {
                Pid = pid;
                return;
            }

            wait.SpinOnce(sleep1Threshold: -1);
        }
    }

    private bool TryReadChild(string path, out int pid)
    {
        pid = 0;
        try
        {
            string text = File.ReadAllText(path);
            int space = text.IndexOf(' ', StringComparison.Ordinal);
            return space > 0 && int.TryParse(text.AsSpan(0, space), CultureInfo.InvariantCulture, out pid);
        }
        catch (IOException) when (_spawned.IsSet || Directory.Exists(Path.GetDirectoryName(path)) is false)
        {
            // The helper has ended: the command failed before it could be held.
            return false;
        }
    }

    // On the helper thread, which stays in posix_spawnp until the exec.
    private void Spawn()
    {
        try
        {
            IReadOnlyList<byte[]> environment = _options.Environment ?? NativeStrings.OwnEnvironment();
            byte** argv = _strings.Array(_options.Arguments);
            byte** envp = _strings.Array(environment);
            void* actions = _strings.Allocate(Libc.PosixSpawnFileActionsSize);
            void* attributes = _strings.Allocate(Libc.PosixSpawnattrSize);
            Check(Libc.posix_spawn_file_actions_init(actions), "posix_spawn_file_actions_init");
            Check(Libc.posix_spawnattr_init(attributes), "posix_spawnattr_init");
            if (_options.Directory is { } directory)
                Check(Libc.posix_spawn_file_actions_addchdir_np(actions, _strings.String(directory)), "addchdir");

            // A descriptor that is free now: what the child finds there can only be one of .NET's, which its exec closes.
            int fd = Libc.open(_strings.String("/dev/null"u8), Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
            if (fd < 0)
                throw Errno.Failure("open /dev/null");

            Check(Libc.posix_spawn_file_actions_addopen(actions, fd, _fifo.Path8, Libc.O_RDONLY | Libc.O_CLOEXEC, 0), "addopen");
            Check(Libc.posix_spawn_file_actions_addclose(actions, fd), "addclose");
            SetSignals(attributes);

            int pid;
            _helperTid = Libc.gettid();
            _spawnErrno = Libc.posix_spawnp(&pid, argv[0], actions, attributes, argv, envp);
            _ = Libc.close(fd);
            _ = Libc.posix_spawn_file_actions_destroy(actions);
            _ = Libc.posix_spawnattr_destroy(attributes);
        }
        catch (IOException e)
        {
            _spawnErrno = e.HResult;
        }
        finally
        {
            _spawned.Set();
            _helperTid = _helperTid == 0 ? -1 : _helperTid;
            _strings.Dispose();
        }
    }

    // Every signal that was not ignored at the start goes to its default. The set is written bit by bit: sigaddset(3) refuses 32 and 33,
    // which glibc's posix_spawn would otherwise leave ignored.
    private void SetSignals(void* attributes)
    {
        const ulong Unchangeable = 1UL << (Libc.SIGKILL - 1) | 1UL << (Libc.SIGSTOP - 1);
        ulong* set = stackalloc ulong[16];
        new Span<ulong>(set, 16).Clear();
        set[0] = ~_options.Signals.Ignored & ~Unchangeable;
        Check(Libc.posix_spawnattr_setsigdefault(attributes, set), "setsigdefault");
        set[0] = _options.Signals.Blocked;
        Check(Libc.posix_spawnattr_setsigmask(attributes, set), "setsigmask");
        Check(Libc.posix_spawnattr_setflags(attributes, Libc.POSIX_SPAWN_SETSIGDEF | Libc.POSIX_SPAWN_SETSIGMASK), "setflags");
    }

    private static void Check(int errno, string call)
    {
        if (errno != 0)
            throw Errno.Failure(call, errno);
    }
}
