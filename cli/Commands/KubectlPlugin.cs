using System.CommandLine;
using TcpTracer.Cli.Linux;

namespace TcpTracer.Cli.Commands;

/// <summary>
/// The command line as kubectl hands it to the plug-in. <c>kubectl tcptracer</c> means <c>tcptracer cluster</c>. Commands that only
/// <c>tcptracer</c> has work as well, because whoever installs the plug-in has nothing else: <c>kubectl tcptracer show all.tct</c>.
/// </summary>
internal static class KubectlPlugin
{
    private const string Help = "help";

    /// <summary>The words as <c>tcptracer</c> takes them.</summary>
    public static string[] Words(string[] words)
    {
        if (!InvokedName.IsKubectlPlugin)
            return words;
        if (words is [WordCompletion.Request, .. var typed])
            return [WordCompletion.Request, .. Words(TcpTracerCommand.Create(), typed)];
        return Words(TcpTracerCommand.Create(), words);
    }

    private static string[] Words(RootCommand root, string[] words)
    {
        Command cluster = root.Subcommands.First(c => c.Name == ClusterCommand.Name);
        bool IsOfCluster(string word) => cluster.Subcommands.Any(c => c.Name == word);
        return words switch
        {
            [Help, .. var pages] when pages.All(p => IsOfCluster(p) || p.StartsWith('-')) => [Help, ClusterCommand.Name, .. pages],
            [var first, ..] when !IsOfCluster(first) && root.Subcommands.Any(c => c.Name == first) => words,
            ["--version"] => words,
            _ => [ClusterCommand.Name, .. words],
        };
    }
}
