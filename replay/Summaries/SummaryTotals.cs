using System.Buffers.Binary;
using TcpTracer.Formats.Events;
using TcpTracer.Replay.Calls;

namespace TcpTracer.Replay.Summaries;

/// <summary>What was added up for one group of events, or of connections.</summary>
public struct SummaryTotals
{
    /// <summary>Bytes of all numbers in a file.</summary>
    internal const int Bytes = 12 * sizeof(long);

    /// <summary>Events of the group, of every kind; or its connections, where rows are these.</summary>
    public long Events;

    /// <summary>Connections made: connect() and accept(). Where rows are connections: all of them.</summary>
    public long Connections;

    /// <summary>Calls of connect() that failed. Where rows are connections: those that never came to be.</summary>
    public long Failed;

    /// <summary>Connections that their listener never accepted: neither made nor failed.</summary>
    public long Unaccepted;

    /// <summary>Connections that ended, and whose bytes are known; 0: <see cref="Sent"/> and <see cref="Received"/> say nothing.</summary>
    public long CountedEnds;

    /// <summary>Payload sent by the connections that ended, in bytes.</summary>
    public ulong Sent;

    /// <summary>Payload received by them, in bytes.</summary>
    public ulong Received;

    /// <summary>Where rows are connections: those whose end was not seen.</summary>
    public long Open;

    /// <summary>Ends by a reset, whoever sent it. Where rows are connections: those that ended in another than the orderly way.</summary>
    public long Resets;

    /// <summary>Segments that were retransmitted, of connections that ended and of connects that failed.</summary>
    public ulong Retransmits;

    /// <summary>When the first event was, in nanoseconds since 1970; good only where there are <see cref="Events"/>.</summary>
    public long FirstNs;

    /// <summary>When the last event was, in nanoseconds since 1970; good only where there are <see cref="Events"/>.</summary>
    public long LastNs;

    /// <summary>How long the connects took that succeeded, in nanoseconds; null: there is none whose time is known.</summary>
    public ValueSketch? Latencies;

    /// <summary>Whether <see cref="Retransmits"/> is known of any.</summary>
    public readonly bool HasRetransmits => CountedEnds + Failed > 0;

    internal void Add(Operation operation, int events = 1)
    {
        Events += events;
        Connections += operation is Operation.Connect or Operation.Accept ? events : 0;
        Failed += operation == Operation.ConnectFailed ? events : 0;
        Unaccepted += operation == Operation.Unaccepted ? events : 0;
    }

    /// <summary>Widens the time from the first to the last event; before the events themselves are counted.</summary>
    internal void AddTimes(long firstNs, long lastNs) => (FirstNs, LastNs) = Events == 0
        ? (firstNs, lastNs) : (Math.Min(FirstNs, firstNs), Math.Max(LastNs, lastNs));

    /// <summary>Adds everything of an event but its latency.</summary>
    internal void Add(in TcpEvent e)
    {
        AddTimes(e.WallNs, e.WallNs);
        Add(e.Operation);
        Resets += e.IsEnd && IsReset(e.Reason) ? 1 : 0;
        bool isCounted = e is { IsEnd: true, IsCounted: true };
        if (isCounted)
        {
            CountedEnds++;
            Sent += e.Sent;
            Received += e.Received;
        }
        Retransmits += isCounted || e.Operation == Operation.ConnectFailed ? e.Retransmits : 0;
    }

    /// <summary>
    /// Adds a connection, everything but its latency. Its bytes are those of the near end, which has both directions: they count once.
    /// </summary>
    internal void AddConnection(in TcpEvent row)
    {
        Connection connection = row.Connection!;
        ref readonly TcpEvent latest = ref connection.Near.Latest;
        AddTimes(connection.StartNs, connection.LastNs);
        Events++;
        Connections++;
        ConnectionState state = connection.State;
        Failed += state == ConnectionState.Failed ? 1 : 0;
        Open += state == ConnectionState.Open ? 1 : 0;
        Resets += state == ConnectionState.Reset ? 1 : 0;
        if (latest.IsCounted)
        {
            CountedEnds++;
            Sent += latest.Sent;
            Received += latest.Received;
        }
        Retransmits += latest.IsCounted || latest.Operation == Operation.ConnectFailed ? latest.Retransmits : 0;
    }

    /// <summary>Whether a connection that ended for this reason was reset.</summary>
    internal static bool IsReset(Reason reason) => reason is Reason.ResetSent or Reason.ResetReceived or Reason.Reset;

    internal void Add(in SummaryTotals other)
    {
        if (other.Events > 0)
            AddTimes(other.FirstNs, other.LastNs);
        Events += other.Events;
        Connections += other.Connections;
        Failed += other.Failed;
        Unaccepted += other.Unaccepted;
        CountedEnds += other.CountedEnds;
        Sent += other.Sent;
        Received += other.Received;
        Resets += other.Resets;
        Open += other.Open;
        Retransmits += other.Retransmits;
        if (Latencies is null)
            Latencies = other.Latencies;
        else if (other.Latencies is { } more)
            Latencies.Add(more);
    }

    internal readonly void WriteTo(Span<byte> to)
    {
        ReadOnlySpan<long> numbers =
        [
            Events, Connections, Failed, Unaccepted, CountedEnds, unchecked((long)Sent), unchecked((long)Received), Resets,
            unchecked((long)Retransmits), FirstNs, LastNs, Open,
        ];
        for (int i = 0; i < numbers.Length; i++)
            BinaryPrimitives.WriteInt64LittleEndian(to[(i * sizeof(long))..], numbers[i]);
    }

    internal static SummaryTotals Read(ReadOnlySpan<byte> from)
    {
        Span<long> n = stackalloc long[Bytes / sizeof(long)];
        for (int i = 0; i < n.Length; i++)
            n[i] = BinaryPrimitives.ReadInt64LittleEndian(from[(i * sizeof(long))..]);
        return new SummaryTotals
        {
            Events = n[0], Connections = n[1], Failed = n[2], Unaccepted = n[3], CountedEnds = n[4], Sent = unchecked((ulong)n[5]),
            Received = unchecked((ulong)n[6]), Resets = n[7], Retransmits = unchecked((ulong)n[8]), FirstNs = n[9], LastNs = n[10],
            Open = n[11],
        };
    }
}
