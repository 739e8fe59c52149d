namespace Tracer.Records;

/// <summary>What a reader of a trace knows of a process from the records that have passed.</summary>
public sealed class ProcessView
{
    private const int PidColumns = 6;
    private const int CommColumns = 8;
    private const int CommLimit = 19;

    private readonly TextBuffer _column = new(32);
    private readonly HashSet<int> _chosenThreads = [];

    internal ProcessView(in ProcessIdentity identity, byte[] comm, Machine machine)
    {
        Identity = identity;
        Machine = machine;
        Comm = comm;
        var pid = new TextBuffer(16);
        pid.AppendDecimal(identity.Pid, PidColumns);
        pid.Append((byte)' ');
        PidColumn = pid.Written.ToArray();
        SetComm(comm);
    }

    /// <summary>Which process.</summary>
    public ProcessIdentity Identity { get; }

    /// <summary>Command name, untrusted bytes.</summary>
    public ReadOnlyMemory<byte> Comm { get; private set; }

    /// <summary>Its system calls are those of this machine; a value that is no machine when the machine is not known to this version.</summary>
    public Machine Machine { get; internal set; }

    /// <summary>Pid, right-aligned in six columns, and a space.</summary>
    internal ReadOnlyMemory<byte> PidColumn { get; }

    /// <summary>Command name, escaped, cut at 19 and filled to 8 columns, and a space.</summary>
    internal ReadOnlyMemory<byte> CommColumn => _column.Written;

    /// <summary>A record of it was shown, so that what is said of the process as a whole concerns the reader too.</summary>
    internal bool IsChosen { get; set; }

    internal void SetComm(ReadOnlySpan<byte> untrusted)
    {
        Comm = untrusted.ToArray();
        _column.Clear();
        for (var rest = untrusted; !rest.IsEmpty;)
        {
            int before = _column.Length;
            int length = EscapedText.AppendOne(_column, rest);
            if (_column.Length > CommLimit)
            {
                _column.Length = before;
                break;
            }

            rest = rest[length..];
        }

        while (_column.Length < CommColumns)
        {
            _column.Append((byte)' ');
        }

        _column.Append((byte)' ');
    }

    /// <summary>The thread has entered a call, which a filter has chosen or not.</summary>
    internal void Enter(int tid, bool chosen)
    {
        if (chosen)
        {
            _chosenThreads.Add(tid);
        }
        else
        {
            _chosenThreads.Remove(tid);
        }
    }

    /// <summary>The call that the thread entered last was chosen.</summary>
    internal bool IsInChosen(int tid) => _chosenThreads.Contains(tid);
}
