using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Records;

/// <summary>The first record of a trace: who recorded it, where, and with what.</summary>
public sealed record TraceHeader
{
    /// <summary>The format version that this program writes.</summary>
    public const int CurrentMajor = 1, CurrentMinor = 1;

    /// <summary>The minor version of what only copies have.</summary>
    public const int CopyMinor = 2;

    /// <summary>The feature without which a reader would take the events of several hosts for those of one.</summary>
    public const string MergedFeature = "merged";

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

    /// <summary>
    /// Events of the recording in earlier files of its set. So whoever reads file after file can tell how many were in those that were
    /// deleted.
    /// </summary>
    public long Earlier { get; init; }

    /// <summary>The bytes of the ring between the kernel and the recorder.</summary>
    public int RingBytes { get; init; }

    /// <summary>What was made of the recording since: the oldest copy first. Empty: it is as its recorder wrote it.</summary>
    public IReadOnlyList<CopyNote> Copies { get; init; } = [];

    /// <summary>The traces that it was merged of; none: it is of one recorder.</summary>
    public IReadOnlyList<MergedSource> Merged { get; init; } = [];

    /// <summary>For a trace that was merged: the nodes of which nothing is in it.</summary>
    public IReadOnlyList<AbsentNode> Absent { get; init; } = [];

    /// <summary>What is known of names at its beginning: only on which node each event was.</summary>
    public WorkloadView NewView() => Merged.Count == 0
        ? new WorkloadView(new SafeText(Node)) : WorkloadView.OfSources([.. Merged.Select(s => new SafeText(s.Header.Node))]);

    /// <summary>The clocks when the recording began.</summary>
    public ClockSample Clock { get; init; }
}

/// <summary>One of the traces that another was merged of.</summary>
/// <param name="Header">Its own header.</param>
/// <param name="OffsetNs">How far its wall clock was ahead of the first one's: so much was taken off its times.</param>
/// <param name="BoundNs">By how much that may be wrong; null: nothing was found out, or it is the first one's clock.</param>
/// <param name="Pairs">How many connections were seen at both ends, from which that follows.</param>
public sealed record MergedSource(TraceHeader Header, long OffsetNs = 0, long? BoundNs = null, int Pairs = 0);

/// <summary>That a trace is a copy of another.</summary>
/// <param name="How">The command that made it: filter, redact or merge.</param>
/// <param name="Options">What it was asked for, as options.</param>
/// <param name="Tool">The program and its version.</param>
public sealed record CopyNote(string How, string Options, string Tool)
{
    /// <summary>The commands that make copies, as <see cref="How"/> names them.</summary>
    public const string Filter = "filter", Redact = "redact", Merge = "merge";

    /// <summary>Whether a word is one of them.</summary>
    public static bool IsKnown(string how) => how is Filter or Redact or Merge;
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

    /// <summary>How the sources of names did until then; null: not recorded.</summary>
    public NamesAtEnd? Names { get; init; }
}
