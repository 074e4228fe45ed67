namespace TcpTracer.Bpf;

/// <summary>One facility of the kernel that recording uses.</summary>
/// <param name="Name">A word or two, as <c>doctor</c> prints it. It never changes: scripts read it.</param>
/// <param name="Kernel">What it is in the kernel: a program at a hook, a map, a helper, a file system.</param>
/// <param name="Purpose">What it is for.</param>
/// <param name="Without">What is lost without it; null: recording is impossible.</param>
public sealed record Facility(string Name, string Kernel, string Purpose, string? Without)
{
    /// <summary>Ways to have it, the best first; empty: it consists of no programs.</summary>
    internal IReadOnlyList<ProgramSet> Ways { get; init; } = [];

    /// <summary>Its names in $TCPTRACER_REFUSE: the roles of its programs; empty: it cannot be refused by hand.</summary>
    public IReadOnlyList<string> RefusedAs
    {
        get => _refusedAs ?? [.. Ways.SelectMany(w => w.Programs).Select(p => p.Role).Distinct()];
        internal init => _refusedAs = value;
    }

    private readonly IReadOnlyList<string>? _refusedAs;

    /// <summary>The facility that this one adds to, and without which it is useless; null: it stands alone.</summary>
    internal Facility? Beside { get; init; }

    /// <summary>Whether it is a second program at a hook, which serves only while the first is busy.</summary>
    public bool IsSecond => Beside is not null;

    /// <summary>Whether recording is impossible without it.</summary>
    public bool IsNecessary => Without is null;
}

/// <summary>A facility that this recording does without, or has only in a worse way.</summary>
/// <param name="Facility">The facility.</param>
/// <param name="Reason">Why, in the kernel's words or ours.</param>
/// <param name="Cost">What is worse. If the facility is missing altogether, <see cref="Facility.Without"/>.</param>
public sealed record Limitation(Facility Facility, string Reason, string Cost)
{
    /// <summary>Whether the facility is missing altogether.</summary>
    public bool IsMissing => Cost == Facility.Without;
}
