using System.Collections.Immutable;
using System.Net;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>What the API's objects mean here. Whatever is null in them is as if it were not there, elements of arrays, too.</summary>
internal static class ApiMapping
{
    private const string NoAddress = "None"; // of a headless service
    private const string TemplateHash = "pod-template-hash";

    /// <param name="pod">As the API has it.</param>
    /// <param name="isListed">It was there before: it can have had its address since it started. An address that a watch brings is new.</param>
    public static SeenPod ToSeen(PodObject pod, bool isListed)
    {
        // Cgroups of a static pod are named by the hash of its file: its object in the API is only a mirror, with a uid of its own
        string uid = pod.Metadata?.Annotations?.ConfigHash ?? pod.Metadata?.Uid ?? "";
        return new SeenPod(uid, pod.Metadata?.Namespace ?? "", pod.Metadata?.Name ?? "")
        {
            Node = pod.Spec?.NodeName ?? "",
            Owner = OwnerOf(pod.Metadata),
            Labels = pod.Metadata?.Labels?.Where(l => l.Value is not null).ToImmutableSortedDictionary(StringComparer.Ordinal) ?? PodInfo.NoLabels,
            Addresses = AddressesOf(pod),
            SinceWallNs = isListed ? WallNs(pod.Status?.StartTime) : null,
            Containers = ContainersOf(pod, uid),
        };
    }

    public static SeenService ToSeen(ServiceObject service)
    {
        IEnumerable<string?> all = service.Spec?.ClusterIPs is { Length: > 0 } several ? several : (string?[])[service.Spec?.ClusterIP];
        return new SeenService(
            service.Metadata?.Uid ?? "", service.Metadata?.Namespace ?? "", service.Metadata?.Name ?? "",
            Parse(all.Where(a => a != NoAddress)), WallNs(service.Metadata?.CreationTimestamp));
    }

    public static SeenNode ToSeen(NodeObject node) => new(
        node.Metadata?.Name ?? "", Parse(node.Status?.Addresses?.Select(a => a?.Address)),
        node.Status?.NodeInfo?.BootID ?? "", WallNs(node.Metadata?.CreationTimestamp));

    /// <summary>
    /// None in the host's network: those are the node's. None when it has ended, which its object may outlive by days: the address is then
    /// given to others. A pod that is being deleted keeps its own until it has ended.
    /// </summary>
    private static ImmutableArray<Address> AddressesOf(PodObject pod)
    {
        if (pod.Spec?.HostNetwork == true || pod.Status?.Phase is "Succeeded" or "Failed")
            return [];
        return Parse(pod.Status?.PodIPs is { Length: > 0 } several ? several.Select(a => a?.IP) : [pod.Status?.PodIP]);
    }

    private static ImmutableArray<Address> Parse(IEnumerable<string?>? texts) =>
        [.. (texts ?? []).Select(t => IPAddress.TryParse(t, out IPAddress? ip) ? new Address(ip.GetAddressBytes()) : null).OfType<Address>().Distinct()];

    /// <summary>The controller. Its own owner is not in the pod, but a deployment's replica set is named after it, as its pods' label tells.</summary>
    private static string OwnerOf(ObjectMeta? meta)
    {
        OwnerReference? owner = meta?.OwnerReferences?.FirstOrDefault(o => o?.Controller == true);
        if (owner is not { Kind: { } kind, Name: { } name })
            return "";
        string suffix = meta?.Labels?.GetValueOrDefault(TemplateHash) is { Length: > 0 } hash ? "-" + hash : "";
        bool isOfDeployment = kind == "ReplicaSet" && suffix.Length > 0 && name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.Ordinal);
        return isOfDeployment ? $"Deployment/{name[..^suffix.Length]}" : $"{kind}/{name}";
    }

    private static ImmutableArray<ContainerInfo> ContainersOf(PodObject pod, string uid)
    {
        var containers = new Dictionary<string, ContainerInfo>(StringComparer.Ordinal);
        Add(pod.Status?.InitContainerStatuses, pod.Spec?.InitContainers);
        Add(pod.Status?.ContainerStatuses, pod.Spec?.Containers);
        Add(pod.Status?.EphemeralContainerStatuses, pod.Spec?.EphemeralContainers);
        return [.. containers.Values];

        void Add(ContainerStatus[]? statuses, ContainerSpec[]? specs)
        {
            foreach (ContainerStatus status in (statuses ?? []).OfType<ContainerStatus>())
            {
                string image = specs?.FirstOrDefault(s => s?.Name == status.Name)?.Image ?? status.Image ?? "";
                // The one before the restart, too: its connections may still be closing
                foreach (string? reference in new[] { status.LastState?.Terminated?.ContainerID, status.ContainerID })
                {
                    if (IdOf(reference) is { Length: > 0 } id)
                        containers[id] = new ContainerInfo(id, uid, status.Name ?? "", image);
                }
            }
        }
    }

    /// <summary><c>containerd://&lt;id&gt;</c>.</summary>
    private static string IdOf(string? reference)
    {
        const string mark = "://";
        int at = reference?.IndexOf(mark, StringComparison.Ordinal) ?? -1;
        return at < 0 ? "" : reference![(at + mark.Length)..];
    }

    private static long? WallNs(DateTimeOffset? time) => time is { } t ? (t.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * TimeSpan.NanosecondsPerTick : null;
}
