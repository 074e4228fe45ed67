using System.CommandLine;
using System.Text.RegularExpressions;
using TcpTracer.Cli.Commands;
using TcpTracer.Cli.Help;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>
/// <c>--help</c>, <c>-h</c> and <c>tcptracer help</c>: complete, in groups, no wider than the terminal, with examples that run.
/// </summary>
public sealed partial class HelpTests : IDisposable
{
    private const int MostCommonOptions = 22;

    private readonly TemporaryFolder _folder = new();

    private static Command[] Commands { get; } = [.. TreeOf(TcpTracerCommand.Create())];

    private static IEnumerable<Command> TreeOf(Command command) => command.Subcommands.SelectMany(TreeOf).Prepend(command);

    /// <summary>As it is typed behind the name of the program.</summary>
    private static string[] WordsOf(Command command) => [.. HelpPage.PathOf(command).Split(' ').Skip(1)];

    private static string Page(Command command, int width = 80, bool isShort = false) => new HelpPage(command, width).Write(isShort);

    [Fact]
    public void EveryOptionIsInOneGroup() => Each.Of(Commands, command =>
    {
        Option[] options = [.. HelpPage.OptionsOf(command)];
        IEnumerable<Option> grouped = OptionGroup.All.SelectMany(g => g.Of(options));
        Assert.Equal(options.Select(o => o.Name).Order(), grouped.Select(o => o.Name).Order());
        Each.Of(options, o => Assert.Single(Page(command).Split('\n'), l => Regex.IsMatch(l, $@"^  (-\w, |    ){o.Name}( |$)")));
    });

    [Fact]
    public void EveryGroupHasOnlyExistingOptions() => Each.Of(
        OptionGroup.All.SelectMany(g => g.Options.Select(o => g with { Options = [o] })),
        group => Assert.True(Commands.Any(c => group.Of([.. HelpPage.OptionsOf(c)]).Any()), group.Options[0]));

    [Fact]
    public void CommonOptionsComeFirstAndFitOnAScreen()
    {
        Assert.Equal(OptionGroup.All.OrderByDescending(g => g.IsCommon), OptionGroup.All);
        Each.Of(Commands, command =>
        {
            Option[] options = [.. HelpPage.OptionsOf(command)];
            Option[] common = [.. OptionGroup.All.Where(g => g.IsCommon).SelectMany(g => g.Of(options))];
            Assert.InRange(common.Length, 0, MostCommonOptions);
            Assert.Equal(common.Length, Page(command, isShort: true).Split('\n').Count(l => OptionLine().IsMatch(l)));
        });
    }

    [GeneratedRegex("^  (-.|   ).*--[a-z]")]
    private static partial Regex OptionLine();

    [Theory]
    [InlineData(80)]
    [InlineData(100)]
    [InlineData(120)]
    public void NoLineIsWiderThanTheTerminal(int width)
    {
        IEnumerable<string> pages = Commands.SelectMany(c => new[] { Page(c, width), Page(c, width, isShort: true) })
            .Concat(HelpTopic.All.Select(t => t.Page(width)));
        Each.Of(pages.SelectMany(p => p.Split('\n')), line => Assert.True(line.Length <= width && line == line.TrimEnd(), line));
    }

    [Fact]
    public void HelpHasTheWidthOfTheTerminal()
    {
        Assert.Equal(Page(Commands[0]), Shell.Run("unset COLUMNS; tcptracer --help").Output);
        Assert.Equal(Page(Commands[0], 120), Shell.Run("COLUMNS=120 tcptracer --help").Output);
        Assert.Equal(Page(Commands[0], 120), Shell.Run("COLUMNS=9999 tcptracer --help").Output);
        Assert.Equal(Page(Commands[0], 100), Shell.Run("unset COLUMNS; script -qec \"stty cols 100; $TCPTRACER --help\" /dev/null")
            .Output.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void HelpCommandPrintsTheHelp()
    {
        Assert.Equal(TcptracerProgram.Run("--help").Output, TcptracerProgram.Run("help").Output);
        Each.Of(Commands, c => Assert.Equal(Page(c), TcptracerProgram.Run([.. WordsOf(c), "--help"]).Output));
        Each.Of(Commands, c => Assert.Equal(Page(c), TcptracerProgram.Run(["help", .. WordsOf(c)]).Output));
        Each.Of(HelpTopic.All, t => Assert.Equal(t.Page(80), TcptracerProgram.Run("help", t.Name).Output));
        Each.Of(HelpTopic.All, t => Assert.Contains($"tcptracer help {t.Name}  ", Page(Commands[0]), StringComparison.Ordinal));
        RunResult wrong = TcptracerProgram.Run("help", "selektion");
        Assert.Equal(2, wrong.ExitCode);
        Assert.StartsWith("tcptracer: help page 'selektion' is not known; did you mean 'selection'?", wrong.Errors,
            StringComparison.Ordinal);
    }

    private static string[] AllExamples { get; } = [.. Commands.Select(HelpPage.ExamplesOf)
        .Concat(HelpTopic.All.Select(t => t.Page(120))).SelectMany(HelpText.Rows).Select(r => r.Term)];

    public static TheoryData<string> Examples { get; } = [.. AllExamples.Where(IsForBash).Distinct()];

    /// <summary>Whether a term is a command line for bash on this machine.</summary>
    private static bool IsForBash(string term) =>
        Regex.IsMatch(term, @"(^|[|(] ?|sudo )tcptracer") && !term.StartsWith("ssh ", StringComparison.Ordinal)
            && !term.EndsWith("| source", StringComparison.Ordinal)
            && !term.StartsWith("tcptracer cluster", StringComparison.Ordinal) && !term.StartsWith("kubectl ", StringComparison.Ordinal);

    [Fact]
    public void EveryCommandHasAnExample() =>
        Each.Of(Commands, command =>
            Assert.Contains(AllExamples, e => Regex.IsMatch(e, $@"(^|^sudo |\(| -- ){HelpPage.PathOf(command)}\b")));

    /// <summary>A recording ends after its first moment. trace.tct is the trace of examples/.</summary>
    [RecordingTheory, MemberData(nameof(Examples))]
    public void EveryExampleRuns(string example)
    {
        string command = Regex.Replace(example, "curl (-s )?URL$", "true").Replace("sudo ", "", StringComparison.Ordinal);
        if (command.Contains("--duration", StringComparison.Ordinal))
            command = Regex.Replace(command, "--duration [^ ]+", "--duration 1ms");
        else if (Regex.IsMatch(command, "^tcptracer( -| record| agent|$)"))
            command = Regex.Replace(command, "^tcptracer( record| agent)?", "$0 --duration 1ms --no-kubernetes");
        if (Regex.IsMatch(command, "^tcptracer top( -[^ ]+)*$")) // a screen of what happens now
            command = $"TERM=xterm script -qec '{TcptracerProgram.Path}{command[9..]} --duration 1ms --no-kubernetes' /dev/null";
        RunResult run = Shell.Run($"""
            set -e; cd $1; cp $2/examples/shop.tct trace.tct; cp trace.tct node-1.tct; cp trace.tct node-2.tct
            head -c 32 /dev/urandom > my.key
            gzip -k trace.tct; zstd -q trace.tct; xz -k trace.tct
            {(command.Contains("--prove", StringComparison.Ordinal) ? "tcptracer redact trace.tct -o copy.tct" : "")}
            set -o pipefail; {command}
            """, _folder.Path, TcptracerProgram.Repository);
        Assert.True(run.ExitCode == 0, $"{command}: {run.ExitCode}: {run.Errors}");
    }

    public void Dispose() => _folder.Dispose();
}
