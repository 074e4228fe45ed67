using System.Runtime.InteropServices;

namespace TcpTracer.Recorder.Machine;

/// <summary>
/// Whether OpenSSL is there. .NET loads it for the first connection or certificate, and aborts the process if it is missing. So
/// this class looks for it first, in .NET's order.
/// </summary>
public static class TlsLibrary
{
    private static readonly string[] s_versions = ["3", "1.1"];

    /// <summary>Why this machine cannot use TLS, in a few words; null: it can.</summary>
    public static string? Obstacle()
    {
        string? chosen = Environment.GetEnvironmentVariable("DOTNET_OPENSSL_VERSION_OVERRIDE");
        IEnumerable<string> versions = string.IsNullOrEmpty(chosen) ? s_versions : s_versions.Prepend(chosen);
        // The library stays loaded: .NET is about to use it
        if (!versions.Any(v => NativeLibrary.TryLoad($"libssl.so.{v}", out _)))
        {
            string names = string.Join(" nor ", versions.Select(v => $"libssl.so.{v}"));
            return $"there is no TLS library, neither {names} (install OpenSSL: package libssl3, libssl3t64 or openssl-libs)";
        }
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

/// <summary>This machine cannot use TLS.</summary>
/// <param name="why">The reason, in a few words.</param>
internal sealed class NoTlsException(string why) : Exception(why);
