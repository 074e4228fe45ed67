using TcpTracer.Formats.Filter;
using TcpTracer.Replay.Names;

namespace TcpTracer.Cli.Requests;

/// <summary>What <c>top</c> was asked for.</summary>
internal sealed record TopRequest
{
    /// <summary>Traces; none: what happens now.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    public required Selection Selection { get; init; }

    public required TimeWindow Times { get; init; }

    public Enrichment Enrichment { get; init; }

    public required CaptureRequest Capture { get; init; }

    /// <summary>How long a slice of time is.</summary>
    public required TimeSpan Every { get; init; }
}
