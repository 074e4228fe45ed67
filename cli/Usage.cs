using System.CommandLine;
using TcpTracer.Formats.Pipeline;

namespace TcpTracer.Cli;

/// <summary>What is said when the command line cannot be understood.</summary>
internal static class Usage
{
    public static int Complain(ParseResult parsed)
    {
        Messages.Say($"{Sentence(parsed)} (`{CommandPath(parsed)} --help` lists the options)");
        return ExitCode.Usage;
    }

    private static string Sentence(ParseResult parsed)
    {
        string? unknown = parsed.UnmatchedTokens.FirstOrDefault();
        if (unknown is null)
            return parsed.Errors[0].Message.TrimEnd('.');
        string name = unknown.Split('=')[0];
        string? near = NearestName.Of(name, name.StartsWith('-') ? OptionNames(parsed.CommandResult.Command) : parsed.CommandResult.Command.Subcommands.Select(c => c.Name));
        return $"'{name}' is not known here{(near is null ? "" : $"; did you mean '{near}'?")}";
    }

    private static IEnumerable<string> OptionNames(Command command) => command.Options.SelectMany(o => o.Aliases.Append(o.Name)).Where(n => n.StartsWith("--", StringComparison.Ordinal));

    private static string CommandPath(ParseResult parsed) =>
        parsed.CommandResult.Command is RootCommand ? "tcptracer" : $"tcptracer {parsed.CommandResult.Command.Name}";
}
