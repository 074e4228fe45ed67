using System.CommandLine;
using System.Text.RegularExpressions;

namespace TcpTracer.Cli.Help;

/// <summary>The manual page of a command: what its <c>--help</c> says, and what the topics say about it.</summary>
internal sealed class ManPage
{
    private const int Section = 1;
    private const string Plugin = "kubectl-tcptracer", AsCommand = "tcptracer cluster", AsPlugin = "kubectl tcptracer";

    private readonly Command _command;
    private readonly bool _isPlugin;

    private ManPage(Command command, bool isPlugin) => (_command, _isPlugin) = (command, isPlugin);

    /// <summary>The page of a command.</summary>
    public static ManFile Of(Command command) => new ManPage(command, isPlugin: false).Write();

    /// <summary>The page of the plug-in of kubectl.</summary>
    /// <param name="cluster">The command that it is.</param>
    public static ManFile OfPlugin(Command cluster) => new ManPage(cluster, isPlugin: true).Write();

    /// <summary>The name of a command's page.</summary>
    public static string NameOf(Command command) => Path(command).Replace(' ', '-');

    private static string Path(Command command) => HelpPage.PathOf(command).Replace(AsPlugin, AsCommand, StringComparison.Ordinal);

    private string Name => _isPlugin ? Plugin : NameOf(_command);

    private ManFile Write()
    {
        var page = new Roff(Name, Section, "User Commands");
        WriteBeginning(page);
        WriteOptions(page);
        page.Section("EXAMPLES").Examples(HelpText.Rows(Called(HelpPage.ExamplesOf(_command))));
        WriteSurroundings(page);
        page.Section("SEE ALSO").MarkedParagraph(string.Join(", ", Related()));
        return new ManFile($"{Name}.{Section}", page.ToString());
    }

    private void WriteBeginning(Roff page)
    {
        string[] description = (_command.Description ?? "").Split('\n');
        page.Section("NAME").NameLine(Name, AsPhrase(description[0]));
        page.Section("SYNOPSIS");
        foreach (string usage in HelpPage.UsageOf(_command))
            page.MarkedParagraph(MarkedUsage(Called(usage)));
        page.Section("DESCRIPTION").Paragraph(AsSentence(string.Join(' ', description)));
        if (_command is DocumentedCommand { Notes: { } notes })
            WriteBlocks(page, HelpBlock.Of(Called(notes)));
    }

    /// <summary>A whole text, which begins with prose.</summary>
    public static void WriteBlocks(Roff page, IEnumerable<HelpBlock> blocks)
    {
        string section = "";
        foreach (HelpBlock block in blocks)
        {
            _ = block switch
            {
                HelpBlock.Heading heading => page.Section(section = heading.Words),
                HelpBlock.Prose prose => page.Paragraph(prose.Words),
                HelpBlock.Table table when section == "EXAMPLES" => page.Examples(table.Rows),
                HelpBlock.Table table => page.Table(table.Rows),
                _ => page,
            };
        }
    }

    private void WriteOptions(Roff page)
    {
        if (_command.Subcommands.Count > 0)
            page.Section("COMMANDS").Table([.. _command.Subcommands.Select(c => new HelpText.Row(c.Name, c.Description ?? ""))]);
        page.Section("OPTIONS");
        if (_command.Arguments.Count > 0)
            page.Part("Arguments");
        foreach (Argument argument in _command.Arguments)
            page.Entry(Roff.Italic(argument.Name), argument.Description ?? "");
        Option[] options = [.. HelpPage.OptionsOf(_command)];
        foreach (OptionGroup group in OptionGroup.All.Where(g => g.Of(options).Any()))
        {
            page.Part(group.Title);
            foreach (Option option in group.Of(options))
            {
                string names = string.Join(", ", HelpPage.NamesOf(option).Select(Roff.Bold));
                string value = HelpPage.TakesValue(option) ? $" {Roff.Italic(option.HelpName ?? "VALUE")}" : "";
                page.Entry(names + value, option.Description ?? "");
            }
        }
    }

    private void WriteSurroundings(Roff page)
    {
        var exit = new ExitStatus(_command);
        page.Section("EXIT STATUS");
        if (exit.Codes.ToArray() is { Length: > 0 } codes)
            page.Table(codes);
        foreach (string prose in exit.Prose)
            page.Paragraph(prose);
        if (exit.Signals.ToArray() is { Length: > 0 } signals)
            page.Section("SIGNALS").Table(signals);
        WriteSurroundings(page, "ENVIRONMENT", Surroundings.Variables);
        WriteSurroundings(page, "FILES", Surroundings.Files);
    }

    private void WriteSurroundings(Roff page, string title, IEnumerable<Surroundings> all)
    {
        Surroundings[] these = [.. all.Where(s => s.Concerns(_command))];
        if (these.Length > 0)
            page.Section(title);
        foreach (Surroundings one in these)
            page.Entry(Roff.Bold(one.Name), one.Meaning);
    }

    /// <summary>
    /// Pages of the commands that this one's own page names, of those above and below it, and of the topics that are about it.
    /// </summary>
    private IEnumerable<string> Related()
    {
        Command root = _command;
        while (root.Parents.OfType<Command>().FirstOrDefault() is { } parent)
            root = parent;
        string named = $"{_command.Description} {HelpPage.ExamplesOf(_command)} {(_command as DocumentedCommand)?.Notes}";
        IEnumerable<Command> commands = root.Subcommands.Where(c => _command == root || Names(named, c) || c.Subcommands.Contains(_command))
            .Concat(_command.Subcommands).Prepend(root);
        IEnumerable<string> names = commands.Select(NameOf).Concat(_isPlugin ? [] : PluginOf(_command));
        return names.Distinct().Where(n => n != Name).Order(StringComparer.Ordinal).Select(n => $"{Roff.Bold(n)}({Section})")
            .Concat(HelpTopic.All.Where(t => _command == root || t.IsAbout(_command)).Select(ManTopic.NameOf).Order(StringComparer.Ordinal)
                .Select(n => $"{Roff.Bold(n)}({ManTopic.Section})"));
    }

    private static bool Names(string text, Command command) => Regex.IsMatch(text, $@"tcptracer {command.Name}\b");

    private static string[] PluginOf(Command command) =>
        command is RootCommand || Path(command).StartsWith(AsCommand, StringComparison.Ordinal) ? [Plugin] : [];

    private string Called(string text) => _isPlugin ? text.Replace(AsCommand, AsPlugin, StringComparison.Ordinal)
        : text.Replace(AsPlugin + " ", AsCommand + " ", StringComparison.Ordinal);

    /// <summary>What is typed as it stands has small letters.</summary>
    private static string MarkedUsage(string usage) => string.Join(' ', usage.Split(' ')
        .Select(w => w != "[options]" && w.Any(char.IsAsciiLetterLower) ? Roff.Bold(w) : Roff.Italic(w)));

    /// <summary>As the line of a list has it: without a capital and without a full stop.</summary>
    private static string AsPhrase(string words)
    {
        bool isWord = words is [_, var second, ..] && !char.IsAsciiLetterUpper(second);
        return (isWord ? char.ToLowerInvariant(words[0]) + words[1..] : words).TrimEnd('.');
    }

    private static string AsSentence(string words) => words.EndsWith('.') ? words : words + ".";
}
