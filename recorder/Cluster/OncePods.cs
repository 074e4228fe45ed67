
namespace TcpTracer.Recorder.Cluster;

/// <summary>
/// Agents for one run: a pod on each node. They belong to a ConfigMap, with which the cluster deletes them, and they end after a time by
/// themselves, so that they go even if this program is killed.
/// </summary>
/// <param name="api">The API server.</param>
/// <param name="manifest">What the pods are like.</param>
/// <param name="namespace">Where they run.</param>
public sealed class OncePods(ClusterApi api, AgentManifest manifest, string @namespace)
{
    /// <summary>The name of what is made for one run.</summary>
    public const string Name = "tcptracer-once";

    private const string Label = "tcptracer/run", Json = "application/json", Yaml = "application/yaml", Gone = "Succeeded Failed";
    private readonly string _run = $"{Random.Shared.Next():x8}";
    private readonly List<string> _made = [];
    private bool _hasNamespace;

    private string Core => $"/api/v1/namespaces/{@namespace}";

    /// <summary>The selector that finds the pods of this run.</summary>
    public string Labels => $"{Label}={_run}";

    /// <summary>Makes the pods.</summary>
    /// <param name="nodes">On which nodes.</param>
    /// <param name="lifetime">After which time they end, whatever happens.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task CreateAsync(IEnumerable<string> nodes, TimeSpan lifetime, CancellationToken cancellation)
    {
        var rollout = new AgentRollout(api, manifest);
        foreach (AgentManifest.ManifestObject space in manifest.Objects.Where(o => o.Kind == "Namespace"))
            _hasNamespace = await rollout.ApplyAsync(space, cancellation).ConfigureAwait(false);
        await DeleteLeftoversAsync(cancellation).ConfigureAwait(false);
        string owner = $"{Name}-{_run}";
        byte[] made = await api.SendAsync(HttpMethod.Post, $"{Core}/configmaps",
            $$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{owner}}","labels":{"app.kubernetes.io/name":"{{Name}}"} } }""",
            Json, cancellation).ConfigureAwait(false);
        _made.Add($"{Core}/configmaps/{owner}");
        string uid = ClusterApi.Parse(made, ClusterJson.Default.NamedObject)?.Metadata?.Uid ?? "";
        bool hasAccount = await api.GetAsync(
            $"{Core}/serviceaccounts/{AgentManifest.UsualName}", ClusterJson.Default.NamedObject,
                cancellation).ConfigureAwait(false) is not null;
        int number = 0;
        foreach (string node in nodes)
        {
            string name = $"{Name}-{_run}-{++number}";
            string pod = manifest.PodFor(name, node, Labels, (owner, uid), (long)Math.Ceiling(lifetime.TotalSeconds), hasAccount);
            _made.Add($"{Core}/pods/{name}");
            await api.SendAsync(HttpMethod.Post, $"{Core}/pods", pod, Yaml, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Deletes the pods that earlier runs have left: they have ended, but nobody has deleted what they belong to.</summary>
    private async Task DeleteLeftoversAsync(CancellationToken cancellation)
    {
        List<AgentPodObject> pods = await api.ListAsync($"{Core}/pods", $"app.kubernetes.io/name={Name}",
            ClusterJson.Default.ObjectListAgentPodObject, cancellation).ConfigureAwait(false);
        foreach (AgentPodObject pod in pods.Where(p => Gone.Split(' ').Contains(p.Status?.Phase)))
        {
            string run = pod.Metadata?.Labels?.GetValueOrDefault(Label) ?? "";
            await api.DeleteAsync($"{Core}/pods/{pod.Metadata?.Name}", cancellation).ConfigureAwait(false);
            if (run.All(char.IsAsciiHexDigitLower) && run.Length > 0)
                await api.DeleteAsync($"{Core}/configmaps/{Name}-{run}", cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Deletes everything that was made.</summary>
    /// <returns>What could not be deleted, and why; empty: nothing is left.</returns>
    public async Task<IReadOnlyList<(string Path, ClusterException Why)>> DeleteAsync(CancellationToken cancellation)
    {
        List<(string, ClusterException)> left = [];
        // The pods first: they cost something. They belong to the ConfigMap, which takes them along
        IEnumerable<string> all = [.. _made.Skip(1), .. _made.Take(1), .. _hasNamespace ? [Core] : Array.Empty<string>()];
        foreach (string path in all)
        {
            try
            {
                await api.DeleteAsync(path, cancellation).ConfigureAwait(false);
            }
            catch (ClusterException e)
            {
                left.Add((path, e));
            }
        }
        return left;
    }
}
