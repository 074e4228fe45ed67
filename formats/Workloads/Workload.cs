using System.Collections.Immutable;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Workloads;

/// <summary>Where a process runs, in the words of Kubernetes. Many events share one object.</summary>
/// <param name="Node">The node; outside Kubernetes the host.</param>
/// <param name="Namespace">The namespace of its pod.</param>
/// <param name="Pod">The name of its pod.</param>
/// <param name="Container">The name of its container in the pod; the short id if the name is not known.</param>
public sealed record Workload(SafeText Node, SafeText Namespace, SafeText Pod, SafeText Container)
{
    /// <summary>The text for a process that is in no pod.</summary>
    public static readonly SafeText NotInPod = new("<>"u8);

    /// <summary>The text for a pod or a container that is not known.</summary>
    public static readonly SafeText Unknown = new("?"u8);

    /// <summary>Digits of a short container id, as docker and crictl print it.</summary>
    public const int ShortIdLength = 12;

    /// <summary>The pod's uid; empty: not in a pod.</summary>
    public string PodUid { get; init; } = "";

    /// <summary>The full id of the container; empty: not in a container.</summary>
    public string ContainerId { get; init; } = "";

    /// <summary>The container's image; empty: not known.</summary>
    public string Image { get; init; } = "";

    /// <summary>The workload that the pod belongs to, such as <c>Deployment/web</c>; empty: none, or not known.</summary>
    public string Owner { get; init; } = "";

    /// <summary>The pod's labels; null: not known.</summary>
    public ImmutableSortedDictionary<string, string>? Labels { get; init; }

    /// <summary>The pod as an end of a connection; null: the pod's names are not known.</summary>
    public Peer? Peer { get; init; }

    /// <summary>Whether <see cref="Peer"/> became known later: then what was known of the address goes first.</summary>
    public bool IsPeerLater { get; init; }

    /// <summary>The workload of a process on the host itself.</summary>
    public static Workload Host(SafeText node) => new(node, NotInPod, NotInPod, NotInPod);
}
