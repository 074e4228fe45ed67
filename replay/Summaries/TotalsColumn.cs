namespace TcpTracer.Replay.Summaries;

/// <summary>A number that is added up for each group.</summary>
/// <param name="Name">Its name on the command line, and in small letters its column.</param>
/// <param name="JsonKey">Its key in JSON and CSV.</param>
/// <param name="Value">Its value; null: not known of this group.</param>
public sealed record TotalsColumn(string Name, string JsonKey, Func<SummaryTotals, Int128?> Value)
{
    /// <summary>
    /// Its header among columns, which says what is counted: both ends of a connection are, so no number of connections is.
    /// </summary>
    public string Header { get; private init; } = Name.ToUpperInvariant();

    /// <summary>Whether its values are moments, in nanoseconds since 1970.</summary>
    public bool IsMoment { get; private init; }

    /// <summary>All of them, in the order in which they are printed.</summary>
    public static IReadOnlyList<TotalsColumn> All { get; } =
    [
        new("events", "events", t => t.Events),
        new("connections", "connections", t => t.Connections) { Header = "OPENED" },
        new("failed", "failed", t => t.Failed),
        new("sent", "sent_bytes", t => t.CountedEnds > 0 ? t.Sent : null),
        new("received", "received_bytes", t => t.CountedEnds > 0 ? t.Received : null),
        new("resets", "resets", t => t.Resets) { Header = "RESET_ENDS" },
        new("retransmits", "retransmits", t => t.HasRetransmits ? t.Retransmits : null),
        new("latency_p50", "latency_p50_ns", t => t.Latencies?.Percentile(0.5)),
        new("latency_p99", "latency_p99_ns", t => t.Latencies?.Percentile(0.99)),
        new("first", "first", t => t.FirstNs) { IsMoment = true },
        new("last", "last", t => t.LastNs) { IsMoment = true },
    ];

    /// <summary>A column by its name or key; null: there is none.</summary>
    public static TotalsColumn? TryFind(string name) => All.FirstOrDefault(c => c.Name == name || c.JsonKey == name
        || c.Header.Equals(name, StringComparison.OrdinalIgnoreCase));
}
