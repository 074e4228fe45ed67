using System.CommandLine;
using System.CommandLine.Invocation;

namespace TcpTracer.Cli.Commands;

/// <summary><c>--version</c>.</summary>
internal sealed class VersionAction : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parsed)
    {
        parsed.InvocationConfiguration.Output.WriteLine(ProgramVersion.NameAndVersion);
        return ExitCode.Done;
    }

    public static void Install(RootCommand root) => root.Options.OfType<VersionOption>().Single().Action = new VersionAction();
}
