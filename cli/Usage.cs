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

    /// <summary>For a word that an argument swallowed, though it looks like an option.</summary>
    public static SelectionException UnknownOption(ParseResult parsed, string word) => new($"{NotKnown(parsed, word)} (`{CommandPath(parsed)} --help` lists the options)");

    private static string Sentence(ParseResult parsed) =>
        parsed.UnmatchedTokens is [var unknown, ..] ? NotKnown(parsed, unknown) : parsed.Errors[0].Message.TrimEnd('.');

    private static string NotKnown(ParseResult parsed, string word)
    {
        string name = word.Split('=')[0];
        string? near = NearestName.Of(name, name.StartsWith('-') ? OptionNames(parsed.CommandResult.Command) : parsed.CommandResult.Command.Subcommands.Select(c => c.Name));
        return $"'{name}' is not known here{(near is null ? "" : $"; did you mean '{near}'?")}";
    }

    private static IEnumerable<string> OptionNames(Command command) => command.Options.SelectMany(o => o.Aliases.Append(o.Name)).Where(n => n.StartsWith("--", StringComparison.Ordinal));

    private static string CommandPath(ParseResult parsed) =>
        parsed.CommandResult.Command is RootCommand ? "tcptracer" : $"tcptracer {parsed.CommandResult.Command.Name}";
}
