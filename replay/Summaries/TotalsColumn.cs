namespace TcpTracer.Replay.Summaries;

/// <summary>A number that is added up for each group.</summary>
/// <param name="Name">Its name on the command line, and in small letters its column.</param>
/// <param name="JsonKey">Its key in JSON and CSV.</param>
/// <param name="Value">Its value; null: not known of this group.</param>
public sealed record TotalsColumn(string Name, string JsonKey, Func<SummaryTotals, Int128?> Value)
{
    /// <summary>
    /// Its header among columns, which says what is counted: among events both ends of a connection are, so no number of connections is.
    /// </summary>
    public string Header { get; private init; } = Name.ToUpperInvariant();

    /// <summary>Whether its values are moments, in nanoseconds since 1970.</summary>
    public bool IsMoment { get; private init; }

    private static readonly TotalsColumn s_connections = new("connections", "connections", t => t.Connections);
    private static readonly TotalsColumn s_failed = new("failed", "failed", t => t.Failed);
    private static readonly TotalsColumn s_resets = new("resets", "resets", t => t.Resets);

    private static readonly TotalsColumn[] s_bytes =
    [
        new("sent", "sent_bytes", t => t.CountedEnds > 0 ? t.Sent : null),
        new("received", "received_bytes", t => t.CountedEnds > 0 ? t.Received : null),
    ];

    private static readonly TotalsColumn[] s_rest =
    [
        new("retransmits", "retransmits", t => t.HasRetransmits ? t.Retransmits : null),
        new("latency_p50", "latency_p50_ns", t => t.Latencies?.Percentile(0.5)),
        new("latency_p99", "latency_p99_ns", t => t.Latencies?.Percentile(0.99)),
        new("first", "first", t => t.FirstNs) { IsMoment = true },
        new("last", "last", t => t.LastNs) { IsMoment = true },
    ];

    /// <summary>Those of groups of events, in the order in which they are printed.</summary>
    public static IReadOnlyList<TotalsColumn> OfEvents { get; } =
    [
        new("events", "events", t => t.Events), s_connections with { Header = "OPENED" }, s_failed, .. s_bytes,
        s_resets with { Header = "RESET_ENDS" }, .. s_rest,
    ];

    /// <summary>Those of groups of connections, in the order in which they are printed.</summary>
    public static IReadOnlyList<TotalsColumn> OfConnections { get; } =
        [s_connections, s_failed, s_resets, new("open", "open", t => t.Open), .. s_bytes, .. s_rest];
}
