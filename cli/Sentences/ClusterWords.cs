using TcpTracer.Cli.Linux;

namespace TcpTracer.Cli.Sentences;

/// <summary>How the commands for a cluster are called: as a plug-in of kubectl they have another name, of the same length.</summary>
internal static class ClusterWords
{
    private const string AsCommand = "tcptracer cluster", AsPlugin = "kubectl tcptracer";

    /// <summary>A text in which the commands have the name by which we were called.</summary>
    public static string AsCalled(string text) =>
        InvokedName.IsKubectlPlugin ? text.Replace(AsCommand, AsPlugin, StringComparison.Ordinal) : text;

    /// <summary>The command, as it is typed.</summary>
    public static string Command => AsCalled(AsCommand);

    /// <summary>A subcommand, as a sentence names it.</summary>
    public static string Call(string subcommand) => $"`{Command} {subcommand}`";
}
