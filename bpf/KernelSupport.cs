using System.Runtime.InteropServices;
using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>One thing that recording needs or can use, and whether this machine has it.</summary>
/// <param name="Subject">What it is, in a word or two.</param>
/// <param name="Works">Whether it is there.</param>
/// <param name="Required">Whether recording is impossible without it.</param>
/// <param name="Detail">What was found, or what to do.</param>
public sealed record SupportFinding(string Subject, bool Works, bool Required, string Detail);

/// <summary>Can this machine record? Answers before anything is loaded, in sentences.</summary>
public static class KernelSupport
{
    /// <summary>What it is called that a user lacks where the machine could record.</summary>
    public const string Privileges = "privileges";

    private const string SetBoth = "cap_bpf,cap_perfmon+ep";
    internal const string BtfPath = "/sys/kernel/btf/vmlinux";
    private const int NotPermitted = 1, AccessDenied = 13; // errno
    private const int CapSysAdmin = 21, CapPerfmon = 38, CapBpf = 39, CapSysPtrace = 19;
    private const uint UserNamespace = 0xEFFFFFFD, PidNamespace = 0xEFFFFFFC, TimeNamespace = 0xEFFFFFFA; // include/linux/proc_ns.h
    private static readonly Version s_oldest = new(5, 8);

    /// <summary>Programs, maps and links have one each, and what names pods and writes the trace needs some.</summary>
    internal const int DescriptorsNeeded = 48;

    /// <summary>With those of a process that records nothing.</summary>
    private const int DescriptorsInAll = DescriptorsNeeded + 16;

    internal static readonly string TooFewDescriptors = $"the limit of open files is too low: {DescriptorsNeeded} more are needed (ulimit -n {DescriptorsInAll}, LimitNOFILE=)";

    /// <summary>Looks at each thing once; loads nothing.</summary>
    public static IReadOnlyList<SupportFinding> Examine() => [.. Needed(), .. Useful()];

    private static IReadOnlyList<SupportFinding> Needed()
    {
        ulong? capabilities = LibC.EffectiveCapabilities();
        string? noPrivilege = capabilities is null ? RefusedCall.Of("capget()") : Has(capabilities, CapSysAdmin) ? null : WhyNotPermitted(Has(capabilities, CapBpf), Has(capabilities, CapPerfmon));
        if (noPrivilege is null && !IsInitialNamespace("user", UserNamespace))
            noPrivilege = "the privileges of a user namespace do not count: run as the machine's root (a pod: hostUsers: true; docker: --userns=host)";
        Version kernel = Environment.OSVersion.Version;
        string? noTypes = File.Exists(BtfPath) ? null : Directory.Exists("/sys/kernel") ? $"{BtfPath} is missing: a kernel built with CONFIG_DEBUG_INFO_BTF=y is needed" : "/sys is not mounted, where the kernel tells its types: mount -t sysfs sysfs /sys";
        string? noBpf = BpfCall.Obstacle();
        string? noDescriptors = LibC.TryOpen(DescriptorsNeeded, DescriptorsInAll) switch
        {
            0 => null,
            RefusedCall.TooManyOpen or RefusedCall.TooManyOpenInSystem => TooFewDescriptors,
            var error => RefusedCall.Of("eventfd2()", error),
        };
        string release = LibC.KernelRelease();
        string? noRelease = release.Length == 0 ? RefusedCall.Of("uname()") : null;
        return
        [
            new("kernel", noRelease is null && kernel >= s_oldest, true, noRelease ?? $"Linux {release} {(kernel >= s_oldest ? "(5.8 or newer is needed)" : "is too old: 5.8 or newer is needed")}"),
            new(Facilities.Types.Name, noTypes is null, true, noTypes ?? BtfPath),
            new(Privileges, noPrivilege is null, true, noPrivilege ?? "root, or CAP_BPF with CAP_PERFMON"),
            new("bpf()", noBpf is null, true, noBpf ?? "not blocked by seccomp or a security module"),
            new("open files", noDescriptors is null, true, noDescriptors ?? "enough"),
        ];
    }

    private static IReadOnlyList<SupportFinding> Useful()
    {
        using var tracepoints = new SystemCallTracepoints();
        bool machinesPids = HasMachinesPids(), processes = Directory.Exists("/proc/self"), hasPtrace = Has(LibC.EffectiveCapabilities(), CapSysPtrace);
        return
        [
            new(SystemCallTracepoints.Subject, tracepoints.Obstacle is null, false, tracepoints.Obstacle is null
                ? $"accept() and the result of connect() are seen where they return, by at most {SystemCallTracepoints.ProgramsAtOne} recorders at once"
                : SystemCallTracepoints.WithoutThem(tracepoints.Obstacle)),
            new(Facilities.ProcessNumbers.Name, machinesPids, false, machinesPids
                ? "those of the whole machine"
                : $"those of a container (hostPID: true gives it the machine's): {Facilities.ProcessNumbers.Without}"),
            new(Facilities.OthersProc.Name, processes && hasPtrace, false, !processes ? "/proc is not mounted: `--netns /proc/PID/ns/net` does not work"
                : hasPtrace ? "readable" : $"{Facilities.OthersProc.Without}; add CAP_SYS_PTRACE if you need it"),
        ];
    }

    private static bool Has(ulong? capabilities, int capability) => (capabilities.GetValueOrDefault() & (1UL << capability)) != 0;

    private static string? WhyNotPermitted(bool hasBpf, bool hasPerfmon)
    {
        string remedy = $"run as root, or give the executable CAP_BPF and CAP_PERFMON: setcap {SetBoth} {Environment.ProcessPath ?? "FILE"} (a pod: capabilities: add: [BPF, PERFMON])";
        return (hasBpf, hasPerfmon) switch
        {
            (true, true) => null,
            (true, false) => $"CAP_BPF without CAP_PERFMON is not enough: {remedy}",
            (false, true) => $"CAP_PERFMON without CAP_BPF is not enough: {remedy}",
            _ => $"there is no privilege to load probes: {remedy}",
        };
    }

    /// <summary>The kernel's programs tell numbers of the first process namespace.</summary>
    public static bool HasMachinesPids() => IsInitialNamespace("pid", PidNamespace);

    /// <summary>The kernel's programs read the clocks of the first time namespace.</summary>
    internal static bool HasMachinesClocks() => IsInitialNamespace("time", TimeNamespace);

    /// <summary>Whether we are in the namespace that the kernel began with, or cannot tell.</summary>
    private static bool IsInitialNamespace(string kind, uint number) => new FileInfo($"/proc/self/ns/{kind}").LinkTarget is not { } link || link == $"{kind}:[{number}]";

    internal static void ThrowIfImpossible()
    {
        foreach (SupportFinding finding in Needed())
        {
            if (!finding.Works)
                throw new ProbeException(FailureOf(finding.Subject), finding.Detail);
        }
    }

    private static ProbeFailure FailureOf(string subject) => subject switch
    {
        "kernel" => ProbeFailure.KernelTooOld,
        Privileges => ProbeFailure.NoPrivilege,
        var types when types == Facilities.Types.Name => ProbeFailure.NoBtf,
        _ => ProbeFailure.NotPermitted,
    };

    /// <summary>Why a load failed: what can be told from its errno, or the telling line of libbpf's last words, without the verifier's listing.</summary>
    /// <param name="error">With which errno; 0: nothing was loaded.</param>
    /// <param name="log">What libbpf said.</param>
    /// <param name="what">What the kernel refuses.</param>
    internal static ProbeException LoadFailure(int error, string log, string what)
    {
        if (BpfCall.ExceededLimit(error) is { } limit)
            return new ProbeException(ProbeFailure.NotPermitted, limit);
        if (error == RefusedCall.NotEnoughMemory)
            return new ProbeException(ProbeFailure.Refused, "there is not enough memory for the probes: raise the limit (ulimit -v, that of the container), or choose a smaller --buffer-size or --max-connections") { Data = { ["log"] = log } };
        // 5.10 to 6.9 say the one, later ones the other. Nothing else takes this function away
        if (log.Contains("unknown func bpf_probe_read", StringComparison.Ordinal) || log.Contains("cannot use helper bpf_probe_read", StringComparison.Ordinal))
            return new ProbeException(ProbeFailure.NotPermitted, "the kernel is locked down (confidentiality), so that BPF may not read its memory: boot it with lockdown=integrity");
        string[] lines = log.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string? telling = lines.LastOrDefault(l => l.StartsWith("libbpf: prog", StringComparison.Ordinal) && l.Contains("failed", StringComparison.Ordinal))
            ?? lines.LastOrDefault(l => l.StartsWith("libbpf:", StringComparison.Ordinal));
        string words = error == 0 ? "" : $" ({Marshal.GetPInvokeErrorMessage(error)})";
        string detail = $"the kernel refuses {what}{words}, which recording needs: {(error is NotPermitted or AccessDenied && telling is null ? "look for a security module or lockdown that forbids it" : telling ?? "nothing says why")}";
        return new ProbeException(ProbeFailure.Refused, detail) { Data = { ["log"] = log } };
    }
}
