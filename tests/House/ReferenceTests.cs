using System.CommandLine;
using System.Reflection;
using System.Text.RegularExpressions;
using TcpTracer.Cli;
using TcpTracer.Cli.Commands;
using TcpTracer.Cli.Help;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Text;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>
/// docs/reference is complete: its tables of options and fields are generated, and its other tables have everything that the source has.
/// After an intended change, TCPTRACER_UPDATE_DOCS=1 ./test -class '*ReferenceTests' writes the generated tables.
/// </summary>
public sealed class ReferenceTests
{
    private static readonly Document s_options = new("docs/reference/options.md"), s_fields = new("docs/reference/fields.md"),
    s_exitCodes = new("docs/reference/exit-codes.md"),
        s_commands = new("docs/reference/commands.md");

    [Fact]
    public void TablesOfOptionsMatchTheProgram() => s_options.Hold("options", Options());

    private static string Options()
    {
        RootCommand root = TcpTracerCommand.Create();
        var all = TreeOf(root)
            .SelectMany(c => c.Options.Select(o => (Command: o.Recursive ? "every command" : c == root ? "live" : NameOf(c), Option: o)))
            .Where(o => !o.Option.Hidden && o.Option.Name is not ("--help" or "--version"))
            .GroupBy(o => (Names: NamesOf(o.Option), o.Option.Description), o => o.Command)
            .Select(o => (o.Key.Names, o.Key.Description, Commands: And([.. o])));
        Assert.True(all.Count() > 40);
        return string.Concat(all.GroupBy(o => o.Commands).Select(group => $"### {group.Key}\n\n| option | what it does |\n|---|---|\n"
            + string.Concat(group.Select(o => $"| {o.Names} | {Cell(o.Description)} |\n")) + "\n"));
    }

    private static IEnumerable<Command> TreeOf(Command command) => command.Subcommands.SelectMany(TreeOf).Prepend(command);

    /// <summary>As it is typed behind the name of the program.</summary>
    private static string NameOf(Command command) => HelpPage.PathOf(command)["tcptracer ".Length..];

    private static string NamesOf(Option option)
    {
        string value = option.ValueType == typeof(bool) ? "" : $" {Cell(option.HelpName ?? "VALUE")}";
        return string.Join(", ", option.Aliases.Append(option.Name).OrderBy(n => n.Length).ThenBy(n => n, StringComparer.Ordinal)
            .Select(n => $"`{n}{(n == option.Name ? value : "")}`"));
    }

    private static string And(IReadOnlyList<string> names) =>
        names.Count == 1 ? names[0] : $"{string.Join(", ", names.SkipLast(1))} and {names[^1]}";

    private static string Cell(string? text) =>
        (text ?? "").Replace("|", "\\|", StringComparison.Ordinal).Replace("*", "\\*", StringComparison.Ordinal);

    [Fact]
    public void TableOfFieldsMatchesTheProgram() =>
        s_fields.Hold("fields", FieldTableOf(Fields.All, f => In(f, Fields.Columns, Fields.Wide, Fields.Json)));

    [Fact]
    public void TableOfConnectionFieldsMatchesTheProgram()
    {
        FieldSet of = ConnectionFields.OfConnections;
        s_fields.Hold("connection fields",
            FieldTableOf(of.All.Where(f => !FieldsCommand.IsOfEvents(f)), f => In(f, of.Columns, of.Wide, of.Json)));
    }

    private static string FieldTableOf(IEnumerable<Field> fields, Func<Field, string> shownIn) =>
        "| field | JSON key | in | unit | meaning |\n|---|---|---|---|---|\n"
            + string.Concat(fields.Select(f => $"| `{f.Name}` | `{f.JsonKey}` | {shownIn(f)} | {f.Unit} | {Cell(f.Meaning)} |\n"));

    private static string In(Field field, IReadOnlyList<Field> columns, IReadOnlyList<Field> wide, IReadOnlyList<Field> json) =>
        string.Join(", ", new[] { (columns, "columns"), (wide, "wide"), (json, "json") }
            .Where(s => s.Item1.Contains(field)).Select(s => s.Item2));

    [Fact]
    public void TablesOfTheEnvironmentMatchTheProgram()
    {
        var page = new Document("docs/reference/environment.md");
        page.Hold("variables", TableOf("variable", Surroundings.Variables));
        page.Hold("files", TableOf("file", Surroundings.Files));
    }

    private static string TableOf(string what, IEnumerable<Surroundings> rows) =>
        $"| {what} | what it does |\n|---|---|\n" + string.Concat(rows.Select(r => $"| `{r.Name}` | {Cell(r.Meaning)} |\n"));

    public static TheoryData<string, string> Topics { get; } =
        [.. HelpTopic.All.Select(t => new TheoryDataRow<string, string>(t.Name, t.Name == "times" ? "files" : t.Name))];

    /// <summary>A term that a help topic and its page explain means the same in both; the page may say more.</summary>
    [Theory, MemberData(nameof(Topics))]
    public void PagesBeginWithTheWordsOfTheHelpTopics(string topic, string page)
    {
        Dictionary<string, string> inHelp = HelpText.Rows(HelpTopic.All.Single(t => t.Name == topic).Page(1000))
            .Where(r => r.Meaning.Length > 0).ToDictionary(r => r.Term, r => Plain(r.Meaning));
        (string Term, string Meaning)[] onPage = [
            .. Regex.Matches(new Document($"docs/reference/{page}.md").Text, @"^\| (.+?) \| (.+) \|$", RegexOptions.Multiline)
            .Select(m => (Plain(m.Groups[1].Value), Plain(m.Groups[2].Value))).Where(r => inHelp.ContainsKey(r.Item1))];
        Assert.True(onPage.Length > 2, $"{page} has {onPage.Length} rows of the topic");
        Each.Of(onPage, r => Assert.StartsWith(inHelp[r.Term], r.Meaning, StringComparison.Ordinal));
    }

    private static string Plain(string markdown) =>
        Regex.Replace(markdown.Replace("`", "", StringComparison.Ordinal), @"\[(.+?)\]\(.+?\)", "$1");

    [Fact]
    public void EveryCommandIsExplained()
    {
        string text = s_commands.Text;
        Each.Of(TreeOf(TcpTracerCommand.Create()), c => Assert.Contains($"| `{HelpPage.PathOf(c)}", text, StringComparison.Ordinal));
    }

    [Fact]
    public void EveryFieldValueIsExplained()
    {
        string text = s_fields.Text;
        Each.Of(EventWords.Reasons.Concat(EventWords.WrittenAttributions).Concat(OperationNames.All),
            w => Assert.Contains($"| `{w}` |", text, StringComparison.Ordinal));
        Each.Of(Enum.GetValues<Operation>(),
            o => Assert.Contains($"| `{OperationNames.NameOf(o)}` | {OperationNames.LetterOf(o)} |", text, StringComparison.Ordinal));
    }

    [Fact]
    public void TableOfExitCodesMatchesTheSource()
    {
        IEnumerable<int> inSource = typeof(ExitCode).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(f => (int)f.GetRawConstantValue()!).Order();
        Assert.Equal(inSource,
            Regex.Matches(s_exitCodes.Text, @"^\| (\d+) \|", RegexOptions.Multiline).Select(m => int.Parse(m.Groups[1].Value)).Order());
        string help = TcptracerProgram.Run("help", "exit-codes").Output;
        Each.Of(inSource, code => Assert.Matches($@"(?m)^  {code} +[a-zA-Z]", help));
    }
}
