using System.CommandLine;
using System.CommandLine.Parsing;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Cli.Sentences;

/// <summary>Sentences about a command line that cannot be understood.</summary>
internal static class Usage
{
    public static int Complain(ParseResult parsed) => Complain(parsed, What(parsed));

    public static int Complain(ParseResult parsed, Sentence sentence)
    {
        Messages.Say($"{sentence} (`{CommandPath.Of(parsed.CommandResult.Command)} --help` lists the options)");
        return ExitCode.Usage;
    }

    /// <summary>For an argument that looks like an option.</summary>
    public static SelectionException UnknownOption(ParseResult parsed, string word) =>
        new($"{NotKnown(parsed, word)} (`{CommandPath.Of(parsed.CommandResult.Command)} --help` lists the options)");

    private static Sentence What(ParseResult parsed)
    {
        if (parsed.UnmatchedTokens is [var unknown, ..])
            return NotKnown(parsed, TakenForArgument(parsed) ?? unknown);
        return Missing(parsed) ?? parsed.Errors[0].Message.TrimEnd('.');
    }

    /// <summary>A misspelt option that was taken for an argument, so that the real argument was one too many.</summary>
    private static string? TakenForArgument(ParseResult parsed) => parsed.Tokens.TakeWhile(t => t.Type != TokenType.DoubleDash)
        .FirstOrDefault(t => t.Type == TokenType.Argument && t.Value.StartsWith("--", StringComparison.Ordinal))?.Value;

    /// <summary>For an option, an argument or a value that must be given; null: none of them is missing.</summary>
    private static string? Missing(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        OptionResult[] given = [.. parsed.CommandResult.Children.OfType<OptionResult>().Where(o => !o.Implicit)];
        if (given.FirstOrDefault(o => o.Option.Arity.MinimumNumberOfValues > 0 && o.Tokens.Count == 0) is { Option: var bare })
            return $"{bare.Name} wants a value: {bare.Name} {bare.HelpName}";
        bool readsFile = command.Arguments.Any(a => a is { Name: "FILE" });
        Option? missing = command.Options.FirstOrDefault(o => o.Required && given.All(g => g.Option != o));
        if (missing is { Name: not "--output" })
            return $"{missing.Name} {missing.HelpName} is missing: {(missing.HelpName == "FORMAT" ? "one of " : "")}{missing.Description}";
        if (missing is not null)
        {
            string sample = readsFile ? "trace.tct -o saved.tct" : "-o trace.tct";
            return $"-o FILE is missing: name the trace to write, as in {CommandPath.Of(command)} {sample}";
        }
        bool IsMissing(Argument argument) =>
            argument.Arity.MinimumNumberOfValues > 0 && parsed.GetResult(argument) is not { Tokens.Count: > 0 };
        return command.Arguments.FirstOrDefault(IsMissing) switch
        {
            null => null,
            { Name: "FILE" } => $"FILE is missing: name a trace, as in {CommandPath.Of(command)} trace.tct",
            var argument => $"{argument.Name} is missing: name one of {argument.Description}",
        };
    }

    /// <summary>Names as a sentence has them: with commas, and one "and".</summary>
    private static string AllOf(string[] names) =>
        names.Length < 2 ? string.Concat(names) : $"{string.Join(", ", names[..^1])} and {names[^1]}";

    private static Sentence NotKnown(ParseResult parsed, string word)
    {
        Command here = parsed.CommandResult.Command, root = parsed.RootCommandResult.Command;
        string name = word.Split('=')[0], notKnown = $"'{name}' is not known here";
        if (!name.StartsWith('-') && here is RootCommand && OtherWords.OfCommand(word) is { } meant)
            return meant;
        if (!name.StartsWith('-'))
            return notKnown + DidYouMean(NearestName.Of(name, here.Subcommands.Select(c => c.Name)));
        Command[] others = [.. root.Subcommands.Prepend(root).Where(c => c != here && !c.Hidden)];
        string[] owners = [.. others.Where(c => NamesOf(c).Contains(name)).Select(PathOf)];
        if (owners.Length > 0)
            return $"{notKnown}; {AllOf(owners)} {(owners.Length == 1 ? "has" : "have")} it";
        if (OtherWords.OfOption(name, NamesOf(here)) is { } same)
            return $"{notKnown}; `{same}` does that";
        if (NearestName.Of(name, LongNames(here)) is { } near)
            return notKnown + DidYouMean(near);
        (string? Near, string Owner) elsewhere =
            others.Select(c => (Near: NearestName.Of(name, LongNames(c)), PathOf(c))).FirstOrDefault(n => n.Near is not null);
        return elsewhere.Near is null ? notKnown : $"{notKnown}; did you mean '{elsewhere.Near}' of {elsewhere.Owner}?";
    }

    private static string DidYouMean(string? near) => near is null ? "" : $"; did you mean '{near}'?";

    private static IEnumerable<string> NamesOf(Command command) => command.Options.SelectMany(o => o.Aliases.Append(o.Name));

    private static IEnumerable<string> LongNames(Command command) =>
        NamesOf(command).Where(n => n.StartsWith("--", StringComparison.Ordinal));

    /// <summary>For an option in front of the command: it would be read, but have no effect there. null: there is none.</summary>
    public static string? Misplaced(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        for (SymbolResult? above = parsed.CommandResult.Parent; above is CommandResult result; above = above.Parent)
        {
            OptionResult? option = result.Children.OfType<OptionResult>().FirstOrDefault(o => !o.Implicit && !o.Option.Recursive);
            string name = option?.IdentifierToken?.Value ?? option?.Option.Name ?? "";
            if (option is not null)
            {
                return $"{name} stands before '{command.Name}', where it has no effect: write it behind, "
                    + $"as in {CommandPath.Of(command)} {name}";
            }
        }
        return null;
    }

    private static string PathOf(Command command) =>
        command is RootCommand ? "`tcptracer` without a command" : $"`{CommandPath.Of(command)}`";
}
