namespace TcpTracer.Recorder.Cluster;

/// <summary>Makes the agents of a cluster, removes them, and tells how far that is.</summary>
/// <param name="api">The API server.</param>
/// <param name="manifest">What is made.</param>
public sealed class AgentRollout(ClusterApi api, AgentManifest manifest)
{
    private const string Apply = $"?fieldManager={AgentManifest.Manager}&force=true", ApplyPatch = "application/apply-patch+yaml";

    /// <summary>How far the agents are.</summary>
    /// <param name="Desired">Nodes on which one is to run.</param>
    /// <param name="Updated">Nodes on which one of this manifest was made.</param>
    /// <param name="Ready">Nodes on which one runs.</param>
    /// <param name="IsSeen">Whether the cluster has begun with this manifest.</param>
    public sealed record Progress(int Desired, int Updated, int Ready, bool IsSeen)
    {
        /// <summary>Whether all agents run.</summary>
        public bool IsDone => IsSeen && Updated >= Desired && Ready >= Desired;
    }

    /// <summary>Makes one object what the manifest says. A namespace that is there is left as it is.</summary>
    /// <returns>Whether anything was sent.</returns>
    public async Task<bool> ApplyAsync(AgentManifest.ManifestObject one, CancellationToken cancellation)
    {
        if (one.Kind == "Namespace" && await NamespaceAsync(one.Path, cancellation).ConfigureAwait(false) is not null)
            return false;
        await api.SendAsync(HttpMethod.Patch, one.Path + Apply, one.Yaml, ApplyPatch, cancellation).ConfigureAwait(false);
        return true;
    }

    /// <summary>Deletes one object. A namespace goes only if it was made here.</summary>
    /// <returns>Whether it was there and ours.</returns>
    public async Task<bool> DeleteAsync(AgentManifest.ManifestObject one, CancellationToken cancellation)
    {
        if (one.Kind == "Namespace" && await NamespaceAsync(one.Path, cancellation).ConfigureAwait(false) is not { IsOurs: true })
            return false;
        return await api.DeleteAsync(one.Path, cancellation).ConfigureAwait(false);
    }

    /// <summary>Whether the namespace is there, and whether it was made here; null: there is none.</summary>
    public async Task<(bool IsOurs, string Name)?> NamespaceAsync(string path, CancellationToken cancellation)
    {
        NamedObject? found = await api.GetAsync(path, ClusterJson.Default.NamedObject, cancellation).ConfigureAwait(false);
        return found is null ? null : (found.Metadata?.Labels?.GetValueOrDefault(AgentManifest.ManagedBy) == AgentManifest.Manager,
            found.Metadata?.Name ?? "");
    }

    /// <summary>How far the agents are; null: there is no DaemonSet.</summary>
    public async Task<Progress?> ProgressAsync(CancellationToken cancellation)
    {
        DaemonSetObject? set =
            await api.GetAsync(manifest.DaemonSetPath, ClusterJson.Default.DaemonSetObject, cancellation).ConfigureAwait(false);
        return set is null ? null : new Progress(
            set.Status?.DesiredNumberScheduled ?? 0, set.Status?.UpdatedNumberScheduled ?? 0, set.Status?.NumberReady ?? 0,
            set.Status?.ObservedGeneration >= set.Metadata?.Generation);
    }
}
