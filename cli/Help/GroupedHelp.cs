using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using TcpTracer.Cli.Linux;

namespace TcpTracer.Cli.Help;

/// <summary>
/// <c>--help</c>, and <c>-h</c> with the common options only. The help of System.CommandLine 3.0 cannot be changed but for its width: its
/// HelpBuilder is internal. What it offers is an action in place of its own.
/// </summary>
internal sealed class GroupedHelp : SynchronousCommandLineAction
{
    private const string ShortName = "-h";

    /// <summary>Help is wanted also where the rest of the line is wrong.</summary>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parsed)
    {
        bool isShort = parsed.Tokens.Any(t => t.Value == ShortName) && parsed.Tokens.All(t => t.Value != "--help");
        parsed.InvocationConfiguration.Output.Write(new HelpPage(parsed.CommandResult.Command, Terminal.Width).Write(isShort));
        return ExitCode.Done;
    }

    /// <summary>Takes the place of the usual help.</summary>
    public static void Install(RootCommand root)
    {
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        // What Windows calls help are file names here
        foreach (string alias in help.Aliases.Where(a => a[0] == '/').ToArray())
            help.Aliases.Remove(alias);
        help.Description = "Show this help; -h shows the common options only";
        help.Action = new GroupedHelp();
    }
}
