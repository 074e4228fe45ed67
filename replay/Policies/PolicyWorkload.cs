using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Calls;

namespace TcpTracer.Replay.Policies;

/// <summary>The pods that one policy is for: those of an owner, or one pod without an owner.</summary>
/// <param name="Namespace">Their namespace.</param>
/// <param name="Kind">The owner's kind in lower case, such as <c>deployment</c>, or <c>pod</c>.</param>
/// <param name="Name">The owner's name, or the pod's.</param>
public readonly record struct PolicyWorkload(string Namespace, string Kind, string Name)
{
    /// <summary>The workload of a pod.</summary>
    public static PolicyWorkload Of(PodInfo pod) => Parties.OwnerOf(pod.Owner) is ({ } kind, { } name)
        ? new PolicyWorkload(pod.Namespace, kind, name)
        : new PolicyWorkload(pod.Namespace, "pod", pod.Name);

    /// <summary>By namespace, then by name, then by kind.</summary>
    public static IComparer<PolicyWorkload> ByName { get; } = Comparer<PolicyWorkload>.Create((a, b) =>
        (string.CompareOrdinal(a.Namespace, b.Namespace), string.CompareOrdinal(a.Name, b.Name), string.CompareOrdinal(a.Kind, b.Kind))
            .CompareTo((0, 0, 0)));

    /// <inheritdoc/>
    public override string ToString() => $"{Kind}/{Namespace}/{Name}";
}
