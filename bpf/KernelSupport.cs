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
    private const string BtfPath = "/sys/kernel/btf/vmlinux";
    private const int CapSysAdmin = 21, CapPerfmon = 38, CapBpf = 39, CapSysPtrace = 19;
    private static readonly Version s_oldest = new(5, 8);

    /// <summary>Looks at each thing once; loads nothing.</summary>
    public static IReadOnlyList<SupportFinding> Examine()
    {
        ulong capabilities = LibC.EffectiveCapabilities();
        bool Has(int capability) => (capabilities & (1UL << capability)) != 0;
        bool permitted = Has(CapSysAdmin) || (Has(CapBpf) && Has(CapPerfmon));
        Version kernel = Environment.OSVersion.Version;
        bool tracepoints = SystemCallTracepoints.CanBeOpened();
        bool machinesPids = HasMachinesPids();
        return
        [
            new("kernel", kernel >= s_oldest, true, $"Linux {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()} (5.8 or newer is needed)"),
            new("types (BTF)", File.Exists(BtfPath), true, File.Exists(BtfPath) ? BtfPath : $"{BtfPath} is missing: a kernel built with CONFIG_DEBUG_INFO_BTF=y is needed"),
            new("privileges", permitted, true, permitted ? "root, or CAP_BPF with CAP_PERFMON" : "run as root, or give the executable CAP_BPF and CAP_PERFMON"),
            new("system call tracepoints", tracepoints, false, tracepoints
                ? $"accept() and the result of connect() are seen where they return, by at most {SystemCallTracepoints.ProgramsAtOne} recorders at once"
                : "no tracefs at /sys/kernel/tracing: every system call's return is watched instead, which costs each a little; mount it, or add CAP_SYS_ADMIN"),
            new("process numbers", machinesPids, false, machinesPids
                ? "those of the whole machine"
                : "those of a container (hostPID: true gives it the machine's): connections older than the recorder are not found, its own are recorded, and no command can be followed"),
            new("other users' /proc", Has(CapSysPtrace), false, Has(CapSysPtrace) ? "readable" : "only --netns with the path of another user's process needs it: add CAP_SYS_PTRACE"),
        ];
    }

    /// <summary>PROC_PID_INIT_INO: the kernel's programs tell numbers of this namespace.</summary>
    internal static bool HasMachinesPids() => new FileInfo("/proc/self/ns/pid").LinkTarget is null or "pid:[4026531836]";

    internal static void ThrowIfImpossible()
    {
        foreach (SupportFinding finding in Examine())
        {
            if (finding is { Works: false, Required: true })
                throw new ProbeException(FailureOf(finding.Subject), finding.Detail);
        }
    }

    private static ProbeFailure FailureOf(string subject) => subject switch
    {
        "kernel" => ProbeFailure.KernelTooOld,
        "types (BTF)" => ProbeFailure.NoBtf,
        _ => ProbeFailure.NotPermitted,
    };

    /// <summary>The telling line of a failed load: libbpf's last words, without the verifier's listing.</summary>
    internal static ProbeException LoadFailure(string log)
    {
        string[] lines = log.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string detail = lines.LastOrDefault(l => l.StartsWith("libbpf: prog", StringComparison.Ordinal) && l.Contains("failed", StringComparison.Ordinal))
            ?? lines.LastOrDefault(l => l.StartsWith("libbpf:", StringComparison.Ordinal)) ?? "no reason given";
        return new ProbeException(ProbeFailure.Refused, detail) { Data = { ["log"] = log } };
    }
}
