using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Text;
using TcpTracer.Replay.Names;
using TcpTracer.Replay.Summaries;

namespace TcpTracer.Cli.Requests;

/// <summary>How a summary is printed.</summary>
internal enum SummaryFormat
{
    /// <summary>For people.</summary>
    Columns,

    /// <summary>For programs.</summary>
    Json,

    /// <summary>For spreadsheets.</summary>
    Csv,
}

/// <summary>What <c>summary</c> was asked for.</summary>
internal sealed record SummaryRequest
{
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>By which fields; empty: the page.</summary>
    public required IReadOnlyList<Field> By { get; init; }

    /// <summary>Whether rows are connections, not events.</summary>
    public bool Connections { get; init; }

    /// <summary>What is added up for each group.</summary>
    public IReadOnlyList<TotalsColumn> Columns => Connections ? TotalsColumn.OfConnections : TotalsColumn.OfEvents;

    /// <summary>Into which intervals the time is cut; null: it is not cut.</summary>
    public TimeSpan? Every { get; init; }

    /// <summary>Whether groups are printed, and no page.</summary>
    public bool HasGroups => By.Count > 0 || Every is not null;

    /// <summary>In which order groups are printed; null: the largest first.</summary>
    public GroupOrder? Order { get; init; }

    public int? Limit { get; init; }

    public SummaryFormat Format { get; init; }

    public required Selection Selection { get; init; }

    public required TimeWindow Times { get; init; }

    public Enrichment Enrichment { get; init; }
}
