using TcpTracer.Formats.Filter;
using TcpTracer.Replay.Names;

namespace TcpTracer.Cli.Requests;

/// <summary>What <c>policy</c> was asked for.</summary>
internal sealed record PolicyRequest
{
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Files of policies that are checked; empty: policies are written.</summary>
    public IReadOnlyList<string> Check { get; init; } = [];

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
