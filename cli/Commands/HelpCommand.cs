using System.CommandLine;
using TcpTracer.Cli.Help;
using TcpTracer.Cli.Linux;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Cli.Commands;

internal static class HelpCommand
{
    /// <param name="root">It has all other commands already.</param>
    public static Command Create(RootCommand root)
    {
        var page = new Argument<string?>("PAGE")
        {
            Description = $"A command, or one of {string.Join(", ", HelpTopic.All.Select(t => t.Name))}",
            Arity = ArgumentArity.ZeroOrOne,
        };
        string[] known = [.. root.Subcommands.Select(c => c.Name), .. HelpTopic.All.Select(t => t.Name)];
        page.CompletionSources.Add(known);
        var help = new DocumentedCommand("help", "Explain a command or a topic", """
              tcptracer help record       the options of record, with examples
              tcptracer help selection    what selects events, and the filter language
              tcptracer help output       how to read a line
            """) { page };
        help.SetAction(parsed =>
        {
            Console.Out.Write(PageOf(root, parsed.GetValue(page), known));
            return ExitCode.Done;
        });
        return help;
    }

    private static string PageOf(RootCommand root, string? name, string[] known)
    {
        if (HelpTopic.All.FirstOrDefault(t => t.Name == name) is { } topic)
            return topic.Page(Terminal.Width);
        Command? command = name is null ? root : root.Subcommands.FirstOrDefault(c => c.Name == name);
        return command is not null ? new HelpPage(command, Terminal.Width).Write(isShort: false)
            : throw SelectionException.UnknownName("help page", name!, known, $"known: {string.Join(", ", known)}");
    }
}
