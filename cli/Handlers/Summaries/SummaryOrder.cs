using TcpTracer.Replay.Summaries;

namespace TcpTracer.Cli.Handlers.Summaries;

/// <summary>In which order <c>summary</c> names those that talk.</summary>
internal static class SummaryOrder
{
    /// <summary>Those with bytes, the most first.</summary>
    public static IReadOnlyCollection<PartyTraffic> ByBytes(IEnumerable<PartyTraffic> traffic) =>
        [.. ThenByName(traffic.Where(t => t.Sent + t.Received > 0).OrderByDescending(t => (decimal)t.Sent + t.Received))];

    /// <summary>Those with the most connections first.</summary>
    public static IReadOnlyCollection<PartyTraffic> ByConnections(IEnumerable<PartyTraffic> traffic) =>
        [.. ThenByName(traffic.OrderByDescending(t => t.Connections))];

    private static IOrderedEnumerable<PartyTraffic> ThenByName(IOrderedEnumerable<PartyTraffic> traffic) =>
        traffic.ThenBy(t => t.Party.ToString(), StringComparer.Ordinal);
}
