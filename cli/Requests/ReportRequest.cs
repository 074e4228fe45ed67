using TcpTracer.Formats.Filter;
using TcpTracer.Replay.Names;

namespace TcpTracer.Cli.Requests;

/// <summary>What <c>report</c> was asked for.</summary>
internal sealed record ReportRequest
{
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>The file to write; <c>-</c> is standard output.</summary>
    public required string Output { get; init; }

    /// <summary>Whether a file that exists is overwritten.</summary>
    public bool Force { get; init; }

    public required Selection Selection { get; init; }

    public required TimeWindow Times { get; init; }

    public Enrichment Enrichment { get; init; }

    /// <summary>Whether it goes to standard output.</summary>
    public bool ToStandardOutput => Output == "-";
}
