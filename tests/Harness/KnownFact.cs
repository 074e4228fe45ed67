using System.Runtime.InteropServices;
using TcpTracer.Bpf;
using TcpTracer.Bpf.Interop;
using Xunit;

namespace TcpTracer.Tests.Harness;

/// <summary>
/// Why a test may be skipped: what is known of this machine before a probe is loaded. There is no other reason: ./test fails on one that does not
/// begin with <see cref="Prefix"/>. A probe that does not load is a failure, never a reason.
/// </summary>
internal static class KnownFact
{
    /// <summary>.build/verdict looks for it.</summary>
    public const string Prefix = "not on this machine: ";

    private const string NotRoot = "not root";
    private const int CapSetUid = 7, CapNetAdmin = 12;

    /// <summary>What <see cref="KernelSupport.Examine"/> calls required, and which fact it is when it is missing.</summary>
    public static IReadOnlyDictionary<string, string> OfSubject { get; } = new Dictionary<string, string>
    {
        ["kernel"] = "kernel too old", ["types (BTF)"] = "no BTF", ["privileges"] = "bpf() not allowed", ["bpf()"] = "bpf() not allowed",
    };

    /// <summary>Why no probe may be loaded here; null: one must load.</summary>
    public static string? AgainstRecording { get; } = FindAgainstRecording();

    /// <summary>Why no network namespaces can be made here; null: they must be.</summary>
    public static string? AgainstNamespaces { get; } = FindAgainstNamespaces();

    /// <summary>Why we cannot become another user; null: we can.</summary>
    public static string? AgainstOtherUsers { get; } = !IsRoot ? Prefix + NotRoot : Has(CapSetUid) ? null : $"{Prefix}{NotRoot}: it lacks CAP_SETUID";

    /// <summary>Skips what came with a later kernel.</summary>
    public static void SkipBefore(int major, int minor, string what) =>
        Assert.SkipUnless(Environment.OSVersion.Version >= new Version(major, minor), $"{Prefix}kernel too old: {what} came with Linux {major}.{minor}");

    private static bool IsRoot => Native.geteuid() == 0;

    private static bool Has(int capability) => (LibC.EffectiveCapabilities() & (1UL << capability)) != 0;

    private static string? FindAgainstRecording()
    {
        SupportFinding? missing = KernelSupport.Examine().FirstOrDefault(f => !f.Works && OfSubject.ContainsKey(f.Subject));
        return missing is null ? null : Prefix + (missing.Subject == "privileges" && !IsRoot ? NotRoot : OfSubject[missing.Subject]) + ": " + missing.Detail;
    }

    private static string? FindAgainstNamespaces()
    {
        if (!IsRoot)
            return Prefix + NotRoot + ": network namespaces need root";
        const string none = "no network namespaces: ";
        return Unshare() is { } refusal ? $"{Prefix}{none}unshare(CLONE_NEWNET): {refusal}" : Has(CapNetAdmin) ? null : $"{Prefix}{none}their links need CAP_NET_ADMIN";
    }

    /// <summary>On a thread of its own, which ends with its namespace.</summary>
    private static string? Unshare()
    {
        string? refusal = null;
        var thread = new Thread(() => refusal = Native.unshare(Native.CloneNewNet) == 0 ? null : Marshal.GetLastPInvokeErrorMessage());
        thread.Start();
        thread.Join();
        return refusal;
    }
}
