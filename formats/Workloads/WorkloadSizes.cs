using System.Collections.Immutable;
using System.Text;

namespace TcpTracer.Formats.Workloads;

/// <summary>How many bytes entries take in a record of metadata: at most so many, which is known before they are written.</summary>
internal static class WorkloadSizes
{
    private const int Head = 5, Number = 9;

    /// <summary>What a record has besides its entries: its kind, its time, and the names of its lists.</summary>
    public const int RecordBytes = 192;

    /// <summary>Of all entries, in the order in which they are written.</summary>
    public static IEnumerable<long> Of(WorkloadChange change)
    {
        foreach (WorkloadKey key in change.Forgotten)
            yield return Head + Number + Text(key.Key);
        foreach (PodInfo pod in change.Pods)
            yield return Head + Text(pod.Uid) + Text(pod.Namespace) + Text(pod.Name) + Text(pod.Node) + Text(pod.Owner) + Labels(pod.Labels) + Claims(pod.Claims);
        foreach (ContainerInfo container in change.Containers)
            yield return Head + Text(container.Id) + Text(container.PodUid) + Text(container.Name) + Text(container.Image);
        foreach (CgroupInfo cgroup in change.Cgroups)
            yield return Head + Number + Number + Text(cgroup.Path);
        foreach (ServiceInfo service in change.Services)
            yield return Head + Text(service.Uid) + Text(service.Namespace) + Text(service.Name) + Claims(service.Claims);
        foreach (NodeInfo node in change.Nodes)
            yield return Head + Text(node.Name) + Claims(node.Claims);
    }

    private static long Text(string text) => Head + Encoding.UTF8.GetByteCount(text);

    private static long Labels(ImmutableSortedDictionary<string, string> labels)
    {
        long bytes = Head;
        foreach ((string key, string value) in labels)
            bytes += Text(key) + Text(value);
        return bytes;
    }

    private static long Claims(ImmutableArray<AddressClaim> claims)
    {
        long bytes = Head;
        foreach (AddressClaim claim in claims)
            bytes += 1 + 2 + claim.Address.Bytes.Length + Number + Number;
        return bytes;
    }
}
