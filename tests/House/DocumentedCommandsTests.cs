using System.CommandLine;
using System.Text.RegularExpressions;
using TcpTracer.Cli.Commands;
using TcpTracer.Cli.Help;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>The program knows every command and option that a page or a help text names.</summary>
public sealed partial class DocumentedCommandsTests
{
    private static readonly HashSet<string> s_known = [.. Known(TcpTracerCommand.Create())];

    private static IEnumerable<string> Known(Command root) => TreeOf(root).SelectMany(c => c.Options).SelectMany(o =>
        o.Aliases.Append(o.Name));

    private static IEnumerable<Command> TreeOf(Command command) => command.Subcommands.SelectMany(TreeOf).Prepend(command);

    [Fact]
    public void EveryDocumentedCommandIsValid()
    {
        string[][] pages =
        [
            .. TreeOf(TcpTracerCommand.Create()).Select(c => HelpPage.PathOf(c).Split(' ').Skip(1).Append("--help").ToArray()),
            .. HelpTopic.All.Select(t => new[] { "help", t.Name }),
        ];
        string help = string.Concat(pages.Select(p => TcptracerProgram.Run(p).Output));
        Each.Of(CommandsIn(help), command => Assert.Empty(Misunderstood(command)));
        Each.Of(Document.All.SelectMany(d => CommandsIn(d.Code).Select(c => (d.Name, Command: c))),
            place => Assert.Empty(Misunderstood(place.Command)));
        // Prose may name a command without its arguments
        Each.Of(Document.All.SelectMany(d => d.Words.SelectMany(CommandsIn).Select(c => (d.Name, Command: c))),
            place => Assert.DoesNotContain(Misunderstood(place.Command), e => !e.Contains("equired", StringComparison.Ordinal)));
    }

    // not the lines of usage
    private static IEnumerable<string> CommandsIn(string text) => CommandLines().Matches(AsCommand(text)).Select(m => m.Groups[1].Value)
        .Where(c => !c.Contains("[options]", StringComparison.Ordinal) && !c.StartsWith("help COMMAND", StringComparison.Ordinal));

    /// <summary>The plug-in's commands under the name that the program itself has for them.</summary>
    private static string AsCommand(string text) => Regex.Replace(
        Regex.Replace(text, "kubectl tcptracer (?=show|summary|report)", "tcptracer "), "kubectl tcptracer", "tcptracer cluster");

    private static IEnumerable<string> Misunderstood(string command)
    {
        // Two blanks begin an explanation; after a pipe, a comment or a parenthesis another program begins
        string ours = command.StartsWith(' ') ? "" : command.Split("  ")[0];
        string[] words = [.. Words().Matches(ours).Select(w => w.Value.Trim('\'', '`', '"'))
            .TakeWhile(w => w is not ("|" or "||" or "&&" or "#" or ">" or "&" or ";"))];
        // record takes unknown words for its COMMAND
        IEnumerable<string> unknown = words.TakeWhile(w => w != "--").Select(w => OptionName().Match(w).Value)
            .Where(o => o.Length > 0 && !s_known.Contains(o));
        return TcpTracerCommand.Create().Parse(words).Errors.Select(e => $"{ours}: {e.Message}")
            .Concat(unknown.Select(o => $"{ours}: there is no {o}"));
    }

    [GeneratedRegex(@"^(?:.*[|(] ?|[$ ]*|.* -- |ssh \S+ |.*sudo )(?:\./)?tcptracer(?: (.*))?$", RegexOptions.Multiline)]
    private static partial Regex CommandLines();

    [GeneratedRegex(@"'[^']*'|""[^""]*""|[^ ')]+")]
    private static partial Regex Words();

    [Fact]
    public void EveryDocumentedOptionExists() =>
        Each.Of(Document.All.SelectMany(d => d.Words.Select(w => (d.Name, Option: OptionName().Match(w)))).Where(w => w.Option.Success),
            named => Assert.True(s_known.Contains(named.Option.Value), $"{named.Name} names {named.Option.Value}"));

    [GeneratedRegex("^--[a-z-]+")]
    private static partial Regex OptionName();
}
