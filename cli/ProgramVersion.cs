using System.Reflection;

namespace TcpTracer.Cli;

/// <summary>Name and version of this program: for <c>--version</c>, and for the header of every trace.</summary>
internal static class ProgramVersion
{
    /// <summary>Such as <c>tcptracer 0.1.0</c>.</summary>
    public static string NameAndVersion { get; } =
        $"tcptracer {typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}";
}
