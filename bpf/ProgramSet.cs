namespace TcpTracer.Bpf;

/// <summary>A program in the object that the probes were compiled to.</summary>
/// <param name="Role">What it does: its name without the variant. $TCPTRACER_REFUSE takes it.</param>
internal sealed record ProbeProgram(string Role)
{
    /// <summary>For which kernels it was compiled.</summary>
    public ProgramVariant Variant { get; private init; }

    /// <summary>Whether it sits at no hook, and other programs jump to it.</summary>
    public bool IsWorker { get; private init; }

    /// <summary>What it is called in the object.</summary>
    public string Name => Variant switch
    {
        ProgramVariant.Typed => Role + "_typed",
        ProgramVariant.Legacy => Role + "_legacy",
        _ => Role,
    };

    public static implicit operator ProbeProgram(string role) => new(role);

    /// <summary>The variant for kernels from 5.12 to 6.1.</summary>
    public static ProbeProgram Typed(ProbeProgram program) => program with { Variant = ProgramVariant.Typed };

    /// <summary>The variant for kernels before 5.12.</summary>
    public static ProbeProgram Legacy(ProbeProgram program) => program with { Variant = ProgramVariant.Legacy };

    /// <summary>A program that other programs jump to.</summary>
    public static ProbeProgram Worker(string role) => new(role) { IsWorker = true };
}

/// <summary>The levels of probes/read.h, as far as programs are named after them.</summary>
internal enum ProgramVariant
{
    /// <summary>The newest, or the only one.</summary>
    Newest,

    /// <summary>Its level is TYPED.</summary>
    Typed,

    /// <summary>Its level is LEGACY.</summary>
    Legacy,
}

/// <summary>Programs that serve a facility together.</summary>
/// <param name="Needs">What the kernel must have. A kernel that has it may still refuse the programs.</param>
/// <param name="Programs">The programs.</param>
internal sealed record ProgramSet(KernelFeatures Needs, params IReadOnlyList<ProbeProgram> Programs)
{
    /// <summary>What is worse about it than about the first set of its facility; null: nothing that anyone would notice.</summary>
    public string? Cost { get; init; }

    /// <summary>Whether it is for kernels before 5.12, which cannot compare and swap.</summary>
    public bool IsLegacy => Programs.Any(p => p.Variant == ProgramVariant.Legacy);
}

/// <summary>What can be found out about a kernel without loading anything.</summary>
[Flags]
internal enum KernelFeatures
{
    /// <summary>Nothing beyond what recording requires.</summary>
    None = 0,

    /// <summary>Compare-and-swap, and a pointer to the current task whose type the verifier knows (5.12).</summary>
    Swaps = 1,

    /// <summary>bpf_rdonly_cast() (6.2).</summary>
    Casts = 1 << 1,

    /// <summary>Programs that user space calls and that can walk a map (5.14).</summary>
    CallablePrograms = 1 << 2,

    /// <summary>Iterators over a map (5.9).</summary>
    MapIterators = 1 << 3,

    /// <summary>The tracepoints of single system calls can be opened (<see cref="SystemCallTracepoints"/>).</summary>
    CallTracepoints = 1 << 4,

    /// <summary>The tracepoint io_uring_complete has three arguments (6.18).</summary>
    IoUring3 = 1 << 5,

    /// <summary>That tracepoint has seven arguments (6.1).</summary>
    IoUring7 = 1 << 6,

    /// <summary>That tracepoint has four arguments (5.10).</summary>
    IoUring4 = 1 << 7,

    /// <summary>No feature of the kernel: the recording follows a command and what it starts.</summary>
    FollowsChildren = 1 << 8,
}
