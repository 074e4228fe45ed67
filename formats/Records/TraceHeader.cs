using TcpTracer.Formats.Events;

namespace TcpTracer.Formats.Records;

/// <summary>The first record of a trace: who recorded it, where, with what.</summary>
public sealed record TraceHeader
{
    /// <summary>The format's version that this program writes.</summary>
    public const int CurrentMajor = 1, CurrentMinor = 1;

    /// <summary>A reader of a lower major version cannot read it.</summary>
    public int Major { get; init; } = CurrentMajor;

    /// <summary>A reader of a lower minor version can, but may not know everything.</summary>
    public int Minor { get; init; } = CurrentMinor;

    /// <summary>Features without which a reader would misread the trace.</summary>
    public IReadOnlyList<string> Required { get; init; } = [];

    /// <summary>Unique to the run of the recorder.</summary>
    public Guid RunId { get; init; }

    /// <summary>The program and its version.</summary>
    public string Tool { get; init; } = "";

    /// <summary>The node, else the host.</summary>
    public string Node { get; init; } = "";

    /// <summary>The kernel's release.</summary>
    public string Kernel { get; init; } = "";

    /// <summary>The processor architecture.</summary>
    public string Machine { get; init; } = "";

    /// <summary>How many processors.</summary>
    public int Cpus { get; init; }

    /// <summary>The kernel's id of this boot: boot times of two boots are never compared.</summary>
    public string BootId { get; init; } = "";

    /// <summary>The recorder's command line.</summary>
    public IReadOnlyList<string> CommandLine { get; init; } = [];

    /// <summary>The kernel hooks in use.</summary>
    public IReadOnlyList<string> Hooks { get; init; } = [];

    /// <summary>What the kernel refused, why, and what is lost without it: a sentence each.</summary>
    public IReadOnlyList<string> Refused { get; init; } = [];

    /// <summary>Who was asked for names of pods and containers, and how that went at the start, as sentences; none: not said.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>The size of the ring between kernel and recorder.</summary>
    public int RingBytes { get; init; }

    /// <summary>The clocks at the start.</summary>
    public ClockSample Clock { get; init; }
}

/// <summary>The last record of a trace that was finished: what was counted.</summary>
/// <param name="Cause">Why it ended: signal, duration, count, command.</param>
/// <param name="Captured">Events taken from the kernel.</param>
/// <param name="Written">Events in the trace.</param>
/// <param name="Lost">Events lost in all.</param>
public sealed record TraceEnd(string Cause, long Captured, long Written, long Lost)
{
    /// <summary>What came to no end; null: not known, as of a file that another followed.</summary>
    public Unfinished? Unfinished { get; init; }
}
