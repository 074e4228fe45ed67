using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Text;
using TcpTracer.Replay.Names;

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

    public int? Limit { get; init; }

    public SummaryFormat Format { get; init; }

    public required Selection Selection { get; init; }

    public required TimeWindow Times { get; init; }

    public Enrichment Enrichment { get; init; }
}
