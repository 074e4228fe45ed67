namespace TcpTracer.Recorder.Cluster;

/// <summary>A node of the cluster.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsReady">Whether pods can run there.</param>
/// <param name="IsLinux">Whether it runs Linux, as far as its labels tell.</param>
public sealed record ClusterNode(string Name, bool IsReady, bool IsLinux)
{
    /// <summary>Lists all nodes.</summary>
    public static async Task<IReadOnlyList<ClusterNode>> ListAsync(ClusterApi api, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(api);
        List<ClusterNodeObject> nodes = await api.ListAsync(
            "/api/v1/nodes", "", ClusterJson.Default.ObjectListClusterNodeObject, cancellation).ConfigureAwait(false);
        return [.. nodes.Select(Of).Where(n => n.Name.Length > 0).OrderBy(n => n.Name, StringComparer.Ordinal)];
    }

    private static ClusterNode Of(ClusterNodeObject node) => new(
        node.Metadata?.Name ?? "",
        node.Status?.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) == true,
        (node.Metadata?.Labels?.GetValueOrDefault("kubernetes.io/os") ?? "linux") == "linux");
}
