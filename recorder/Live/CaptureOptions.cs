using TcpTracer.Formats.Filter;
using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Recorder.Live;

/// <summary>What to capture, and how.</summary>
public sealed record CaptureOptions
{
    /// <summary>Which events. The kernel's programs check what they can of it.</summary>
    public required EventFilter Filter { get; init; }

    /// <summary>The names of containers and pods. The caller owns it.</summary>
    public required LiveWorkloads Workloads { get; init; }

    /// <summary>Only processes that this process starts, and their descendants.</summary>
    public bool OnlyChildren { get; init; }

    /// <summary>Whether events have the command lines of their processes, which may hold secrets.</summary>
    public bool Arguments { get; init; }

    /// <summary>How often the byte counts of every open connection are reported; null: never.</summary>
    public TimeSpan? ProgressEvery { get; init; }

    /// <summary>Size of the ring between kernel and recorder in bytes: a power of two times the page size.</summary>
    public int RingBytes { get; init; } = 8 << 20;

    /// <summary>How many connections can be followed at once.</summary>
    public int MaxConnections { get; init; } = 131_072;
}
