using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Replay.Calls;

namespace TcpTracer.Replay.Reports;

/// <summary>A connection whose connect took long.</summary>
/// <param name="Edge">Its edge.</param>
/// <param name="LatencyNs">How long the connect took.</param>
/// <param name="DurationNs">How long the connection lasted; null: its end was not seen, or has no time.</param>
/// <param name="State">How it ended.</param>
/// <param name="Where">Where to look at it.</param>
internal sealed record SlowCall(Edge Edge, ulong LatencyNs, ulong? DurationNs, ConnectionState State, CallExample Where);

/// <summary>Keeps the connections whose connects took longest.</summary>
/// <param name="most">How many.</param>
internal sealed class SlowCalls(int most)
{
    private readonly PriorityQueue<SlowCall, ulong> _slowest = new();

    /// <summary>The slowest first.</summary>
    public IEnumerable<SlowCall> All => _slowest.UnorderedItems.Select(i => i.Element)
        .OrderByDescending(c => c.LatencyNs).ThenBy(c => c.Where.StartNs).ThenBy(c => c.Where.Conn, StringComparer.Ordinal);

    /// <summary>Looks at a row of a connection tracker.</summary>
    public void Add(in TcpEvent row, Edge edge)
    {
        Connection connection = row.Connection!;
        if (TimeGrid.LatencyOf(connection) is { } latency && MakeRoomFor(latency))
            Add(edge, latency, in connection.Near.Latest, connection.State, CallExample.Of(in row));
    }

    /// <summary>Looks at a plain end.</summary>
    public void Add(EventBatch batch, in WholeEnd end, Edge edge)
    {
        if (end.IsCalled || !end.IsTimed || !MakeRoomFor(end.AgeNs))
            return;
        batch.Read(end.Last, out TcpEvent latest);
        Add(edge, end.AgeNs, in latest, ConnectionState.Closed, CallExample.Of(batch, in end));
    }

    private bool MakeRoomFor(ulong latency)
    {
        if (_slowest.Count < most)
            return true;
        _slowest.TryPeek(out _, out ulong least);
        if (latency <= least)
            return false;
        _slowest.Dequeue();
        return true;
    }

    private void Add(Edge edge, ulong latency, in TcpEvent latest, ConnectionState state, CallExample where)
    {
        ulong? duration = latest is { IsEnd: true, IsTimed: true } ? latest.AgeNs : null;
        _slowest.Enqueue(new SlowCall(edge, latency, duration, state, where), latency);
    }
}
