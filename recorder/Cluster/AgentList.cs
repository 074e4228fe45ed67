namespace TcpTracer.Recorder.Cluster;

/// <summary>The agents of a cluster: the pods of the DaemonSet, or those of one run.</summary>
/// <param name="api">The API server.</param>
/// <param name="namespace">Their namespace.</param>
/// <param name="labels">The selector that finds them.</param>
public sealed class AgentList(ClusterApi api, string @namespace, string labels)
{
    /// <summary>The label of the pods of the DaemonSet.</summary>
    public const string DaemonSetLabels = "app.kubernetes.io/name=tcptracer";

    /// <summary>Their namespace.</summary>
    public string Namespace => @namespace;

    /// <summary>Lists them, by the names of their nodes.</summary>
    public async Task<IReadOnlyList<AgentPod>> ListAsync(CancellationToken cancellation)
    {
        List<AgentPodObject> pods = await api.ListAsync(
            $"/api/v1/namespaces/{@namespace}/pods", labels, ClusterJson.Default.ObjectListAgentPodObject,
                cancellation).ConfigureAwait(false);
        return [.. pods.Select(AgentPod.Of).Where(p => p.Name.Length > 0)
            .OrderBy(p => p.Node, StringComparer.Ordinal).ThenBy(p => p.Name, StringComparer.Ordinal)];
    }
}
