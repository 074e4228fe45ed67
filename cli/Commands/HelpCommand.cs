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
        var page = new Argument<string[]>("PAGE")
        {
            Description = $"A command, or one of {string.Join(", ", HelpTopic.All.Select(t => t.Name))}",
            Arity = new ArgumentArity(0, 2), // cluster record
            CustomParser = result => [.. result.Tokens.Select(t => t.Value)],
        };
        var asManual = new Option<bool>("--man") { Description = "As a manual page, which man and groff read" };
        page.CompletionSources.Add([.. Known(root), .. HelpTopic.All.Select(t => t.Name)]);
        var help = new DocumentedCommand("help", "Explain a command or a topic", """
              tcptracer help record             the options of record, with examples
              tcptracer help selection          what selects events, and the filter language
              tcptracer help output             how to read a line
              tcptracer help record --man | man -l -    where no manual pages are installed
            """) { page, asManual };
        help.SetAction(parsed =>
        {
            Console.Out.Write(PageOf(root, parsed.GetValue(page) ?? [], parsed.GetValue(asManual)));
            return ExitCode.Done;
        });
        return help;
    }

    private static IEnumerable<string> Known(Command command) => command.Subcommands.Select(c => c.Name);

    private static string PageOf(RootCommand root, string[] names, bool asManual)
    {
        if (names is [var name] && HelpTopic.All.FirstOrDefault(t => t.Name == name) is { } topic)
            return asManual ? ManTopic.Of(topic, root).Text : topic.Page(Terminal.Width);
        Command command = root;
        foreach (string word in names)
            command = command.Subcommands.FirstOrDefault(c => c.Name == word) ?? throw UnknownPage(word, command);
        if (!asManual)
            return new HelpPage(command, Terminal.Width).Write(isShort: false);
        bool isPlugin = InvokedName.IsKubectlPlugin && command.Name == ClusterCommand.Name;
        return (isPlugin ? ManPage.OfPlugin(command) : ManPage.Of(command)).Text;
    }

    private static SelectionException UnknownPage(string word, Command above)
    {
        string[] known = [.. Known(above), .. above is RootCommand ? HelpTopic.All.Select(t => t.Name) : []];
        return SelectionException.UnknownName("help page", word, known,
            known.Length == 0 ? "that command has no commands of its own" : $"known: {string.Join(", ", known)}");
    }
}
