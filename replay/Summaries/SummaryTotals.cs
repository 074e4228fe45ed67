using TcpTracer.Formats.Events;

namespace TcpTracer.Replay.Summaries;

/// <summary>What was added up for one group of events.</summary>
public struct SummaryTotals
{
    /// <summary>Events of the group, of every kind.</summary>
    public long Events;

    /// <summary>Connections made: connect() and accept().</summary>
    public long Connections;

    /// <summary>Calls of connect() that failed.</summary>
    public long Failed;

    /// <summary>Connections that their listener never accepted: neither made nor failed.</summary>
    public long Unaccepted;

    /// <summary>Connections that ended, and whose bytes are known; 0: <see cref="Sent"/> and <see cref="Received"/> say nothing.</summary>
    public long CountedEnds;

    /// <summary>Payload sent by the connections that ended, in bytes.</summary>
    public ulong Sent;

    /// <summary>Payload received by them, in bytes.</summary>
    public ulong Received;

    internal void Add(Operation operation, int events = 1)
    {
        Events += events;
        Connections += operation is Operation.Connect or Operation.Accept ? events : 0;
        Failed += operation == Operation.ConnectFailed ? events : 0;
        Unaccepted += operation == Operation.Unaccepted ? events : 0;
    }

    internal void Add(in SummaryTotals other)
    {
        Events += other.Events;
        Connections += other.Connections;
        Failed += other.Failed;
        Unaccepted += other.Unaccepted;
        CountedEnds += other.CountedEnds;
        Sent += other.Sent;
        Received += other.Received;
    }
}
