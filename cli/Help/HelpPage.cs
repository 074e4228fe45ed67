using System.CommandLine;
using System.Text;
using TcpTracer.Cli.Sentences;

namespace TcpTracer.Cli.Help;

/// <summary>The help of one command: usage, commands, options in groups, examples, and where there is more.</summary>
/// <param name="command">Whose help this is.</param>
/// <param name="width">Of the terminal.</param>
internal sealed class HelpPage(Command command, int width)
{
    private const int ColumnOfNames = 27; // the longest of the common options

    private readonly StringBuilder _page = new();

    /// <summary>Writes the page, fitted to the terminal.</summary>
    /// <param name="isShort">Whether it has the common options only.</param>
    public string Write(bool isShort)
    {
        WriteUsage();
        _page.Append(HelpText.Fit($"\n{command.Description}", width));
        WriteTable("Arguments", command.Arguments.Select(a => new HelpText.Row(a.Name, a.Description ?? "")), ColumnOfNames);
        WriteTable("Commands", command.Subcommands.Select(c => new HelpText.Row(c.Name, c.Description ?? "")));
        Option[] options = [.. OptionsOf(command)];
        foreach (OptionGroup group in OptionGroup.All.Where(g => g.IsCommon || !isShort))
            WriteTable(group.Title, group.Of(options).Select(RowOf), ColumnOfNames);
        WriteTable("Examples", HelpText.Rows(ExamplesOf(command)));
        if (command is DocumentedCommand { Notes: { } notes })
            _page.Append('\n').Append(HelpText.Fit(notes, width));
        WriteMore(isShort);
        return ClusterWords.AsCalled(_page.ToString());
    }

    /// <summary>Its own options, and those of every command.</summary>
    public static IEnumerable<Option> OptionsOf(Command command) =>
        command.Options.Concat(command is RootCommand ? [] : RecursiveOf(command))
            .Where(o => !o.Hidden);

    /// <summary>Whether a value comes behind the option.</summary>
    public static bool TakesValue(Option option) => option.ValueType != typeof(bool) && option.Arity.MaximumNumberOfValues > 0;

    private static IEnumerable<Option> RecursiveOf(Command command) => command.Parents.OfType<Command>()
        .SelectMany(p => p is RootCommand ? p.Options.Where(o => o.Recursive) : RecursiveOf(p));

    /// <summary>Lines to try, as <see cref="HelpText"/> takes rows.</summary>
    public static string ExamplesOf(Command command) =>
        command is DocumentedCommand documented ? documented.Examples : FirstExamples.Text;

    /// <summary>As it is typed: <c>tcptracer show</c>.</summary>
    public static string PathOf(Command command) => CommandPath.Of(command);

    private void WriteUsage() =>
        _page.Append("Usage: ").AppendJoin("\n       ", UsageOf(command)).Append('\n');

    /// <summary>How it is called, one line for each way.</summary>
    public static IEnumerable<string> UsageOf(Command command)
    {
        IEnumerable<string> required = command.Options.Where(o => o.Required)
            .Select(o => $" {o.Aliases.FirstOrDefault() ?? o.Name} {o.HelpName}");
        IEnumerable<string> arguments = command.Arguments.Select(a => $" {UsageOf(a)}");
        yield return string.Concat([PathOf(command), .. required, " [options]", .. arguments]);
        if (command.Subcommands.Count > 0)
            yield return $"{PathOf(command)} COMMAND [options]";
    }

    private static string UsageOf(Argument argument) => argument switch
    {
        { Name: "COMMAND" } => "[-- COMMAND...]", // of record
        { Arity: { MinimumNumberOfValues: 0 } } => $"[{argument.Name}]",
        { Arity: { MaximumNumberOfValues: > 1 } } => $"{argument.Name}...",
        _ => argument.Name,
    };

    private static HelpText.Row RowOf(Option option)
    {
        string[] names = NamesOf(option);
        string value = TakesValue(option) ? $" {option.HelpName}" : "";
        return new HelpText.Row((names.Length == 1 ? "    " : "") + string.Join(", ", names) + value, option.Description ?? "");
    }

    /// <summary>As they are typed, the short one first.</summary>
    public static string[] NamesOf(Option option) => [.. option.Aliases.Where(a => a is ['-', not '?']).Append(option.Name)];

    private void WriteTable(string title, IEnumerable<HelpText.Row> rows, int? terms = null)
    {
        if (rows.ToArray() is { Length: > 0 } all)
            _page.Append('\n').Append(title).Append(":\n").Append(HelpText.Table(all, width, terms));
    }

    private void WriteMore(bool isShort)
    {
        List<HelpText.Row> more = [];
        if (isShort)
            more.Add(new HelpText.Row($"{PathOf(command)} --help", "all options"));
        if (command is RootCommand)
            more.Add(new HelpText.Row("tcptracer help COMMAND", "the options of a command, with examples"));
        IEnumerable<HelpTopic> topics = HelpTopic.All.Where(t => command is RootCommand || t.IsAbout(command));
        more.AddRange(topics.Select(t => new HelpText.Row($"tcptracer help {t.Name}", t.About)));
        WriteTable("More help", more);
    }
}
