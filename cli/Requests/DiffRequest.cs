using TcpTracer.Formats.Filter;
using TcpTracer.Replay.Names;

namespace TcpTracer.Cli.Requests;

/// <summary>What <c>diff</c> was asked for.</summary>
internal sealed record DiffRequest
{
    public required string Before { get; init; }

    public required string After { get; init; }

    /// <summary>The share of chance that is accepted among the differences.</summary>
    public double Significance { get; init; }

    /// <summary>The least ratio that counts as a difference.</summary>
    public double MinRatio { get; init; }

    public bool Json { get; init; }

    public required Selection Selection { get; init; }

    public required TimeWindow Times { get; init; }

    public Enrichment Enrichment { get; init; }
}
