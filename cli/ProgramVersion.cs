using System.Reflection;
using System.Runtime.InteropServices;
using TcpTracer.Formats.Records;
using TcpTracer.Recorder.Machine;

namespace TcpTracer.Cli;

/// <summary>Name and version of this program, for <c>--version</c> and for the header of every trace; and what it is made of.</summary>
internal static class ProgramVersion
{
    /// <summary>Such as <c>tcptracer 0.1.0</c>.</summary>
    public static string NameAndVersion { get; } =
        $"tcptracer {typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}";

    /// <summary>The day of the version, as manual pages have it.</summary>
    public static string Date { get; } = typeof(ProgramVersion).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .First(m => m.Key == "date").Value!;

    /// <summary>
    /// What <c>--version</c> prints. The first line is the name and the version and nothing else, because scripts read it; each line behind
    /// it begins with its own name.
    /// </summary>
    public static string Page => string.Join('\n',
        NameAndVersion,
        $"commit: {Commit}",
        $"trace format: {TraceHeader.CurrentMajor}.{TraceHeader.CurrentMinor}",
        $"libbpf: {MachineSupport.BpfLibraryVersion ?? (MachineSupport.OnlyReplays ? "none, for this package only replays" : "not installed")}",
        $".NET: {Environment.Version}",
        $"architecture: {RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => "x86-64",
            var other => other.ToString().ToLowerInvariant(),
        }}");

    /// <summary>
    /// The commit that was built (.build/commit), in a file and not in an attribute: a new commit changes nothing for what sees this
    /// project, and so compiles nothing again.
    /// </summary>
    private static string Commit
    {
        get
        {
            using Stream? file = Assembly.GetExecutingAssembly().GetManifestResourceStream("commit");
            if (file is null)
                return "not known to a debug build";
            string told = new StreamReader(file).ReadToEnd().Trim();
            return told.Length > 0 ? told : "not known, because it was not built in a clone";
        }
    }
}
