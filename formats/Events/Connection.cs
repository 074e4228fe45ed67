namespace TcpTracer.Formats.Events;

/// <summary>How far a connection has got.</summary>
public enum ConnectionState
{
    /// <summary>It goes on, or its end was not seen.</summary>
    Open,

    /// <summary>It ended in an orderly way.</summary>
    Closed,

    /// <summary>It ended otherwise: reset by one side, timed out, killed, aborted.</summary>
    Reset,

    /// <summary>It never came to be: its connect() failed, or nobody accepted it.</summary>
    Failed,
}

/// <summary>What a connection waits for of which one end has ended.</summary>
internal enum ConnectionWait : byte
{
    /// <summary>Nothing.</summary>
    Nothing,

    /// <summary>Its other end may be in another file.</summary>
    OtherFile,

    /// <summary>Its other end may come soon: nothing but its end was seen, or it was not accepted yet.</summary>
    OtherEnd,
}

/// <summary>
/// One connection, gathered from its events: one end, or both where both were seen. Values are those of the near end: of its latest event,
/// or where that does not have them, of its first one. Whoever gathers may use an object for one connection after the other.
/// </summary>
public sealed class Connection
{
    /// <summary>Who began the connection, where that end was seen; else the end that was seen.</summary>
    public ConnectionEnd Near { get; private set; } = null!;

    /// <summary>The other end; null: it was not seen.</summary>
    public ConnectionEnd? Far { get; private set; }

    /// <summary>Whether every end that was seen has ended.</summary>
    public bool IsEnded => Near.IsEnded && Far?.IsEnded != false;

    /// <summary>How far it has got.</summary>
    public ConnectionState State
    {
        get
        {
            if (Near.HasFailed || Far?.HasFailed == true)
                return ConnectionState.Failed;
            if (!IsEnded)
                return ConnectionState.Open;
            return Near.WasReset || Far?.WasReset == true ? ConnectionState.Reset : ConnectionState.Closed;
        }
    }

    /// <summary>When it began, in nanoseconds since 1970; where that is not known, when it was first seen.</summary>
    public long StartNs => Near.StartNs;

    /// <summary>When the last of its ends ended; good only where <see cref="IsEnded"/>.</summary>
    public long EndNs => LastNs;

    /// <summary>When the last event of its ends was, in nanoseconds since 1970.</summary>
    public long LastNs => Far is null ? Near.Latest.WallNs : Math.Max(Near.Latest.WallNs, Far.Latest.WallNs);

    /// <summary>Whether <see cref="Near"/> is the end that was called; where nothing said who called, as a guess.</summary>
    public bool IsNearCalled => IsTurnKnown ? Near.IsCalled || (Far?.IsCaller == true && !Near.IsCaller) : IsNearGuessedCalled == true;

    /// <summary>Whether a connect or an accept said who called.</summary>
    public bool IsTurnKnown => Near.IsCaller || Near.IsCalled || Far is { IsCaller: true } or { IsCalled: true };

    /// <summary>Where nothing said who called: whether the near end counts as called. null: nobody has made a guess.</summary>
    public bool? IsNearGuessedCalled { get; internal set; }

    /// <summary>Whether nothing but the ports told who called.</summary>
    public bool IsTurnDoubtful { get; internal set; }

    /// <summary>Whether the near end sent the reset that ended it; null: there was none, or nobody saw who sent it.</summary>
    public bool? IsResetByNear
    {
        get
        {
            Reason near = Near.Latest.Reason, far = Far?.Latest.Reason ?? Reason.None;
            if (near == Reason.ResetSent || far == Reason.ResetReceived)
                return true;
            return near == Reason.ResetReceived || far == Reason.ResetSent ? false : null;
        }
    }

    /// <summary>The connections before and after it in the order in which they were first seen.</summary>
    internal Connection? Older, Younger;

    /// <summary>What it waits for, after its one end has ended.</summary>
    internal ConnectionWait Wait;

    /// <summary>Becomes a connection of which one end was seen.</summary>
    internal void Begin(ConnectionEnd end) =>
        (Near, Far, IsNearGuessedCalled, IsTurnDoubtful, Wait) = (end, null, null, false, ConnectionWait.Nothing);

    /// <summary>Adds the other end, and turns the row round where that one is the caller.</summary>
    internal void Join(ConnectionEnd other)
    {
        bool isOtherNear = (other.IsCaller && !Near.IsCaller) || (Near.IsCalled && !other.IsCalled);
        (Near, Far) = isOtherNear ? (other, Near) : (Near, other);
    }

    /// <summary>The row as an event: the near end's latest, with this connection.</summary>
    public TcpEvent ToRow()
    {
        TcpEvent row = Near.Latest;
        row.Connection = this;
        return row;
    }
}
