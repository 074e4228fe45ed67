using TcpTracer.Formats.Filter;
using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Recorder.Live;

/// <summary>What to capture, and how.</summary>
public sealed record CaptureOptions
{
    /// <summary>Pushed into the kernel as far as it can be said there.</summary>
    public required EventFilter Filter { get; init; }

    /// <summary>Who knows where processes run.</summary>
    public required LiveWorkloads Workloads { get; init; }

    /// <summary>Only the processes that this one starts.</summary>
    public bool OnlyChildren { get; init; }

    /// <summary>Whether events tell the command lines of their processes, which may hold secrets.</summary>
    public bool Arguments { get; init; }

    /// <summary>How often each live connection tells what it has carried so far; null: never.</summary>
    public TimeSpan? ProgressEvery { get; init; }

    /// <summary>Size of the ring between kernel and recorder.</summary>
    public int RingBytes { get; init; } = 8 << 20;

    /// <summary>How many connections can be followed at once.</summary>
    public int MaxConnections { get; init; } = 131_072;
}
