using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Text;
using TcpTracer.Replay.Names;

namespace TcpTracer.Cli.Requests;

/// <summary>What <c>summary</c> was asked for.</summary>
internal sealed record SummaryRequest
{
    public required IReadOnlyList<string> Files { get; init; }

    public required IReadOnlyList<Field> By { get; init; }

    public int? Limit { get; init; }

    public bool Json { get; init; }

    public required EventFilter Filter { get; init; }

    public required TimeWindow Times { get; init; }

    public Enrichment Enrichment { get; init; }
}
