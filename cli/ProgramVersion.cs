using System.Reflection;

namespace TcpTracer.Cli;

/// <summary>What this program is called, with its version: for <c>--version</c>, and for every trace.</summary>
internal static class ProgramVersion
{
    /// <summary>Such as <c>tcptracer 0.1.0</c>.</summary>
    public static string NameAndVersion { get; } =
        $"tcptracer {typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}";
}
