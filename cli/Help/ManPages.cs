using System.CommandLine;

namespace TcpTracer.Cli.Help;

/// <summary>All manual pages.</summary>
internal static class ManPages
{
    /// <summary>One for each command, one for the plug-in of kubectl, one for each topic.</summary>
    /// <param name="root">It has all commands.</param>
    /// <param name="plugin">The command that is the plug-in.</param>
    public static IEnumerable<ManFile> Of(RootCommand root, Command plugin) =>
    [
        .. TreeOf(root).Select(ManPage.Of), ManPage.OfPlugin(plugin), .. HelpTopic.All.Select(t => ManTopic.Of(t, root)),
    ];

    private static IEnumerable<Command> TreeOf(Command command) => command.Subcommands.SelectMany(TreeOf).Prepend(command);
}
