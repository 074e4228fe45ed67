using System.Runtime.InteropServices;
using TcpTracer.Bpf;
using TcpTracer.Bpf.Interop;
using Xunit;

namespace TcpTracer.Tests.Harness;

/// <summary>
/// The reasons for which a test may be skipped: facts about this machine that are known before a probe is loaded. There are no other
/// reasons: ./test fails if a reason does not begin with <see cref="Prefix"/>. A probe that does not load is a failure.
/// </summary>
internal static class KnownFact
{
    /// <summary>The beginning of each reason; .build/verdict looks for it.</summary>
    public const string Prefix = "not on this machine: ";

    private const string NotRoot = "not root";
    private const int CapSetUid = 7, CapNetAdmin = 12;

    /// <summary>What <see cref="KernelSupport.Examine"/> calls required, and the fact that is true if it is missing.</summary>
    public static IReadOnlyDictionary<string, string> OfSubject { get; } = new Dictionary<string, string>
    {
        ["kernel"] = "kernel too old", ["types (BTF)"] = "no BTF", ["privileges"] = "bpf() not allowed", ["bpf()"] = "bpf() not allowed",
    };

    /// <summary>Why no probe can be loaded on this machine; null: they must load.</summary>
    public static string? AgainstRecording { get; } = FindAgainstRecording();

    /// <summary>Why no network namespace can be made on this machine; null: it must be possible.</summary>
    public static string? AgainstNamespaces { get; } = FindAgainstNamespaces();

    /// <summary>Why this process cannot become another user; null: it can.</summary>
    public static string? AgainstOtherUsers { get; } = !IsRoot ? Prefix + NotRoot : Has(CapSetUid)
        ? null : $"{Prefix}{NotRoot}: it lacks CAP_SETUID";

    /// <summary>Skips a test of something that a later kernel brought.</summary>
    public static void SkipBefore(int major, int minor, string what) =>
        Assert.SkipUnless(Environment.OSVersion.Version >= new Version(major, minor),
            $"{Prefix}kernel too old: {what} came with Linux {major}.{minor}");

    /// <summary>Skips a test that needs a machine of another architecture.</summary>
    public static void SkipOn(Architecture architecture, string why) =>
        Assert.SkipWhen(RuntimeInformation.OSArchitecture == architecture, $"{Prefix}{architecture}: {why}");

    private static bool IsRoot => Native.geteuid() == 0;

    private static bool Has(int capability) => (LibC.EffectiveCapabilities() & (1UL << capability)) != 0;

    private static string? FindAgainstRecording()
    {
        SupportFinding? missing = KernelSupport.Examine().FirstOrDefault(f => !f.Works && OfSubject.ContainsKey(f.Subject));
        return missing is null ? null : Prefix + (missing.Subject == "privileges" && !IsRoot ? NotRoot : OfSubject[missing.Subject])
            + ": " + missing.Detail;
    }

    private static string? FindAgainstNamespaces()
    {
        if (!IsRoot)
            return Prefix + NotRoot + ": network namespaces need root";
        const string none = "no network namespaces: ";
        return Unshare() is { } refusal ? $"{Prefix}{none}unshare(CLONE_NEWNET): {refusal}" : Has(CapNetAdmin)
            ? null : $"{Prefix}{none}their links need CAP_NET_ADMIN";
    }

    /// <summary>Tries to make a namespace, on a thread of its own that ends with it.</summary>
    private static string? Unshare()
    {
        string? refusal = null;
        var thread = new Thread(() => refusal = Native.unshare(Native.CloneNewNet) == 0 ? null : Marshal.GetLastPInvokeErrorMessage());
        thread.Start();
        thread.Join();
        return refusal;
    }
}
