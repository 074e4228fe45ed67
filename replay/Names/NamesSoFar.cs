using System.Collections.Immutable;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Replay.Names;

/// <summary>
/// The entries of metadata in a trace so far. Unlike <see cref="WorkloadIndex"/> it changes in place, and does not look up addresses.
/// </summary>
internal sealed class NamesSoFar
{
    /// <summary>What becomes of the claims of an entry; null: they stay.</summary>
    public delegate ImmutableArray<AddressClaim>? ClaimChange(ImmutableArray<AddressClaim> claims);

    private readonly Dictionary<string, PodInfo> _pods = [];
    private readonly Dictionary<string, ContainerInfo> _containers = [];
    private readonly Dictionary<(ulong Hierarchy, ulong Id), CgroupInfo> _cgroups = new(SeededHash.Two);
    private readonly Dictionary<string, ServiceInfo> _services = [];
    private readonly Dictionary<string, NodeInfo> _nodes = [];

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        _pods.Clear();
        _containers.Clear();
        _cgroups.Clear();
        _services.Clear();
        _nodes.Clear();
        _pods.TrimExcess();
        _containers.TrimExcess();
        _cgroups.TrimExcess();
        _services.TrimExcess();
        _nodes.TrimExcess();
    }

    /// <summary>Takes what a record says.</summary>
    public void Take(WorkloadChange change)
    {
        if (change.IsCheckpoint)
            Clear();
        foreach (WorkloadKey key in change.Forgotten)
            Forget(key);
        foreach (PodInfo pod in change.Pods)
            _pods[pod.Uid] = pod;
        foreach (ContainerInfo container in change.Containers)
            _containers[container.Id] = container;
        foreach (CgroupInfo cgroup in change.Cgroups)
            _cgroups[((ulong)cgroup.Hierarchy, cgroup.Id)] = cgroup;
        foreach (ServiceInfo service in change.Services)
            _services[service.Uid] = service;
        foreach (NodeInfo node in change.Nodes)
            _nodes[node.Name] = node;
    }

    private void Forget(WorkloadKey key)
    {
        switch (key.Kind)
        {
            case WorkloadKind.Pod:
                _pods.Remove(key.Key);
                break;
            case WorkloadKind.Container:
                _containers.Remove(key.Key);
                break;
            case WorkloadKind.Cgroup when WorkloadIndex.CgroupOf(key.Key) is { } cgroup:
                _cgroups.Remove(((ulong)cgroup.Hierarchy, cgroup.Id));
                break;
            case WorkloadKind.Service:
                _services.Remove(key.Key);
                break;
            case WorkloadKind.Node:
                _nodes.Remove(key.Key);
                break;
        }
    }

    /// <summary>Changes the claims of some entries.</summary>
    /// <param name="keys">Of which.</param>
    /// <param name="observedNs">When it is said.</param>
    /// <param name="change">What becomes of their claims; null: they stay.</param>
    /// <returns>Those that have changed.</returns>
    public WorkloadChange Change(IEnumerable<WorkloadKey> keys, long observedNs, ClaimChange change)
    {
        var pods = ImmutableArray.CreateBuilder<PodInfo>();
        var services = ImmutableArray.CreateBuilder<ServiceInfo>();
        var nodes = ImmutableArray.CreateBuilder<NodeInfo>();
        foreach (WorkloadKey key in keys)
        {
            if (key.Kind == WorkloadKind.Pod && _pods.TryGetValue(key.Key, out PodInfo? pod) && change(pod.Claims) is { } ofPod)
                pods.Add(_pods[key.Key] = pod with { Claims = ofPod });
            else if (key.Kind == WorkloadKind.Service && _services.TryGetValue(key.Key, out ServiceInfo? service)
                     && change(service.Claims) is { } ofService)
                services.Add(_services[key.Key] = service with { Claims = ofService });
            else if (key.Kind == WorkloadKind.Node && _nodes.TryGetValue(key.Key, out NodeInfo? node) && change(node.Claims) is { } ofNode)
                nodes.Add(_nodes[key.Key] = node with { Claims = ofNode });
        }
        return new WorkloadChange(observedNs) { Pods = pods.ToImmutable(), Services = services.ToImmutable(), Nodes = nodes.ToImmutable() };
    }

    /// <summary>Everything, as one change from nothing.</summary>
    public WorkloadChange ToCheckpoint(long observedNs) => new(observedNs)
    {
        IsCheckpoint = true,
        Pods = [.. _pods.Values],
        Containers = [.. _containers.Values],
        Cgroups = [.. _cgroups.Values],
        Services = [.. _services.Values],
        Nodes = [.. _nodes.Values],
    };
}
