using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Filter;
using TcpTracer.Recorder.Cluster;

namespace TcpTracer.Cli.Handlers.Cluster;

/// <summary>The cluster that was asked for, and what has to be allowed there.</summary>
internal static class ClusterTarget
{
    /// <summary>Finds the API server.</summary>
    public static ClusterApi Find(ClusterRequest request) => ClusterApi.Find(request.Sources);

    /// <summary>Does something with the API server. A refusal becomes one sentence.</summary>
    public static T With<T>(ClusterApi api, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (ClusterException e)
        {
            throw new UserException(ClusterFailure.Of(e, api), ExitCode.Failed);
        }
    }

    /// <summary>The permissions of whoever reads the agents of a namespace.</summary>
    public static IReadOnlyList<ClusterAccess> ToRead(string @namespace) =>
    [
        new("list", "pods", @namespace),
        // A WebSocket begins as a GET; since 1.35 the server asks for create as well, as it always has for other clients
        new("get", "pods", @namespace) { Subresource = "exec" },
        new("create", "pods", @namespace) { Subresource = "exec" },
    ];

    /// <summary>Asks beforehand whether all of it is allowed.</summary>
    /// <exception cref="UserException">Something is not.</exception>
    public static void Require(ClusterApi api, string what, IReadOnlyList<ClusterAccess> needed)
    {
        ClusterAccess[] refused = [.. needed.Where(a => !api.MayAsync(a, CancellationToken.None).GetAwaiter().GetResult())];
        if (refused.Length > 0)
            throw ClusterFailure.Refused(refused, what, api);
    }

    /// <summary>Which nodes are wanted.</summary>
    public static NameList Nodes(Selection selection) => new("--node", selection.Node);

    /// <summary>The selection as each agent gets it: the nodes are chosen here.</summary>
    public static IEnumerable<string> Options(Selection selection) => (selection with { Node = null }).Arguments;
}
