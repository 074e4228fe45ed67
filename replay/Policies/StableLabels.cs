using System.Collections.Immutable;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Replay.Policies;

/// <summary>
/// Labels by which a policy can select the pods of a workload, also those of tomorrow: what all of its pods have alike, without hashes and
/// numbers of single pods.
/// </summary>
public static class StableLabels
{
    private static readonly string[] s_ofOnePod =
    [
        "pod-template-hash", "controller-revision-hash", "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index",
        "controller-uid",
        "job-name", "pod-template-generation",
    ];

    /// <summary>Whether a label is that of one pod, or of one version of its workload.</summary>
    public static bool IsUnstable(string key) =>
        s_ofOnePod.Contains(key) || key.StartsWith("batch.kubernetes.io/", StringComparison.Ordinal);

    /// <summary>The stable labels of a pod.</summary>
    public static ImmutableSortedDictionary<string, string> Of(PodInfo pod) => pod.Labels.RemoveRange(pod.Labels.Keys.Where(IsUnstable));

    /// <summary>What is left of the labels of a workload when another of its pods is seen.</summary>
    public static ImmutableSortedDictionary<string, string> Shared(ImmutableSortedDictionary<string, string> labels, PodInfo pod) =>
        labels.RemoveRange(labels.Where(l => pod.Labels.GetValueOrDefault(l.Key) != l.Value).Select(l => l.Key));
}
