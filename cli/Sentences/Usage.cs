using System.CommandLine;
using System.CommandLine.Parsing;
using TcpTracer.Formats.Words;

namespace TcpTracer.Cli.Sentences;

/// <summary>What is said when the command line cannot be understood.</summary>
internal static class Usage
{
    public static int Complain(ParseResult parsed) => Complain(parsed, What(parsed));

    public static int Complain(ParseResult parsed, Sentence sentence)
    {
        Messages.Say($"{sentence} (`{CommandPath(parsed)} --help` lists the options)");
        return ExitCode.Usage;
    }

    /// <summary>For a word that an argument swallowed, though it looks like an option.</summary>
    public static SelectionException UnknownOption(ParseResult parsed, string word) => new($"{NotKnown(parsed, word)} (`{CommandPath(parsed)} --help` lists the options)");

    private static string What(ParseResult parsed) =>
        parsed.UnmatchedTokens is [var unknown, ..] ? NotKnown(parsed, TakenForArgument(parsed) ?? unknown) : parsed.Errors[0].Message.TrimEnd('.');

    /// <summary>A misspelt option that took the place of an argument, so that the argument itself was one too many.</summary>
    private static string? TakenForArgument(ParseResult parsed) =>
        parsed.Tokens.TakeWhile(t => t.Type != TokenType.DoubleDash).FirstOrDefault(t => t.Type == TokenType.Argument && t.Value.StartsWith("--", StringComparison.Ordinal))?.Value;

    private static string NotKnown(ParseResult parsed, string word)
    {
        Command here = parsed.CommandResult.Command, root = parsed.RootCommandResult.Command;
        string name = word.Split('=')[0];
        if (!name.StartsWith('-'))
            return $"'{name}' is not known here{DidYouMean(NearestName.Of(name, here.Subcommands.Select(c => c.Name)))}";
        string[] owners = [.. root.Subcommands.Prepend(root).Where(c => c != here && !c.Hidden && NamesOf(c).Contains(name)).Select(PathOf)];
        if (owners.Length > 0)
            return $"'{name}' is not known here; {string.Join(" and ", owners)} {(owners.Length == 1 ? "has" : "have")} it";
        if (NearestName.Of(name, LongNames(here)) is { } near)
            return $"'{name}' is not known here{DidYouMean(near)}";
        (string Name, string Owner)? elsewhere = root.Subcommands.Prepend(root).Where(c => c != here)
            .Select(c => (NearestName.Of(name, LongNames(c)), PathOf(c))).FirstOrDefault(n => n.Item1 is not null) is { Item1: { } other } found ? (other, found.Item2) : null;
        return $"'{name}' is not known here{(elsewhere is { } e ? $"; did you mean '{e.Name}' of {e.Owner}?" : "")}";
    }

    private static string DidYouMean(string? near) => near is null ? "" : $"; did you mean '{near}'?";

    private static IEnumerable<string> NamesOf(Command command) => command.Options.SelectMany(o => o.Aliases.Append(o.Name));

    private static IEnumerable<string> LongNames(Command command) => NamesOf(command).Where(n => n.StartsWith("--", StringComparison.Ordinal));

    /// <summary>An option that stands before the command would be read, and then have no effect.</summary>
    public static string? Misplaced(ParseResult parsed)
    {
        if (parsed.CommandResult.Command is RootCommand)
            return null;
        OptionResult? option = parsed.RootCommandResult.Children.OfType<OptionResult>().FirstOrDefault(o => !o.Implicit && !o.Option.Recursive);
        string command = parsed.CommandResult.Command.Name;
        return option is null ? null : $"{option.IdentifierToken?.Value ?? option.Option.Name} stands before '{command}', where it has no effect: write it behind, as in tcptracer {command} {option.IdentifierToken?.Value ?? option.Option.Name}";
    }

    private static string PathOf(Command command) => command is RootCommand ? "`tcptracer` without a command" : $"`tcptracer {command.Name}`";

    private static string CommandPath(ParseResult parsed) =>
        parsed.CommandResult.Command is RootCommand ? "tcptracer" : $"tcptracer {parsed.CommandResult.Command.Name}";
}
