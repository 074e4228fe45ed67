namespace TcpTracer.Replay.Rates;

/// <summary>What happened in one group, in some time.</summary>
public struct RateCounts
{
    /// <summary>Connections made: connect() and accept().</summary>
    public long Made;

    /// <summary>Connections that never came to be: their connect() failed, or nobody accepted them.</summary>
    public long Failed;

    /// <summary>Connections that ended otherwise than in an orderly way.</summary>
    public long Broken;

    /// <summary>Connections that ended, in whatever way.</summary>
    public long Ended;

    /// <summary>Payload sent, in bytes: counted when an event reports it, which is the end of the connection, or progress.</summary>
    public ulong Sent;

    /// <summary>Payload received, in bytes.</summary>
    public ulong Received;

    /// <summary>Adds what happened elsewhere.</summary>
    public void Add(in RateCounts other)
    {
        Made += other.Made;
        Failed += other.Failed;
        Broken += other.Broken;
        Ended += other.Ended;
        Sent += other.Sent;
        Received += other.Received;
    }
}
