using TcpTracer.Formats.Filter;
using TcpTracer.Replay.Names;

namespace TcpTracer.Cli.Requests;

/// <summary>What a command that copies traces was asked for: which events of which files, and where to.</summary>
internal sealed record CopyRequest
{
    public required IReadOnlyList<string> Files { get; init; }

    public required string Output { get; init; }

    /// <summary>Whether an earlier file of that name is overwritten.</summary>
    public bool Force { get; init; }

    public required Selection Selection { get; init; }

    public required TimeWindow Times { get; init; }

    public Enrichment Enrichment { get; init; }
}
