using System.CommandLine;
using TcpTracer.Cli.Commands;
using TcpTracer.Cli.Help;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>
/// docs/man has a manual page for each command and topic, as the program makes them of the texts of its help. After an intended change,
/// TCPTRACER_UPDATE_DOCS=1 ./test -class '*ManPagesTests' writes them.
/// </summary>
public sealed class ManPagesTests
{
    private static readonly RootCommand s_root = TcpTracerCommand.Create();

    private static string Folder { get; } = Document.PathOf("docs/man");

    private static ManFile[] Pages { get; } = [.. ManPages.Of(s_root, s_root.Subcommands.First(c => c.Name == ClusterCommand.Name))];

    [Fact]
    public void PagesMatchTheProgram()
    {
        if (Document.IsUpdating)
        {
            Directory.CreateDirectory(Folder);
            Array.ForEach(Directory.GetFiles(Folder), File.Delete);
            Array.ForEach(Pages, p => File.WriteAllText(Path.Combine(Folder, p.Name), p.Text));
        }
        Assert.Equal(Pages.Select(p => p.Name).Order(StringComparer.Ordinal),
            Directory.GetFiles(Folder).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal));
        Each.Of(Pages, page => Assert.Equal(page.Text, File.ReadAllText(Path.Combine(Folder, page.Name))));
    }

    [Fact]
    public void ProgramPrintsThem()
    {
        string Page(string name) => Pages.Single(p => p.Name == name).Text;
        Assert.Equal(Page("tcptracer.1"), TcptracerProgram.Run("help", "--man").Output);
        Assert.Equal(Page("tcptracer-record.1"), TcptracerProgram.Run("help", "record", "--man").Output);
        Assert.Equal(Page("tcptracer-cluster-status.1"), TcptracerProgram.Run("help", "--man", "cluster", "status").Output);
        Assert.Equal(Page("tcptracer-output.7"), TcptracerProgram.Run("help", "output", "--man").Output);
        Assert.Equal(Page("kubectl-tcptracer.1"), Shell.Run("(exec -a kubectl-tcptracer $TCPTRACER help --man)").Output);
    }

    /// <summary>mandoc is the strictest reader of manual pages.</summary>
    [Fact]
    public void NothingInThemIsWrong() =>
        Assert.Equal("", Shell.Run("cd \"$1\"; mandoc -T lint -W warning * || true", Folder).Output);

    /// <summary>What is copied from a page is what was meant: no dash, quote, dot or backslash became something else.</summary>
    [Fact]
    public void WhatIsTypedStandsThereAsItIsTyped() => Each.Of(TreeOf(s_root), command =>
    {
        string file = Path.Combine(Folder, ManPage.NameOf(command) + ".1");
        string page = Shell.Run("mandoc -T utf8 -O width=300 \"$1\" | col -bx", file).Output;
        IEnumerable<string> typed = HelpText.Rows(HelpPage.ExamplesOf(command)).Select(r => r.Term)
            .Concat(HelpPage.OptionsOf(command).Select(o => string.Join(", ", HelpPage.NamesOf(o))))
            .Concat(HelpPage.OptionsOf(command).Select(o => o.Description!)).Concat(HelpPage.UsageOf(command));
        Each.Of(typed, text => Assert.Contains(text, page, StringComparison.Ordinal));
    });

    private static IEnumerable<Command> TreeOf(Command command) => command.Subcommands.SelectMany(TreeOf).Prepend(command);

    /// <summary>The characters that mean something to troff, at the places where they do.</summary>
    [Fact]
    public void NothingIsTakenForARequest()
    {
        using var folder = new TemporaryFolder();
        const string odd = @".TH 'a' \fB x.y -- ""quoted"" ^~ `code` C:\n";
        string file = folder.File("odd.1");
        File.WriteAllText(file, new Roff("odd", 1, "Tests").Section("NAME").NameLine("odd", "strange").Section("TEXT").Paragraph(odd)
            .Paragraph(".").Paragraph("'br").Entry(Roff.Bold(".PP"), "'" + odd).ToString());
        string text = Shell.Run("mandoc -T utf8 -O width=300 \"$1\" | col -bx; mandoc -T lint -W warning \"$1\"", file).Output;
        string plain = odd.Replace("`", "", StringComparison.Ordinal);
        string[] lines = [.. text[text.IndexOf("TEXT\n", StringComparison.Ordinal)..].Split('\n').Skip(1)
            .SelectMany(l => l.Split("    ", StringSplitOptions.RemoveEmptyEntries)).Select(l => l.Trim()).Where(l => l.Length > 0)];
        Assert.Equal([plain, ".", "'br", ".PP", "'" + plain], lines.Take(5));
        Assert.DoesNotContain("WARNING", text, StringComparison.Ordinal);
    }
}
