using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Cli.Requests;

/// <summary>How to capture: for live and record.</summary>
internal sealed record CaptureRequest(TimeSpan? Duration, long? Count, string? Node, int RingBytes, int MaxConnections)
{
    public required SourceOptions Sources { get; init; }

    public bool Arguments { get; init; }

    /// <summary>The first option that was given and says how to record; null: none was.</summary>
    public string? RecorderOption { get; init; }

    public TimeSpan? ProgressEvery { get; init; }
}
