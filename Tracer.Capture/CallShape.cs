namespace Tracer.Capture;

/// <summary>Which data a call reads or writes.</summary>
internal enum DataRule : byte
{
    /// <summary>None.</summary>
    None,

    /// <summary>A buffer; the result is the length.</summary>
    ReadBuffer,

    /// <summary>A buffer; the next argument is the length.</summary>
    WriteBuffer,

    /// <summary>iovec array to read into; the next argument is the count.</summary>
    ReadVec,

    /// <summary>iovec array to write; the next argument is the count.</summary>
    WriteVec,

    /// <summary>msghdr to receive into.</summary>
    ReadMsg,

    /// <summary>msghdr to send.</summary>
    WriteMsg,

    /// <summary>mmsghdr array to receive into; the result is the count.</summary>
    ReadMmsg,

    /// <summary>mmsghdr array to send; the next argument is the count.</summary>
    WriteMmsg,
}

/// <summary>Calls that change what is traced.</summary>
internal enum CallRole : byte
{
    None,

    /// <summary>clone: flags are argument 0.</summary>
    Clone,

    /// <summary>clone3: flags are the first word that argument 0 points to.</summary>
    Clone3,

    /// <summary>io_uring_setup.</summary>
    IoUringSetup,

    /// <summary>rt_sigaction.</summary>
    SignalAction,
}

/// <summary>What the collector has to know of a call, found by its number in one look-up.</summary>
/// <param name="ArgCount">Arguments, 0 to 6.</param>
/// <param name="PathMask">A bit for each argument that is a path.</param>
/// <param name="Data">Which data.</param>
/// <param name="DataArg">The argument that the data rule speaks of.</param>
/// <param name="ExecArgs">Argument + 1 that is an exec's argv; 0 for none. The next one is the environment.</param>
/// <param name="Role">What else it does.</param>
internal readonly record struct CallShape(
    byte ArgCount, byte PathMask, DataRule Data, byte DataArg, byte ExecArgs, CallRole Role)
{
    /// <summary>A call that no table knows: six arguments, nothing is read.</summary>
    public static CallShape Unknown => new(6, 0, DataRule.None, 0, 0, CallRole.None);

    /// <summary>True when its data is read at the entry.</summary>
    public bool Writes => Data is DataRule.WriteBuffer or DataRule.WriteVec or DataRule.WriteMsg or DataRule.WriteMmsg;

    /// <summary>True when its data is read at the exit.</summary>
    public bool Reads => Data is DataRule.ReadBuffer or DataRule.ReadVec or DataRule.ReadMsg or DataRule.ReadMmsg;

    /// <summary>True when the entry stop has more to read than registers.</summary>
    public bool HasEntryWork => PathMask != 0 || Writes || ExecArgs != 0 || Role is CallRole.Clone or CallRole.Clone3 or CallRole.SignalAction;
}
