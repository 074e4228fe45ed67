using System.CommandLine;
using System.CommandLine.Completions;
using TcpTracer.Cli.Help;
using TcpTracer.Cli.Linux;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter.Expressions;
using TcpTracer.Formats.Text;

namespace TcpTracer.Cli.Commands;

/// <summary>
/// Completes the word that is being typed. The scripts of the shells ask with <c>tcptracer [complete] WORDS</c>. WORDS are the words of the
/// command line up to the one that is being typed. The exit code says what else may stand there.
/// </summary>
internal static class WordCompletion
{
    /// <summary>The first argument, when a shell asks.</summary>
    public const string Request = "[complete]";

    /// <summary>Exit codes: only the printed words; also a file; a command with its arguments.</summary>
    private const int WordsOnly = 0, Files = 1, CommandLine = 2;

    public static int Print(IReadOnlyList<string> words)
    {
        (IEnumerable<string> found, int besides) = Of(TcpTracerCommand.Create(), words);
        foreach (string word in found)
            Console.Out.Write(word + "\n");
        return besides;
    }

    private static (IEnumerable<string> Found, int Besides) Of(RootCommand root, IReadOnlyList<string> words)
    {
        Command command = root;
        Option? awaiting = null;
        foreach (string word in words.SkipLast(1))
        {
            if (awaiting is not null)
                awaiting = null;
            else if (word == "--")
                return ([], command.Arguments.Any(a => a.Name == "COMMAND") ? CommandLine : Files);
            else if (word.StartsWith('-'))
                awaiting = OptionOf(command, word) is { } option && HelpPage.TakesValue(option) ? option : null;
            else
                command = command.Subcommands.FirstOrDefault(c => c.Name == word) ?? command;
        }
        string typed = words.Count == 0 ? "" : words[^1];
        if (awaiting is not null)
            return ValuesOf(awaiting, "", typed, FieldsOf(words));
        if (typed.StartsWith("--", StringComparison.Ordinal) && typed.IndexOf('=') is > 0 and var equals)
        {
            return OptionOf(command, typed[..equals]) is { } option
                ? ValuesOf(option, typed[..(equals + 1)], typed[(equals + 1)..], FieldsOf(words)) : ([], WordsOnly);
        }
        if (typed.StartsWith('-'))
        {
            IEnumerable<string> options = HelpPage.OptionsOf(command).SelectMany(o => o.Aliases.Prepend(o.Name));
            return (Beginning(typed, options.Where(n => n.Length > 2 || typed.Length == 2)), WordsOnly);
        }
        IEnumerable<string> values = command.Arguments.SelectMany(a => a.GetCompletions(CompletionContext.Empty)).Select(c => c.Label);
        IEnumerable<string> names = command.Subcommands.Select(c => c.Name).Concat(values);
        return (Beginning(typed, names), command.Arguments.Any(a => a.Name == "FILE") ? Files : WordsOnly);
    }

    private static Option? OptionOf(Command command, string name) =>
        HelpPage.OptionsOf(command).FirstOrDefault(o => o.Name == name || o.Aliases.Contains(name));

    /// <summary>The fields of the rows: whoever has typed --connections asks for those of connections.</summary>
    private static FieldSet FieldsOf(IReadOnlyList<string> words) =>
        words.Contains("--connections") ? ConnectionFields.OfConnections : Fields.OfEvents;

    private static (IEnumerable<string> Found, int Besides) ValuesOf(Option option, string before, string typed, FieldSet fields)
    {
        const string columns = "custom-columns=";
        string[] words = [.. option.GetCompletions(CompletionContext.Empty).Select(c => c.Label)];
        if (words.Contains(columns) && typed.StartsWith(columns, StringComparison.Ordinal))
            return (List(before + columns, typed[columns.Length..], "", fields.All.Select(f => f.Name)), WordsOnly);
        IEnumerable<string> found = option.Name switch
        {
            "--filter" or "--dump-on" => FilterCompletion.Of(typed).Select(e => before + e),
            "--op" => List(before, typed, "!", OperationNames.All),
            "--uid" => List(before, typed, "!", UserNames.Known),
            "--fields" => List(before, typed, "+-", fields.All.Concat(ConnectionFields.OfConnections.All).Select(f => f.Name).Distinct()),
            "--sort" => List(before, typed, "-", fields.All.Concat(ConnectionFields.OfConnections.All).Select(f => f.Name).Distinct()),
            "--by" => List(before, typed, "", fields.All.Select(f => f.Name)),
            _ => Beginning(before + typed, words.Select(w => before + w)),
        };
        return (found, words.Length == 0 && option.HelpName is "FILE" or "SOCKET" ? Files : WordsOnly);
    }

    private static IEnumerable<string> Beginning(string typed, IEnumerable<string> words) =>
        words.Where(w => w.StartsWith(typed, StringComparison.Ordinal)).Distinct();

    /// <summary>Completes the last item of a list with commas. Items that the list has already are not offered again.</summary>
    private static IEnumerable<string> List(string before, string typed, string signs, IEnumerable<string> names)
    {
        int item = typed.LastIndexOf(',') + 1;
        int name = item < typed.Length && signs.Contains(typed[item]) ? item + 1 : item;
        HashSet<string> taken = [.. typed[..item].Split(',').Select(i => i.TrimStart([.. signs]))];
        return Beginning(typed[name..], names.Where(n => !taken.Contains(n))).Select(n => before + typed[..name] + n);
    }
}
