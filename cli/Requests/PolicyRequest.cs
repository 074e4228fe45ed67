using TcpTracer.Formats.Filter;
using TcpTracer.Replay.Names;

namespace TcpTracer.Cli.Requests;

/// <summary>What <c>policy</c> was asked for.</summary>
internal sealed record PolicyRequest
{
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Files of policies that are checked; empty: policies are written.</summary>
    public IReadOnlyList<string> Check { get; init; } = [];

    public required Selection Selection { get; init; }

    public required TimeWindow Times { get; init; }

    public Enrichment Enrichment { get; init; }
}
