using TcpTracer.Formats.Events;
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
        if (TimeGrid.LatencyOf(connection) is not { } latency)
            return;
        if (_slowest.Count == most)
        {
            _slowest.TryPeek(out _, out ulong least);
            if (latency <= least)
                return;
            _slowest.Dequeue();
        }
        ref readonly TcpEvent latest = ref connection.Near.Latest;
        ulong? duration = latest is { IsEnd: true, IsTimed: true } ? latest.AgeNs : null;
        _slowest.Enqueue(new SlowCall(edge, latency, duration, connection.State, CallExample.Of(in row)), latency);
    }
}
