using System.Collections.Immutable;
using TcpTracer.Formats.Values;

namespace TcpTracer.Recorder.Workloads;

/// <summary>A file, directory or socket that is opened again later.</summary>
/// <param name="Path">Its path.</param>
/// <param name="IsWritten">Whether it is written to.</param>
public readonly record struct ReopenedFile(string Path, bool IsWritten);

/// <summary>A source of names: the Kubernetes API, a container runtime.</summary>
public interface IWorkloadSource
{
    /// <summary>For people, what it is and where: <c>Kubernetes API at https://10.0.0.1:6443</c>.</summary>
    string Description { get; }

    /// <summary>The Kubernetes namespace that its user works in; null: it has none.</summary>
    string? Namespace => null;

    /// <summary>The files that it opens again while it runs.</summary>
    IReadOnlyList<ReopenedFile> Reopened => [];

    /// <summary>Whether it knows this machine's pods and no others.</summary>
    bool IsLocal => false;

    /// <summary>Reports what it knows, then every change, until cancelled. After a failure it tries again.</summary>
    Task RunAsync(IWorkloadReceiver receiver, CancellationToken cancellation);

    /// <summary>
    /// Asks at once for a container, because a process in it was seen and nobody has named it yet. Returns when it has reported
    /// the answer.
    /// </summary>
    Task LookUpAsync(string containerId, string podUid, IWorkloadReceiver receiver, CancellationToken cancellation);
}

/// <summary>
/// Takes what sources report, on any thread. A report replaces the earlier report of the same source about the same thing.
/// </summary>
public interface IWorkloadReceiver
{
    /// <summary>All pods that a source knows. Those that it reported before and that are missing here are gone.</summary>
    void OnPods(IWorkloadSource source, IReadOnlyCollection<ReportedPod> all);

    /// <summary>One pod is new or has changed.</summary>
    void OnPod(IWorkloadSource source, ReportedPod pod);

    /// <summary>One pod is gone.</summary>
    void OnPodGone(IWorkloadSource source, string uid);

    /// <summary>All services with cluster addresses. Others are gone.</summary>
    void OnServices(IWorkloadSource source, IReadOnlyCollection<SeenService> all);

    /// <summary>One service is new or has changed; without addresses: it is gone.</summary>
    void OnService(IWorkloadSource source, SeenService service);

    /// <summary>All nodes. Others are gone.</summary>
    void OnNodes(IWorkloadSource source, IReadOnlyCollection<SeenNode> all);

    /// <summary>One node is new or has changed; without addresses: it is gone.</summary>
    void OnNode(IWorkloadSource source, SeenNode node);

    /// <summary>The first complete answer of a source has come.</summary>
    void OnSynced(IWorkloadSource source);

    /// <summary>A source does not answer, or not completely. It keeps trying. The sentence says what is wrong and what to do.</summary>
    void OnProblem(IWorkloadSource source, string sentence);

    /// <summary>
    /// A source was found that has no names, and that is normal: a containerd that only serves Docker. It is noted, but not
    /// reported to the user.
    /// </summary>
    void OnNothingToAsk(IWorkloadSource source, string why) => OnSynced(source);

    /// <summary>A source answers again after a problem.</summary>
    void OnRecovered(IWorkloadSource source);

    /// <summary>A source answers again about a part of what it is asked for.</summary>
    /// <param name="source">The source.</param>
    /// <param name="what">About what.</param>
    void OnPartlyRecovered(IWorkloadSource source, string what)
    {
    }

    /// <summary>A source fails, or answers again, whether that is worth a sentence or not.</summary>
    /// <param name="source">The source.</param>
    /// <param name="fails">Whether it fails.</param>
    void OnAnswering(IWorkloadSource source, bool fails)
    {
    }
}

/// <summary>A service as a source describes it now.</summary>
/// <param name="Uid">The uid of the API object.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Addresses">Its cluster addresses. A headless service has none.</param>
/// <param name="SinceWallNs">When it was made, in wall time (ns); null: not known.</param>
public sealed record SeenService(string Uid, string Namespace, string Name, ImmutableArray<Address> Addresses, long? SinceWallNs)
{
    /// <summary>
    /// Its addresses outside of the cluster: external ones, and those of its load balancers. One of them may be a node's address, and
    /// then the node keeps it.
    /// </summary>
    public ImmutableArray<Address> External { get; init; } = [];

    /// <summary>Whether it has an address at all.</summary>
    public bool IsThere => !Addresses.IsEmpty || !External.IsEmpty;
}

/// <summary>A node as a source describes it now.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Addresses">Its internal and external addresses.</param>
/// <param name="BootId">The boot id that it reports. The node with our boot id is this machine.</param>
/// <param name="SinceWallNs">When it joined, in wall time (ns); null: not known.</param>
public sealed record SeenNode(string Name, ImmutableArray<Address> Addresses, string BootId, long? SinceWallNs);
