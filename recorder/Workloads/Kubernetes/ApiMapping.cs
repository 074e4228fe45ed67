using System.Collections.Immutable;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>From the API's objects to what is kept of them. A null, also as an element of an array, counts as missing.</summary>
internal static class ApiMapping
{
    private const string NoAddress = "None"; // the address of a headless service
    private const string TemplateHash = "pod-template-hash";

    /// <summary>What is kept of a pod.</summary>
    /// <param name="pod">As the API has it.</param>
    /// <param name="isListed">
    /// It comes from a list, so it may have had its address since it started. An address that a watch reports is new.
    /// </param>
    public static ReportedPod ToSeen(PodObject pod, bool isListed)
    {
        // The cgroups of a static pod have the hash of its file in their names. Its object in the API is only a mirror, with another uid
        string uid = pod.Metadata?.Annotations?.ConfigHash ?? pod.Metadata?.Uid ?? "";
        return new ReportedPod(uid, pod.Metadata?.Namespace ?? "", pod.Metadata?.Name ?? "")
        {
            Node = pod.Spec?.NodeName ?? "",
            Owner = OwnerOf(pod.Metadata),
            Labels = pod.Metadata?.Labels?.Where(l => l.Value is not null).ToImmutableSortedDictionary(StringComparer.Ordinal)
                ?? PodInfo.NoLabels,
            Addresses = AddressesOf(pod),
            HasEnded = HasEnded(pod),
            EndedWallNs = HasEnded(pod) ? EndOf(pod) : null,
            SinceWallNs = isListed ? WallNs(pod.Status?.StartTime) : null,
            Containers = ContainersOf(pod, uid),
            OnlyContainer = pod.Spec is
            {
                Containers: [{ Name: { } name } only], InitContainers: not { Length: > 0 },
                EphemeralContainers: not { Length: > 0 }
            } ? new ContainerInfo("", uid, name, only.Image ?? "") : null,
        };
    }

    /// <summary>What is kept of a service.</summary>
    public static SeenService ToSeen(ServiceObject service)
    {
        IEnumerable<string?> all = service.Spec?.ClusterIPs is { Length: > 0 } several ? several : (string?[])[service.Spec?.ClusterIP];
        return new SeenService(
            service.Metadata?.Uid ?? "", service.Metadata?.Namespace ?? "", service.Metadata?.Name ?? "",
            ForeignAddresses.Parse(all.Where(a => a != NoAddress)), WallNs(service.Metadata?.CreationTimestamp))
        {
            External = ForeignAddresses.Parse(
                (service.Spec?.ExternalIPs ?? []).Concat((service.Status?.LoadBalancer?.Ingress ?? []).Select(i => i?.Ip))),
        };
    }

    /// <summary>What is kept of a node.</summary>
    public static SeenNode ToSeen(NodeObject node) => new(
        node.Metadata?.Name ?? "", ForeignAddresses.Parse(node.Status?.Addresses?.Select(a => a?.Address) ?? []),
        node.Status?.NodeInfo?.BootID ?? "", WallNs(node.Metadata?.CreationTimestamp));

    /// <summary>
    /// The addresses that belong to a pod alone. A pod in the host's network has none: they are the node's. A pod that has ended
    /// has none: its object may stay for days, while another pod has the address. A pod that is being deleted keeps its addresses
    /// until it has ended.
    /// </summary>
    private static ImmutableArray<Address> AddressesOf(PodObject pod)
    {
        if (pod.Spec?.HostNetwork == true || HasEnded(pod))
            return [];
        return ForeignAddresses.Parse(pod.Status?.PodIPs is { Length: > 0 } several ? several.Select(a => a?.IP) : [pod.Status?.PodIP]);
    }

    /// <summary>
    /// Whether no container of a pod will run again. A pod that is being deleted still has the phase Running and its address
    /// after all its containers have ended, while its address is already another pod's.
    /// </summary>
    private static bool HasEnded(PodObject pod)
    {
        if (pod.Status?.Phase is "Succeeded" or "Failed")
            return true;
        return pod.Metadata?.DeletionTimestamp is not null
            && pod.Status?.ContainerStatuses?.OfType<ContainerStatus>().ToArray() is { Length: > 0 } own
            && own.Length >= pod.Spec?.Containers?.Length
            && own.All(c => EndOf(c) is not null)
            && OthersOf(pod).All(c => c.State?.Running is null);
    }

    private static IEnumerable<ContainerStatus> OthersOf(PodObject pod) =>
        (pod.Status?.InitContainerStatuses ?? []).Concat(pod.Status?.EphemeralContainerStatuses ?? []).OfType<ContainerStatus>();

    /// <summary>How a container has ended; null: it runs, or has not started yet. Between two starts it waits.</summary>
    private static ContainerStateTerminated? EndOf(ContainerStatus container) =>
        container.State?.Terminated ?? (container.State?.Waiting is null ? null : container.LastState?.Terminated);

    /// <summary>
    /// When the last container of a pod had ended. The API cuts off the parts of a second, so it was within the second after that time.
    /// </summary>
    private static long? EndOf(PodObject pod)
    {
        DateTimeOffset? last = (pod.Status?.ContainerStatuses ?? []).OfType<ContainerStatus>().Concat(OthersOf(pod))
            .Max(c => EndOf(c)?.FinishedAt);
        return WallNs(last) + TimeSpan.NanosecondsPerTick * TimeSpan.TicksPerSecond;
    }

    /// <summary>
    /// The pod's controller. If that is the replica set of a deployment: the deployment. The pod does not name the deployment,
    /// but the replica set has its name, followed by the hash in the pod's label.
    /// </summary>
    private static string OwnerOf(ObjectMeta? meta)
    {
        OwnerReference? owner = meta?.OwnerReferences?.FirstOrDefault(o => o?.Controller == true);
        if (owner is not { Kind: { } kind, Name: { } name })
            return "";
        string suffix = meta?.Labels?.GetValueOrDefault(TemplateHash) is { Length: > 0 } hash ? "-" + hash : "";
        bool isOfDeployment = kind == "ReplicaSet" && suffix.Length > 0
            && name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.Ordinal);
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
                // Also the container before a restart: its connections may still be closing
                foreach (string? reference in new[] { status.LastState?.Terminated?.ContainerID, status.ContainerID })
                {
                    if (IdOf(reference) is { Length: > 0 } id)
                        containers[id] = new ContainerInfo(id, uid, status.Name ?? "", image);
                }
            }
        }
    }

    /// <summary>The id in a reference such as <c>containerd://&lt;id&gt;</c>.</summary>
    private static string IdOf(string? reference)
    {
        const string mark = "://";
        int at = reference?.IndexOf(mark, StringComparison.Ordinal) ?? -1;
        return at < 0 ? "" : reference![(at + mark.Length)..];
    }

    private static long? WallNs(DateTimeOffset? time) =>
        time is { } t ? (t.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * TimeSpan.NanosecondsPerTick : null;
}
