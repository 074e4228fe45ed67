using System.Runtime.InteropServices;
using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>One thing that recording needs or can use, and whether this machine has it.</summary>
/// <param name="Subject">What it is, in a word or two.</param>
/// <param name="Works">Whether it is there.</param>
/// <param name="Required">Whether recording is impossible without it.</param>
/// <param name="Detail">What was found, or what to do.</param>
public sealed record SupportFinding(string Subject, bool Works, bool Required, string Detail)
{
    /// <summary>How a recording fails if this thing is required and missing.</summary>
    internal ProbeFailure Failure { get; init; } = ProbeFailure.NotPermitted;
}

/// <summary>Can this machine record? Answers in sentences, before anything is loaded.</summary>
public static class KernelSupport
{
    /// <summary>The subject of the finding about what a user may do. All others are about the machine.</summary>
    public const string Privileges = "privileges";

    private const string SetBoth = "cap_bpf,cap_perfmon+ep";
    internal const string BtfPath = "/sys/kernel/btf/vmlinux";
    private const int NotPermitted = 1, AccessDenied = 13; // errno
    private const int CapSysAdmin = 21, CapPerfmon = 38, CapBpf = 39, CapSysPtrace = 19;
    private const uint UserNamespace = 0xEFFFFFFD, PidNamespace = 0xEFFFFFFC, TimeNamespace = 0xEFFFFFFA; // include/linux/proc_ns.h

    /// <summary>
    /// How many descriptors a recording opens: one for each program, map and link, and some to find names and to write the trace.
    /// </summary>
    internal const int DescriptorsNeeded = 48;

    /// <summary>The same, with those that the process opens before it records.</summary>
    private const int DescriptorsInAll = DescriptorsNeeded + 16;

    internal static readonly string TooFewDescriptors =
        $"the limit of open files is too low: {DescriptorsNeeded} more are needed (ulimit -n {DescriptorsInAll}, LimitNOFILE=)";

    private static readonly SupportFinding[] s_none = [];

    /// <summary>Examines each thing once, and loads nothing.</summary>
    public static IReadOnlyList<SupportFinding> Examine() => [.. Needed(), .. Useful()];

    private static IReadOnlyList<SupportFinding> Needed()
    {
        string? noPrivilege = LackOfPrivilege(), noTypes = LackOfTypes(), noBpf = BpfCall.Obstacle();
        string? noDescriptors = LibC.TryOpen(DescriptorsNeeded, DescriptorsInAll) switch
        {
            0 => null,
            RefusedCall.TooManyOpen or RefusedCall.TooManyOpenInSystem => TooFewDescriptors,
            var error => RefusedCall.Of("eventfd2()", error),
        };
        return
        [
            .. LackOfParts() is { } lack ? [new SupportFinding("package", false, true, lack) { Failure = ProbeFailure.NoLibrary }] : s_none,
            OfKernel(),
            new(Facilities.Types.Name, noTypes is null, true, noTypes ?? BtfPath) { Failure = ProbeFailure.NoBtf },
            new(Privileges, noPrivilege is null, true, noPrivilege ?? "root, or CAP_BPF with CAP_PERFMON")
            {
                Failure = ProbeFailure.NoPrivilege,
            },
            new("bpf()", noBpf is null, true, noBpf ?? "not blocked by seccomp or a security module"),
            new("open files", noDescriptors is null, true, noDescriptors ?? "enough"),
        ];
    }

    /// <summary>
    /// The oldest kernel that can record: 5.8 brought the ring. On arm64 only 5.15 tells where the arguments of a system call are
    /// (bpf_task_pt_regs()).
    /// </summary>
    private static (Version Version, string Words) Oldest => RuntimeInformation.ProcessArchitecture == Architecture.Arm64
        ? (new Version(5, 15), "5.15 or newer is needed on arm64")
        : (new Version(5, 8), "5.8 or newer is needed");

    private static SupportFinding OfKernel()
    {
        string release = LibC.KernelRelease();
        bool isNewEnough = Environment.OSVersion.Version >= Oldest.Version;
        string words = release.Length == 0 ? RefusedCall.Of("uname()")
            : isNewEnough ? $"Linux {release} ({Oldest.Words})"
            : $"Linux {release} is too old: {Oldest.Words}";
        return new("kernel", release.Length > 0 && isNewEnough, true, words) { Failure = ProbeFailure.KernelTooOld };
    }

    private static string? LackOfParts() =>
        BpfLibrary.IsLeftOut ? "this package of tcptracer runs on every machine and so has no probes: "
            + "use the package, or the executable, that is made for linux-x64 or linux-arm64"
        : BpfLibrary.Version is null ? "libbpf.so.1 is not installed, and this executable has none of its own: "
            + "install it (package libbpf1 or libbpf)"
        : null;

    private static string? LackOfTypes()
    {
        if (File.Exists(BtfPath))
            return null;
        return Directory.Exists("/sys/kernel")
            ? $"{BtfPath} is missing: a kernel built with CONFIG_DEBUG_INFO_BTF=y is needed"
            : "/sys is not mounted, where the kernel tells its types: mount -t sysfs sysfs /sys";
    }

    private static string? LackOfPrivilege()
    {
        if (LibC.EffectiveCapabilities() is not { } capabilities)
            return RefusedCall.Of("capget()");
        if (!Has(capabilities, CapSysAdmin) && WhyNotPermitted(Has(capabilities, CapBpf), Has(capabilities, CapPerfmon)) is { } lack)
            return lack;
        return IsInitialNamespace("user", UserNamespace)
            ? null
            : "the privileges of a user namespace do not count: run as the machine's root (a pod: hostUsers: true; docker: --userns=host)";
    }

    private static IReadOnlyList<SupportFinding> Useful()
    {
        using var tracepoints = new SystemCallTracepoints();
        bool machinesPids = HasMachinesPids(), processes = Directory.Exists("/proc/self");
        bool hasPtrace = Has(LibC.EffectiveCapabilities(), CapSysPtrace);
        return
        [
            new(SystemCallTracepoints.Subject, tracepoints.Obstacle is null, false, tracepoints.Obstacle is null
                ? "accept() and the result of connect() are seen where they return, "
                    + $"by at most {SystemCallTracepoints.ProgramsAtOne} recorders at once"
                : SystemCallTracepoints.WithoutThem(tracepoints.Obstacle)),
            new(Facilities.ProcessNumbers.Name, machinesPids, false, machinesPids
                ? "those of the whole machine"
                : $"those of a container (hostPID: true gives it the machine's): {Facilities.ProcessNumbers.Without}"),
            new(Facilities.OthersProc.Name, processes && hasPtrace, false,
                !processes ? "/proc is not mounted: `--netns /proc/PID/ns/net` does not work"
                : hasPtrace ? "readable"
                : $"{Facilities.OthersProc.Without}; add CAP_SYS_PTRACE if you need it"),
        ];
    }

    private static bool Has(ulong? capabilities, int capability) => (capabilities.GetValueOrDefault() & (1UL << capability)) != 0;

    private static string? WhyNotPermitted(bool hasBpf, bool hasPerfmon)
    {
        string remedy = "run as root, or give the executable CAP_BPF and CAP_PERFMON: "
            + $"setcap {SetBoth} {Environment.ProcessPath ?? "FILE"} (a pod: capabilities: add: [BPF, PERFMON])";
        return (hasBpf, hasPerfmon) switch
        {
            (true, true) => null,
            (true, false) => $"CAP_BPF without CAP_PERFMON is not enough: {remedy}",
            (false, true) => $"CAP_PERFMON without CAP_BPF is not enough: {remedy}",
            _ => $"there is no privilege to load probes: {remedy}",
        };
    }

    /// <summary>Whether a process has the same number here as in events: BPF programs see the first process namespace.</summary>
    public static bool HasMachinesPids() => IsInitialNamespace("pid", PidNamespace);

    /// <summary>Whether clocks show the same time here as in events: BPF programs read those of the first time namespace.</summary>
    internal static bool HasMachinesClocks() => IsInitialNamespace("time", TimeNamespace);

    /// <summary>Whether we are in the namespace that the kernel began with. Also true if that cannot be found out.</summary>
    private static bool IsInitialNamespace(string kind, uint number) =>
        new FileInfo($"/proc/self/ns/{kind}").LinkTarget is not { } link || link == $"{kind}:[{number}]";

    internal static void ThrowIfImpossible()
    {
        foreach (SupportFinding finding in Needed())
        {
            if (!finding.Works)
                throw new ProbeException(finding.Failure, finding.Detail);
        }
    }

    /// <summary>
    /// Why a load failed: by its errno, or else by the one line of libbpf's log that says it, without the verifier's listing.
    /// Only the log tells a kernel that is locked down from one whose verifier rejects a program.
    /// </summary>
    /// <param name="error">The errno; 0: nothing was loaded.</param>
    /// <param name="log">What libbpf said.</param>
    /// <param name="what">What the kernel refuses.</param>
    internal static ProbeException LoadFailure(int error, string log, string what)
    {
        if (BpfCall.ExceededLimit(error) is { } limit)
            return new ProbeException(ProbeFailure.NotPermitted, limit);
        if (error == RefusedCall.NotEnoughMemory)
        {
            return WithLog(log, "there is not enough memory for the probes: raise the limit (ulimit -v, that of the container), "
                + "or choose a smaller --buffer-size or --max-connections");
        }
        if (IsLockedDown(log))
        {
            return new ProbeException(ProbeFailure.NotPermitted,
                "the kernel is locked down (confidentiality), so that BPF may not read its memory: boot it with lockdown=integrity");
        }
        string words = error == 0 ? "" : $" ({Marshal.GetPInvokeErrorMessage(error)})";
        string why = MeaningfulLine(log)
            ?? (error is NotPermitted or AccessDenied ? "look for a security module or lockdown that forbids it" : "nothing says why");
        return WithLog(log, $"the kernel refuses {what}{words}, which recording needs: {why}");
    }

    private static ProbeException WithLog(string log, string detail) => new(ProbeFailure.Refused, detail) { Data = { ["log"] = log } };

    /// <summary>Kernels from 5.10 to 6.9 say the first, later ones the second. Nothing but lockdown takes this helper away.</summary>
    private static bool IsLockedDown(string log) =>
        log.Contains("unknown func bpf_probe_read", StringComparison.Ordinal)
        || log.Contains("cannot use helper bpf_probe_read", StringComparison.Ordinal);

    private static string? MeaningfulLine(string log)
    {
        string[] lines = log.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.LastOrDefault(l => l.StartsWith("libbpf: prog", StringComparison.Ordinal) && l.Contains("failed"))
            ?? lines.LastOrDefault(l => l.StartsWith("libbpf:", StringComparison.Ordinal));
    }
}
