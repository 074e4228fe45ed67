using System.Collections.Immutable;
using TcpTracer.Formats.Values;

namespace TcpTracer.Recorder.Workloads;

/// <summary>A file, directory or socket that is opened again later: by its path, and whether it is written to.</summary>
public readonly record struct ReopenedFile(string Path, bool IsWritten);

/// <summary>Something that knows names: the Kubernetes API, a container runtime.</summary>
public interface IWorkloadSource
{
    /// <summary>What it is and where, for people: <c>Kubernetes API at https://10.0.0.1:6443</c>.</summary>
    string Description { get; }

    /// <summary>The Kubernetes namespace that its user works in; null: it has no such thing.</summary>
    string? Namespace => null;

    /// <summary>What it opens again while it runs.</summary>
    IReadOnlyList<ReopenedFile> Reopened => [];

    /// <summary>Whether it knows this machine's pods and no others.</summary>
    bool IsLocal => false;

    /// <summary>Reports what it knows, then every change, and lives through every failure, until cancelled.</summary>
    Task RunAsync(IWorkloadReceiver receiver, CancellationToken cancellation);

    /// <summary>
    /// Asks at once who a container is, because a process in it was seen that nobody has named yet, and reports that; returns when it has.
    /// </summary>
    Task LookUpAsync(string containerId, string podUid, IWorkloadReceiver receiver, CancellationToken cancellation);
}

/// <summary>Takes what sources report. From any thread; each report replaces what the same source said of the same thing.</summary>
public interface IWorkloadReceiver
{
    /// <summary>Everything that a source knows: what it said before and is not in here is gone.</summary>
    void OnPods(IWorkloadSource source, IReadOnlyCollection<SeenPod> all);

    /// <summary>One pod is new or has changed.</summary>
    void OnPod(IWorkloadSource source, SeenPod pod);

    /// <summary>One pod is gone.</summary>
    void OnPodGone(IWorkloadSource source, string uid);

    /// <summary>All services with cluster addresses.</summary>
    void OnServices(IWorkloadSource source, IReadOnlyCollection<SeenService> all);

    /// <summary>One service is new or has changed; without addresses: gone.</summary>
    void OnService(IWorkloadSource source, SeenService service);

    /// <summary>All nodes.</summary>
    void OnNodes(IWorkloadSource source, IReadOnlyCollection<SeenNode> all);

    /// <summary>One node is new or has changed; without addresses: gone.</summary>
    void OnNode(IWorkloadSource source, SeenNode node);

    /// <summary>The first full answer is in: from here on it knows what there is.</summary>
    void OnSynced(IWorkloadSource source);

    /// <summary>It does not answer, or not all: one clear sentence with the remedy. It keeps trying.</summary>
    void OnTrouble(IWorkloadSource source, string sentence);

    /// <summary>It was found, but names nothing, and that is in order, as a containerd that only serves Docker: noted, not said aloud.</summary>
    void OnNothingToAsk(IWorkloadSource source, string why) => OnSynced(source);

    /// <summary>It answers again after a trouble.</summary>
    void OnRecovered(IWorkloadSource source);
}

/// <summary>A service as a source describes it now.</summary>
/// <param name="Uid">Of the API object.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Addresses">Its cluster addresses; without <c>None</c> of headless ones.</param>
/// <param name="SinceWallNs">When it was made, in wall time.</param>
public sealed record SeenService(string Uid, string Namespace, string Name, ImmutableArray<Address> Addresses, long? SinceWallNs);

/// <summary>A node as a source describes it now.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Addresses">Its internal and external addresses.</param>
/// <param name="BootId">The boot id that it reports: equal to ours, it is this machine.</param>
/// <param name="SinceWallNs">When it joined, in wall time.</param>
public sealed record SeenNode(string Name, ImmutableArray<Address> Addresses, string BootId, long? SinceWallNs);
