namespace TcpTracer.Bpf;

/// <summary>
/// What the programs get before they are loaded. An event that they do not select costs nothing beyond the hook itself.
/// </summary>
public sealed record ProbeOptions
{
    /// <summary>Size of the ring between kernel and reader in bytes: a power of two times the page size.</summary>
    public int RingBytes { get; init; } = 8 << 20;

    /// <summary>How many connections can be followed at once.</summary>
    public int MaxConnections { get; init; } = 131_072;

    /// <summary>How many network namespaces the programs can compare with.</summary>
    internal const int NetnsLimit = 4;

    /// <summary>Only these network namespaces (inode numbers); empty, or more than four: every one.</summary>
    public IReadOnlyCollection<uint> Netns { get; init; } = [];

    /// <summary>Only these operations: one bit for each, by its number in probes/event.h.</summary>
    public uint Operations { get; init; } = ~0u;

    /// <summary>Only these processes; empty: every one, unless <see cref="OnlyChildren"/>.</summary>
    public IReadOnlyCollection<uint> Pids { get; init; } = [];

    /// <summary>Only processes that this process starts after the programs are attached, and all their descendants.</summary>
    public bool OnlyChildren { get; init; }

    /// <summary>Whether the programs send command lines, too.</summary>
    public bool Arguments { get; init; }

    /// <summary>Whether <see cref="TcpProbe.Judge"/> is going to be called.</summary>
    public bool ByWorkload { get; init; }

    /// <summary>Only connections with one of these ports on either end; empty: every one.</summary>
    public IReadOnlyCollection<ushort> Ports { get; init; } = [];

    /// <summary>
    /// Programs that are treated as if the kernel refused to load them with EPERM: names, or beginnings of names. With
    /// <c>attach:</c> before the name, a program is loaded, but not attached. For tests, and for a hook that makes problems on
    /// some machine. By default the names in $TCPTRACER_REFUSE, separated by commas.
    /// </summary>
    public IReadOnlyCollection<string> Refused { get; init; } = (Environment.GetEnvironmentVariable("TCPTRACER_REFUSE") ?? "")
        .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>
    /// A name that <see cref="Refused"/> may hold, though it is a function and not a program. If it is refused, the programs
    /// send no names of cgroups.
    /// </summary>
    internal const string CgroupNamesFunction = "tell_cgroup";

    /// <summary>The reason for a <see cref="Limitation"/> that comes from <see cref="Refused"/>, without asking the kernel.</summary>
    internal const string SwitchedOff = "switched off by $TCPTRACER_REFUSE";

    private const string Attach = "attach:";

    /// <summary>The entries of <see cref="Refused"/> that are neither a program's name nor the beginning of one.</summary>
    public IEnumerable<string> UnknownRefused => Refused.Where(r => !CgroupNamesFunction.StartsWith(r, StringComparison.Ordinal)
        && !AllPrograms.Any(p => p.StartsWith(r, StringComparison.Ordinal) || IsAttachOf(r, p)));

    private static IEnumerable<string> AllPrograms =>
        Facilities.Programs.SelectMany(f => f.Ways).SelectMany(w => w.Programs).Select(p => p.Name);

    /// <summary>The names that <see cref="Refused"/> may hold.</summary>
    public static IReadOnlyList<string> RefusableNames => [.. Facilities.All.SelectMany(f => f.RefusedAs)];

    internal bool RefusesToLoad(string program) => Refused.Any(r => program.StartsWith(r, StringComparison.Ordinal));

    internal bool RefusesToAttach(string program) => Refused.Any(r => IsAttachOf(r, program));

    private static bool IsAttachOf(string refused, string program) =>
        refused.StartsWith(Attach, StringComparison.Ordinal) && program.StartsWith(refused[Attach.Length..], StringComparison.Ordinal);
}
