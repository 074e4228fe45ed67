using System.CommandLine;
using System.CommandLine.Invocation;

namespace TcpTracer.Cli.Commands;

/// <summary><c>--version</c>.</summary>
internal sealed class VersionAction : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parsed)
    {
        parsed.InvocationConfiguration.Output.WriteLine(ProgramVersion.Page);
        return ExitCode.Done;
    }

    public static void Install(RootCommand root)
    {
        VersionOption version = root.Options.OfType<VersionOption>().Single();
        version.Description = "Show the version, and what it is made of";
        version.Action = new VersionAction();
    }
}
