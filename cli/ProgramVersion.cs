using System.Reflection;

namespace TcpTracer.Cli;

/// <summary>Name and version of this program: for <c>--version</c>, and for the header of every trace.</summary>
internal static class ProgramVersion
{
    /// <summary>Such as <c>tcptracer 0.1.0</c>.</summary>
    public static string NameAndVersion { get; } =
        $"tcptracer {typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}";

    /// <summary>The day of the version, as manual pages have it.</summary>
    public static string Date { get; } = typeof(ProgramVersion).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .First(m => m.Key == "date").Value!;
}
