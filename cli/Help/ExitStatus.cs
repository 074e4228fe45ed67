using System.CommandLine;

namespace TcpTracer.Cli.Help;

/// <summary>What the page of exit codes says about one command.</summary>
/// <param name="command">The command.</param>
internal sealed class ExitStatus(Command command)
{
    private const string ExitsAsDiff = "diff"; // the prose says how

    private static readonly HelpBlock[] s_page = [.. HelpBlock.Of(HelpTopic.All.First(t => t.Name == "exit-codes").Text)];

    /// <summary>The codes with which it may exit.</summary>
    public IEnumerable<HelpText.Row> Codes => command.Name == ExitsAsDiff ? []
        : s_page.OfType<HelpBlock.Table>().First().Rows.Where(r => IsPossible(int.Parse(r.Term)));

    /// <summary>Paragraphs that name the command.</summary>
    public IEnumerable<string> Prose => s_page.OfType<HelpBlock.Prose>().Select(p => p.Words)
        .Where(w => w.Contains($"`{command.Name}`", StringComparison.Ordinal) || w.Contains($"`{command.Name} ", StringComparison.Ordinal));

    /// <summary>Signals and what they do, for commands that record; else empty.</summary>
    public IEnumerable<HelpText.Row> Signals => !Has("--rotate-size") ? []
        : s_page.SkipWhile(b => b is not HelpBlock.Heading { Words: "SIGNALS" }).OfType<HelpBlock.Table>().First().Rows;

    private bool IsPossible(int code) => code switch
    {
        ExitCode.LostOrDamaged => Has("--fail-on-loss") || Has("--output FILE") || command.Arguments.Any(a => a.Name == "FILE"),
        ExitCode.CannotRecord => Has("--buffer-size") || command.Name == "doctor",
        ExitCode.CommandNotExecutable or ExitCode.CommandNotFound => command.Arguments.Any(a => a.Name == "COMMAND"),
        _ => true,
    };

    private bool Has(string option) => command.Options.Any(o => o.Name == option || $"{o.Name} {o.HelpName}" == option);
}
