using System.Runtime.InteropServices;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>
/// .NET opens OpenSSL when it is first used, be it for a connection or to read a certificate, and aborts the process where there is none. So it is
/// looked for before: as .NET does, in the same order.
/// </summary>
internal static class TlsLibrary
{
    private static readonly string[] s_versions = ["3", "1.1"];

    /// <summary>Why there is no TLS here, in a few words; null: there is.</summary>
    public static string? Obstacle()
    {
        string? chosen = Environment.GetEnvironmentVariable("DOTNET_OPENSSL_VERSION_OVERRIDE");
        IEnumerable<string> versions = string.IsNullOrEmpty(chosen) ? s_versions : s_versions.Prepend(chosen);
        // Stays open: .NET is about to use it
        if (!versions.Any(v => NativeLibrary.TryLoad($"libssl.so.{v}", out _)))
            return $"there is no TLS library, neither {string.Join(" nor ", versions.Select(v => $"libssl.so.{v}"))} (install OpenSSL: package libssl3, libssl3t64 or openssl-libs)";
        return CanReadRandomness() ? null : "TLS needs /dev/urandom, which cannot be read";
    }

    private static bool CanReadRandomness()
    {
        try
        {
            File.OpenHandle("/dev/urandom").Dispose();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}

/// <summary>There is no TLS on this machine.</summary>
internal sealed class NoTlsException(string why) : Exception(why);
