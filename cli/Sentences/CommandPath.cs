using System.CommandLine;

namespace TcpTracer.Cli.Sentences;

/// <summary>A command as it is typed: <c>tcptracer show</c>.</summary>
internal static class CommandPath
{
    /// <summary>With all commands that it is part of.</summary>
    public static string Of(Command command) => ClusterWords.AsCalled(Whole(command));

    private static string Whole(Command command) => command is RootCommand ? "tcptracer"
        : $"{(command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? Whole(parent) : "tcptracer")} {command.Name}";
}
