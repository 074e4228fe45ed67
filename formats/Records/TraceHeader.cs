using TcpTracer.Formats.Events;

namespace TcpTracer.Formats.Records;

/// <summary>The first record of a trace: who recorded it, where, and with what.</summary>
public sealed record TraceHeader
{
    /// <summary>The format version that this program writes.</summary>
    public const int CurrentMajor = 1, CurrentMinor = 1;

    /// <summary>The major format version. A reader that only knows lower ones cannot read the trace.</summary>
    public int Major { get; init; } = CurrentMajor;

    /// <summary>The minor format version. A reader that only knows lower ones can read the trace, but may not show everything.</summary>
    public int Minor { get; init; } = CurrentMinor;

    /// <summary>Features without which a reader would misread the trace. A reader stops if it does not know one.</summary>
    public IReadOnlyList<string> Required { get; init; } = [];

    /// <summary>Identifies the run of the recorder.</summary>
    public Guid RunId { get; init; }

    /// <summary>The name and version of the recorder.</summary>
    public string Tool { get; init; } = "";

    /// <summary>The node; outside Kubernetes the host.</summary>
    public string Node { get; init; } = "";

    /// <summary>The release of the kernel.</summary>
    public string Kernel { get; init; } = "";

    /// <summary>The processor architecture.</summary>
    public string Machine { get; init; } = "";

    /// <summary>The number of processors.</summary>
    public int Cpus { get; init; }

    /// <summary>The kernel's id of this boot. Boot times of different boots must not be compared.</summary>
    public string BootId { get; init; } = "";

    /// <summary>The command line of the recorder.</summary>
    public IReadOnlyList<string> CommandLine { get; init; } = [];

    /// <summary>The kernel hooks that were in use.</summary>
    public IReadOnlyList<string> Hooks { get; init; } = [];

    /// <summary>What the kernel refused, one sentence each: the reason, and what is lost without it.</summary>
    public IReadOnlyList<string> Refused { get; init; } = [];

    /// <summary>The sources of names and their state when the recording began, one sentence each; empty: not recorded.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>The bytes of the ring between the kernel and the recorder.</summary>
    public int RingBytes { get; init; }

    /// <summary>The clocks when the recording began.</summary>
    public ClockSample Clock { get; init; }
}

/// <summary>The last record of a complete trace: why it ended, and how many events there were.</summary>
/// <param name="Cause">Why it ended: signal, duration, count or command.</param>
/// <param name="Captured">Events that came from the kernel.</param>
/// <param name="Written">Events in the trace.</param>
/// <param name="Lost">Events that were lost.</param>
public sealed record TraceEnd(string Cause, long Captured, long Written, long Lost)
{
    /// <summary>What had no end when the recording ended; null: not known, for example because another file of the set follows.</summary>
    public Unfinished? Unfinished { get; init; }
}
