using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Filter;
using TcpTracer.Recorder.Cluster;

namespace TcpTracer.Cli.Handlers.Cluster;

/// <summary>Finds the agents that a command reads.</summary>
internal static class AgentsOf
{
    /// <summary>Runs an action with the agents.</summary>
    /// <param name="api">The API server.</param>
    /// <param name="request">Where they are.</param>
    /// <param name="nodes">Which nodes are wanted.</param>
    /// <param name="duration">How long the command runs; null: until somebody ends it.</param>
    /// <param name="action">Returns an exit code.</param>
    public static int Run(ClusterApi api, ClusterRequest request, NameList nodes, TimeSpan? duration, Func<Agents, int> action)
    {
        ClusterTarget.Require(api, "reading the agents", ClusterTarget.ToRead(request.AgentNamespace));
        return action(new Agents(api, request.AgentNamespace, Agents.DaemonSetLabels));
    }
}
