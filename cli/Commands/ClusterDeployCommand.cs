using System.CommandLine;

namespace TcpTracer.Cli.Commands;

/// <summary>Starts and removes agents, and tells how they do.</summary>
internal static class ClusterDeployCommand
{
    public static IEnumerable<Command> CreateAll() => [];
}
