using System.Collections.Immutable;
using System.Text;

namespace TcpTracer.Formats.Workloads;

/// <summary>Upper bounds of the bytes that entries take in a metadata record. They are known before the entries are written.</summary>
internal static class WorkloadSizes
{
    private const int Head = 5, Number = 9;

    /// <summary>Bytes of a record without its entries: its kind, its time, and the names of its lists.</summary>
    public const int RecordBytes = 192;

    /// <summary>An upper bound for each entry, in the order in which entries are written.</summary>
    public static IEnumerable<long> Of(WorkloadChange change)
    {
        foreach (WorkloadKey key in change.Forgotten)
            yield return Head + Number + Text(key.Key);
        foreach (PodInfo pod in change.Pods)
        {
            yield return Head + Text(pod.Uid) + Text(pod.Namespace) + Text(pod.Name) + Text(pod.Node) + Text(pod.Owner)
                + Labels(pod.Labels) + Claims(pod.Claims);
        }
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
