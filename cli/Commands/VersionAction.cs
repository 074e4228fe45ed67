using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;

namespace TcpTracer.Cli.Commands;

/// <summary><c>--version</c>: the name with it, as it also stands in every trace.</summary>
internal sealed class VersionAction : SynchronousCommandLineAction
{
    /// <summary>Such as <c>tcptracer 0.1.0</c>.</summary>
    public static string NameAndVersion { get; } =
        $"tcptracer {typeof(VersionAction).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}";

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parsed)
    {
        parsed.InvocationConfiguration.Output.WriteLine(NameAndVersion);
        return ExitCode.Done;
    }

    public static void Install(RootCommand root) => root.Options.OfType<VersionOption>().Single().Action = new VersionAction();
}
