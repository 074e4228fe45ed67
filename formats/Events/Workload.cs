namespace TcpTracer.Formats.Events;

/// <summary>Where a process runs, in the words of Kubernetes. One object for many events.</summary>
/// <param name="Node">The node, else the host.</param>
/// <param name="Namespace">The pod's namespace.</param>
/// <param name="Pod">The pod.</param>
/// <param name="Container">The container within it.</param>
public sealed record Workload(SafeText Node, SafeText Namespace, SafeText Pod, SafeText Container)
{
    /// <summary>What stands where there is no pod.</summary>
    public static readonly SafeText NotInPod = new("<>"u8);

    /// <summary>A process of the host itself.</summary>
    public static Workload Host(string node) => new(new SafeText(node), NotInPod, NotInPod, NotInPod);
}
