namespace TcpTracer.Bpf;

/// <summary>What the kernel side is told before it is loaded. What it does not select costs nothing beyond the hook itself.</summary>
public sealed record ProbeOptions
{
    /// <summary>Size of the ring between kernel and reader, in bytes; a power of two times the page size.</summary>
    public int RingBytes { get; init; } = 8 << 20;

    /// <summary>How many connections can be followed at once.</summary>
    public int MaxConnections { get; init; } = 131_072;

    /// <summary>How many network namespaces the kernel side can tell apart.</summary>
    internal const int NetnsLimit = 4;

    /// <summary>Only these network namespaces (inode numbers); empty, or more than four: every one.</summary>
    public IReadOnlyCollection<uint> Netns { get; init; } = [];

    /// <summary>One bit per operation, by its number in event.h.</summary>
    public uint Operations { get; init; } = ~0u;

    /// <summary>Only these processes; empty: every one, unless <see cref="OnlyChildren"/>.</summary>
    public IReadOnlyCollection<uint> Pids { get; init; } = [];

    /// <summary>Only processes that this one starts after the probes are attached, and all that come of them.</summary>
    public bool OnlyChildren { get; init; }

    /// <summary>Whether the command lines of processes are told, too.</summary>
    public bool Arguments { get; init; }

    /// <summary>Whether <see cref="TcpProbe.Judge"/> is used.</summary>
    public bool ByWorkload { get; init; }

    /// <summary>Only connections with one of these ports on either end; empty: every one.</summary>
    public IReadOnlyCollection<ushort> Ports { get; init; } = [];

    /// <summary>
    /// Programs that are not to be loaded, as if the kernel had refused them with EPERM: names, or beginnings of names; <c>attach:</c> before a name lets
    /// it be loaded, but not attached. For tests, and for a hook that makes trouble on some machine: $TCPTRACER_REFUSE, separated by commas.
    /// </summary>
    public IReadOnlyCollection<string> Refused { get; init; } = (Environment.GetEnvironmentVariable("TCPTRACER_REFUSE") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>What is refused in place of a program, to do without the names of cgroups that the programs tell.</summary>
    internal const string CgroupNamesFunction = "tell_cgroup";

    /// <summary>Why something is missing that <see cref="Refused"/> took away and the kernel was not asked for.</summary>
    internal const string SwitchedOff = "switched off by $TCPTRACER_REFUSE";

    private const string Attach = "attach:";

    /// <summary>Those of <see cref="Refused"/> that are no program's name, and no beginning of one.</summary>
    public IEnumerable<string> UnknownRefused => Refused.Where(r => !Facilities.Programs.SelectMany(f => f.Ways).SelectMany(w => w.Programs)
        .Any(p => p.StartsWith(r, StringComparison.Ordinal) || IsAttachOf(r, p)) && !CgroupNamesFunction.StartsWith(r, StringComparison.Ordinal));

    /// <summary>What <see cref="Refused"/> may name.</summary>
    public static IReadOnlyList<string> RefusableNames => [.. Facilities.All.SelectMany(f => f.RefusedAs)];

    internal bool RefusesToLoad(string program) => Refused.Any(r => program.StartsWith(r, StringComparison.Ordinal));

    internal bool RefusesToAttach(string program) => Refused.Any(r => IsAttachOf(r, program));

    private static bool IsAttachOf(string refused, string program) =>
        refused.StartsWith(Attach, StringComparison.Ordinal) && program.StartsWith(refused[Attach.Length..], StringComparison.Ordinal);
}
