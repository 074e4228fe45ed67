using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Calls;

namespace TcpTracer.Replay.Policies;

/// <summary>What an end of a connection is to a NetworkPolicy.</summary>
public enum PolicyEndKind
{
    /// <summary>A pod with an address of its own: policies select it.</summary>
    Pod,

    /// <summary>A pod in the network of its host: policies do not select it, and rules see the address of its node.</summary>
    HostPod,

    /// <summary>A process outside of all pods, or the address of a node.</summary>
    Host,

    /// <summary>A service, of which the pod that answered was not seen.</summary>
    Service,

    /// <summary>An address without a name.</summary>
    Address,

    /// <summary>A process in a pod that is not known.</summary>
    Unknown,
}

/// <summary>One end of a connection, as a NetworkPolicy sees it.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Party">Its name.</param>
/// <param name="Pod">Its pod; null: none, or not known.</param>
/// <param name="Address">Its address.</param>
/// <param name="Node">Its node; empty: not known.</param>
public readonly record struct PolicyEnd(PolicyEndKind Kind, Party Party, PodInfo? Pod, Address Address, SafeText Node)
{
    /// <summary>The end that an event is of.</summary>
    public static PolicyEnd Local(in TcpEvent e, Parties parties)
    {
        Workload workload = e.Workload;
        PodInfo? pod = workload.PodUid.Length > 0 ? e.View.PodOf(workload.PodUid) : null;
        PolicyEndKind kind = pod is null
            ? workload.PodUid.Length > 0 || ReferenceEquals(workload.Pod, Workload.Unknown) ? PolicyEndKind.Unknown : PolicyEndKind.Host
            : pod.Claims.IsEmpty || e.View.EntryAt(e.Saddr, e.StartNs) is NodeInfo ? PolicyEndKind.HostPod : PolicyEndKind.Pod;
        return new PolicyEnd(kind, parties.Local(in e), pod, e.Saddr.OnWire, workload.Node);
    }

    /// <summary>The other end, by its address.</summary>
    public static PolicyEnd Remote(in TcpEvent e, Parties parties)
    {
        object? entry = e.View.EntryAt(e.Daddr, e.StartNs);
        (PolicyEndKind kind, string node) = entry switch
        {
            PodInfo pod => (PolicyEndKind.Pod, pod.Node),
            ServiceInfo => (PolicyEndKind.Service, ""),
            NodeInfo host => (PolicyEndKind.Host, host.Name),
            _ => (PolicyEndKind.Address, ""),
        };
        return new PolicyEnd(kind, parties.Remote(in e), entry as PodInfo, e.Daddr.OnWire, NameText.Of(node));
    }
}
