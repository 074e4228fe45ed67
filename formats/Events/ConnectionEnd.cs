namespace TcpTracer.Formats.Events;

/// <summary>
/// One end of a connection: its first event and its latest. Most have one event for a long time, so the latest has room of its own only
/// when there is one.
/// </summary>
public sealed class ConnectionEnd
{
    private TcpEvent _opening;
    private TcpEvent[]? _latest;
    private bool _hasLatest;

    /// <summary>The connection that it belongs to.</summary>
    internal Connection Connection { get; set; } = null!;

    /// <summary>The first event that was seen of it.</summary>
    public ref readonly TcpEvent Opening => ref _opening;

    /// <summary>The event that says most: its end, or as long as it has none, the latest.</summary>
    public ref readonly TcpEvent Latest => ref _hasLatest ? ref _latest![0] : ref _opening;

    /// <summary>The same at both ends of a connection, as soon as an event has it; 0: not known.</summary>
    public ulong Flow { get; private set; }

    /// <summary>Whether its last event has been seen.</summary>
    public bool IsEnded => Latest.IsLast;

    /// <summary>Whether the connection never came to be, as this end saw it.</summary>
    public bool HasFailed => Latest.Operation is Operation.ConnectFailed or Operation.Unaccepted;

    /// <summary>Whether this end called connect().</summary>
    public bool IsCaller => Opening.Operation is Operation.Connect or Operation.ConnectFailed;

    /// <summary>Whether this end was called.</summary>
    public bool IsCalled => Opening.Operation is Operation.Accept or Operation.Unaccepted || Latest.Operation == Operation.Unaccepted;

    /// <summary>Whether it ended in another than the orderly way.</summary>
    public bool WasReset => Latest.IsEnd && (Latest.Operation == Operation.Unknown || IsBreak(Latest.Reason));

    /// <summary>Whether a connection that ends for a reason ends in another than the orderly way.</summary>
    internal static bool IsBreak(Reason reason) => reason
        is Reason.ResetSent or Reason.ResetReceived or Reason.Reset or Reason.TimedOut or Reason.Killed or Reason.Aborted;

    /// <summary>When it began, in nanoseconds since 1970, by the clock of its first event.</summary>
    public long StartNs => _opening.WallNs - (_opening.TimestampNs - _opening.StartNs);

    /// <summary>Becomes an end of which one event was seen.</summary>
    internal void Begin(in TcpEvent first)
    {
        _opening = first;
        _hasLatest = false;
        Flow = first.Flow;
    }

    /// <summary>A later event of it. After its end nothing but another end counts.</summary>
    internal void Add(in TcpEvent e)
    {
        if (IsEnded && !e.IsEnd)
            return;
        if (Flow == 0)
            Flow = e.Flow;
        (_latest ??= new TcpEvent[1])[0] = e;
        _hasLatest = true;
    }
}
