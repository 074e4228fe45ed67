using System.Collections.Immutable;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Workloads.Cri;

/// <summary>What the runtime has answered about sandboxes and containers, put together to pods. For one thread at a time.</summary>
internal sealed class CriPicture
{
    /// <summary>The label in which kubelet writes the pod of a sandbox.</summary>
    public const string UidLabel = "io.kubernetes.pod.uid";

    private const string OwnLabels = "io.kubernetes."; // kubelet's, not the pod's

    private readonly Dictionary<string, Entry<PodSandbox>> _sandboxes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Entry<Container>> _containers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ImmutableArray<Address>> _addresses = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _images = new(StringComparer.Ordinal);

    /// <summary>Something, and the <see cref="Moment"/> at which it became known.</summary>
    private readonly record struct Entry<T>(T Value, long Since);

    /// <summary>Rises by one with each <see cref="Add"/>.</summary>
    public long Moment { get; private set; }

    /// <summary>
    /// Takes the lists of everything that was there at a moment. What was added since then is kept: it may be too new to be in the lists.
    /// </summary>
    public void Replace(IEnumerable<PodSandbox> sandboxes, IEnumerable<Container> containers, long moment)
    {
        Replace(_sandboxes, sandboxes, s => s.Id, moment);
        Replace(_containers, containers, c => c.Id, moment);
        foreach (string gone in _addresses.Keys.Where(id => !_sandboxes.ContainsKey(id)).ToList())
            _addresses.Remove(gone);
        foreach (string gone in _images.Keys.Where(id => !_containers.ContainsKey(id)).ToList())
            _images.Remove(gone);
    }

    private static void Replace<T>(Dictionary<string, Entry<T>> known, IEnumerable<T> all, Func<T, string> idOf, long moment)
    {
        Dictionary<string, T> now = all.DistinctBy(idOf).ToDictionary(idOf, StringComparer.Ordinal);
        foreach (string gone in known.Where(k => k.Value.Since <= moment && !now.ContainsKey(k.Key)).Select(k => k.Key).ToList())
            known.Remove(gone);
        foreach ((string id, T value) in now)
            known[id] = new Entry<T>(value, known.TryGetValue(id, out Entry<T> before) ? before.Since : moment);
    }

    /// <summary>Takes the answer about a single container.</summary>
    public void Add(IEnumerable<PodSandbox> sandboxes, IEnumerable<Container> containers)
    {
        Moment++;
        foreach (PodSandbox sandbox in sandboxes)
            _sandboxes[sandbox.Id] = new Entry<PodSandbox>(sandbox, Moment);
        foreach (Container container in containers)
            _containers[container.Id] = new Entry<Container>(container, Moment);
    }

    /// <summary>
    /// Whether the runtime must still be asked for the addresses of a sandbox. It gets them some time after its beginning.
    /// </summary>
    public bool LacksAddresses(PodSandbox sandbox) =>
        sandbox.State == PodSandboxState.SandboxReady && !_addresses.ContainsKey(sandbox.Id);

    /// <summary>Whether the runtime must still be asked for the name of a container's image. Newer kubelets give only the digest.</summary>
    public bool LacksImage(Container container) =>
        container.Image is { UserSpecifiedImage.Length: 0 } image && IsDigest(image.Image) && !_images.ContainsKey(container.Id);

    /// <summary>containerd writes the digest with its kind, CRI-O without.</summary>
    private static bool IsDigest(string image)
    {
        const string kind = "sha256:";
        const int length = 64;
        return image.StartsWith(kind, StringComparison.Ordinal) || (image.Length == length && image.All(char.IsAsciiHexDigitLower));
    }

    /// <summary>The answer for a sandbox; null: it is gone.</summary>
    public void OnStatus(string sandboxId, PodSandboxStatus? status)
    {
        // A sandbox in the node's network has the address of the node
        bool ownsNone = status is null || status.Linux?.Namespaces?.Options?.Network == NamespaceMode.Node;
        ImmutableArray<Address> addresses = ownsNone ? [] : Addresses(status!.Network);
        if (ownsNone || !addresses.IsEmpty)
            _addresses[sandboxId] = addresses;
    }

    /// <summary>The answer for a container; null: it is gone.</summary>
    public void OnStatus(string containerId, ContainerStatus? status) => _images[containerId] = status?.Image?.Image ?? "";

    private static ImmutableArray<Address> Addresses(PodSandboxNetworkStatus? network) =>
        network is null ? [] : ForeignAddresses.Parse(network.AdditionalIps.Select(i => i.Ip).Prepend(network.Ip));

    /// <summary>The pods, by uid.</summary>
    /// <exception cref="TooMuchException">One of them exceeds <see cref="NameSizes"/>.</exception>
    public Dictionary<string, ReportedPod> ToPods()
    {
        ILookup<string, Container> containers = _containers.Values.Select(c => c.Value)
            .OrderBy(c => c.CreatedAt).ThenBy(c => c.Id, StringComparer.Ordinal)
            .ToLookup(c => c.PodSandboxId);
        return _sandboxes.Values.Select(s => s.Value).Where(s => UidOf(s).Length > 0).GroupBy(UidOf)
            .ToDictionary(pod => pod.Key, pod => ToPod(pod.Key, [.. pod.OrderBy(s => s.CreatedAt)], containers), StringComparer.Ordinal);
    }

    /// <summary>
    /// A pod can have had several sandboxes, one after the other. The last is the pod now; the containers of all of them are its.
    /// </summary>
    private ReportedPod ToPod(string uid, PodSandbox[] sandboxes, ILookup<string, Container> containers)
    {
        PodSandbox last = sandboxes[^1];
        var pod = new ReportedPod(uid, last.Metadata.Namespace, last.Metadata.Name)
        {
            Labels = last.Labels.Where(l => !l.Key.StartsWith(OwnLabels, StringComparison.Ordinal))
                .ToImmutableSortedDictionary(StringComparer.Ordinal),
            Addresses = last.State == PodSandboxState.SandboxReady ? _addresses.GetValueOrDefault(last.Id, []) : [],
            HasEnded = last.State != PodSandboxState.SandboxReady,
            SinceWallNs = last.CreatedAt > 0 ? last.CreatedAt : null,
            Containers =
            [
                .. sandboxes.SelectMany(s => containers[s.Id])
                    .Select(c => new ContainerInfo(c.Id, uid, c.Metadata?.Name ?? "", ImageOf(c))),
            ],
        };
        NameSizes.Of(pod);
        return pod;
    }

    private string ImageOf(Container container)
    {
        if (container.Image is not { } image)
            return "";
        if (image.UserSpecifiedImage.Length > 0)
            return image.UserSpecifiedImage;
        return _images.GetValueOrDefault(container.Id, "") is { Length: > 0 } name ? name : image.Image;
    }

    private static string UidOf(PodSandbox sandbox) =>
        sandbox.Metadata is not { } metadata ? "" : metadata.Uid.Length > 0 ? metadata.Uid : sandbox.Labels.GetValueOrDefault(UidLabel, "");
}
