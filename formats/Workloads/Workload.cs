using System.Collections.Immutable;
using TcpTracer.Formats.Words;

namespace TcpTracer.Formats.Workloads;

/// <summary>Where a process runs, in the words of Kubernetes. One object for many events.</summary>
/// <param name="Node">The node, else the host.</param>
/// <param name="Namespace">The pod's namespace.</param>
/// <param name="Pod">The pod.</param>
/// <param name="Container">The container within it; its short id where its name is not known.</param>
public sealed record Workload(SafeText Node, SafeText Namespace, SafeText Pod, SafeText Container)
{
    /// <summary>What stands where there is no pod.</summary>
    public static readonly SafeText NotInPod = new("<>"u8);

    /// <summary>What stands where there may be a pod, but nothing says which.</summary>
    public static readonly SafeText Unknown = new("?"u8);

    /// <summary>As many digits of a container's id as people are used to.</summary>
    public const int ShortIdLength = 12;

    /// <summary>The pod's uid; empty: not in a pod.</summary>
    public string PodUid { get; init; } = "";

    /// <summary>The container's id in full; empty: not in a container.</summary>
    public string ContainerId { get; init; } = "";

    /// <summary>The container's image; empty: not known.</summary>
    public string Image { get; init; } = "";

    /// <summary>What the pod belongs to, as <c>Deployment/web</c>; empty: nothing, or not known.</summary>
    public string Owner { get; init; } = "";

    /// <summary>The pod's labels; null: not known.</summary>
    public ImmutableSortedDictionary<string, string>? Labels { get; init; }

    /// <summary>The pod, as an end of a connection; null: its names are not known.</summary>
    public Peer? Peer { get; init; }

    /// <summary>A process of the host itself.</summary>
    public static Workload Host(SafeText node) => new(node, NotInPod, NotInPod, NotInPod);
}
