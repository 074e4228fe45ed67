namespace TcpTracer.Bpf;

/// <summary>Why the probes could not be loaded.</summary>
public enum ProbeFailure
{
    /// <summary>Neither root nor CAP_BPF with CAP_PERFMON.</summary>
    NoPrivilege,

    /// <summary>The privileges are there, and something forbids it all the same.</summary>
    NotPermitted,

    /// <summary>The kernel does not publish its types.</summary>
    NoBtf,

    /// <summary>The kernel is older than recording needs: 5.8, on arm64 5.15.</summary>
    KernelTooOld,

    /// <summary>libbpf.so.1 is not installed (only where it is not linked in).</summary>
    NoLibrary,

    /// <summary>The kernel refused a program.</summary>
    Refused,
}

/// <summary>
/// The probes could not be loaded. <see cref="Exception.Message"/> is the reason, in our words or in those of the kernel or
/// libbpf.
/// </summary>
public sealed class ProbeException(ProbeFailure failure, string detail) : Exception(detail)
{
    /// <summary>The kind of failure.</summary>
    public ProbeFailure Failure { get; } = failure;
}
