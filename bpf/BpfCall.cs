using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>bpf(2) itself: something may forbid it to a process that has the capabilities, or limit its memory.</summary>
internal static class BpfCall
{
    private const int NotPermitted = 1, AccessDenied = 13, NoSuchCall = 38;

    /// <summary>From this version on BPF memory is charged to the memory cgroup. Before, it counts as locked memory.</summary>
    private static readonly Version s_chargedToCgroup = new(5, 11);

    private static bool ChargesLockedMemory => Environment.OSVersion.Version < s_chargedToCgroup;

    /// <summary>Why bpf() cannot be called, and what to do; null: it can.</summary>
    public static string? Obstacle() => LibC.AskBpf() switch
    {
        0 => null,
        _ when LibC.IsFiltered() => "a seccomp filter refuses bpf(): run it with one that allows it "
            + "(a pod: seccompProfile Unconfined; docker: --security-opt seccomp=unconfined)",
        NoSuchCall => "this kernel has no bpf(): one built with CONFIG_BPF_SYSCALL=y is needed",
        NotPermitted or AccessDenied => "a security module refuses bpf(): allow it in its policy",
        _ => null, // the load reports the reason
    };

    /// <summary>Lifts the limit of locked memory, if BPF memory counts as such.</summary>
    public static void LiftLimit()
    {
        if (ChargesLockedMemory)
            _ = LibC.RaiseLockedMemory();
    }

    /// <summary>Why a load was refused with EPERM, if the limit of locked memory was the reason; otherwise null.</summary>
    public static string? ExceededLimit(int error)
    {
        if (error != NotPermitted || !ChargesLockedMemory || LibC.RaiseLockedMemory() is not (>= 0 and var bytes))
            return null;
        return $"before Linux 5.11 BPF memory counts as locked memory, of which {bytes / 1024} KiB are allowed: "
            + "raise that (ulimit -l unlimited, LimitMEMLOCK=infinity), or add CAP_SYS_RESOURCE";
    }
}
