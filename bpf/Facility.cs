namespace TcpTracer.Bpf;

/// <summary>One thing of the kernel's that recording uses: what for, and what is lost where the kernel refuses it.</summary>
/// <param name="Name">In a word or two, as <c>doctor</c> says it; never changed, scripts read it.</param>
/// <param name="Kernel">What of the kernel's it is: program, map, helper, file system.</param>
/// <param name="Purpose">What it is for.</param>
/// <param name="Without">What is lost without it; null: recording is impossible.</param>
public sealed record Facility(string Name, string Kernel, string Purpose, string? Without)
{
    /// <summary>Ways to have it, the best first; empty: it is no program.</summary>
    internal IReadOnlyList<ProgramSet> Ways { get; init; } = [];

    /// <summary>What names it in $TCPTRACER_REFUSE: its programs, without what tells variants for older kernels apart; empty: it cannot be refused by hand.</summary>
    public IReadOnlyList<string> RefusedAs
    {
        get => _refusedAs ?? [.. Ways.SelectMany(w => w.Programs).Select(ProgramSet.Plain).Distinct()];
        internal init => _refusedAs = value;
    }

    private readonly IReadOnlyList<string>? _refusedAs;

    /// <summary>The facility that this one adds to: without that one it is of no use.</summary>
    internal Facility? Beside { get; init; }

    /// <summary>Whether it is a second program, which is needed only while the first is busy.</summary>
    public bool IsSecond => Beside is not null;

    /// <summary>Whether recording is impossible without it.</summary>
    public bool IsNecessary => Without is null;
}

/// <summary>Programs that serve a facility together.</summary>
/// <param name="Needs">What the kernel must have; a kernel that has it may refuse them all the same.</param>
/// <param name="Programs">Their names in the object.</param>
internal sealed record ProgramSet(KernelFeatures Needs, params IReadOnlyList<string> Programs)
{
    /// <summary>What is worse about this way than about the first; null: nothing that anyone would notice.</summary>
    public string? Cost { get; init; }

    /// <summary>Whether it is one of kernels before 5.12, which cannot compare and swap.</summary>
    public bool IsLegacy => Programs.Any(p => p.EndsWith("_legacy", StringComparison.Ordinal));

    /// <summary>The name of a program without what tells its variants apart.</summary>
    public static string Plain(string program) => program.Replace("_typed", "", StringComparison.Ordinal).Replace("_legacy", "", StringComparison.Ordinal);
}

/// <summary>What can be found out about a kernel without loading anything.</summary>
[Flags]
internal enum KernelFeatures
{
    None = 0,

    /// <summary>Compare-and-swap, and a pointer to the current task that the verifier knows (5.12).</summary>
    Swaps = 1,

    /// <summary>bpf_rdonly_cast() (6.2).</summary>
    Casts = 1 << 1,

    /// <summary>Programs that user space calls, and that can walk a map (5.14).</summary>
    CallablePrograms = 1 << 2,

    /// <summary>Iterators over a map (5.9).</summary>
    MapIterators = 1 << 3,

    /// <summary>The tracepoints of single system calls can be opened (<see cref="SystemCallTracepoints"/>).</summary>
    CallTracepoints = 1 << 4,

    /// <summary>The tracepoint io_uring_complete hands over three arguments (6.18).</summary>
    IoUring3 = 1 << 5,

    /// <summary>It hands over seven (6.1).</summary>
    IoUring7 = 1 << 6,

    /// <summary>It hands over four (5.10).</summary>
    IoUring4 = 1 << 7,

    /// <summary>Not of the kernel: a command and what it starts is to be followed.</summary>
    FollowsChildren = 1 << 8,
}
