using System.Collections.Immutable;
using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Traces;

/// <summary>
/// Chooses which names go into a trace, and when. A name that a block refers to for the first time goes before the whole block, because no
/// earlier block refers to it. A change of a name that was referred to before must go after the block.
/// </summary>
/// <param name="scope">Which names.</param>
/// <param name="node">The node on which the trace is recorded.</param>
internal sealed class MetadataSelector(MetadataScope scope, string node)
{
    private readonly HashSet<WorkloadKey> _mentioned = [];
    private readonly HashSet<Address> _addresses = [];
    private readonly HashSet<ProcessIdentity> _processes = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<(ulong Unified, ulong Memory)> _farCgroups = new(SeededHash.Two);

    /// <summary>Empties large sets that only save work. Called between two blocks.</summary>
    public void Trim()
    {
        const int plenty = 262_144;
        if (_processes.Count > plenty)
            _processes.Clear();
        if (_addresses.Count > plenty)
            _addresses.Clear();
        if (_farCgroups.Count > plenty)
            _farCgroups.Clear();
    }

    /// <summary>Starts again, as if no name had been referred to.</summary>
    public void Clear()
    {
        _mentioned.Clear();
        _processes.Clear();
        _farCgroups.Clear();
        _addresses.Clear();
    }

    /// <summary>The part of a change that goes into the trace at once.</summary>
    /// <param name="change">The change.</param>
    /// <param name="known">All names after the change.</param>
    public WorkloadChange Select(WorkloadChange change, WorkloadIndex known) => scope switch
    {
        MetadataScope.Cluster => change,
        MetadataScope.None => new WorkloadChange(change.ObservedNs),
        MetadataScope.Node => SelectOfNode(change, known),
        _ => SelectMentioned(change, known),
    };

    /// <summary>
    /// Only pods of this node, and their containers. A container runtime does not tell the node of its pods, because it is this one: it
    /// knows their addresses or their containers. The API knows neither of a pod that has no node yet.
    /// </summary>
    private WorkloadChange SelectOfNode(WorkloadChange change, WorkloadIndex known)
    {
        HashSet<string> withContainers = [.. change.Containers.Select(c => c.PodUid)];
        bool IsHere(PodInfo pod) => pod.Node == node || (pod.Node.Length == 0
            && (!pod.Claims.IsEmpty || withContainers.Contains(pod.Uid) || _mentioned.Contains(KeyOf(pod))));
        List<PodInfo> pods = [.. change.Pods.Where(IsHere)];
        _mentioned.UnionWith(pods.Select(KeyOf));
        // Pods that were left out before
        List<PodInfo> more = [.. withContainers.Select(p => known.Pods.GetValueOrDefault(p)).OfType<PodInfo>()
            .Where(p => IsHere(p) && _mentioned.Add(KeyOf(p)))];
        List<ContainerInfo> containers =
            [.. change.Containers.Where(c => known.Pods.GetValueOrDefault(c.PodUid) is not { } pod || IsHere(pod))];
        _mentioned.UnionWith(containers.Select(c => new WorkloadKey(WorkloadKind.Container, c.Id)));
        IEnumerable<WorkloadKey> elsewhere = change.Pods.Where(p => !IsHere(p)).Select(KeyOf);
        return change with
        {
            Pods = [.. pods, .. more],
            Containers = [.. containers],
            Services = [],
            Nodes = [],
            Forgotten = [.. change.Forgotten.Concat(elsewhere).Where(k => k.Kind == WorkloadKind.Cgroup || _mentioned.Remove(k))],
        };
    }

    private static WorkloadKey KeyOf(PodInfo pod) => new(WorkloadKind.Pod, pod.Uid);

    private WorkloadChange SelectMentioned(WorkloadChange change, WorkloadIndex known)
    {
        _processes.Clear(); // the change may move them to other containers or pods
        _farCgroups.Clear();
        ImmutableArray<ContainerInfo> containers =
            [.. change.Containers.Where(c => _mentioned.Contains(new WorkloadKey(WorkloadKind.Container, c.Id)))];
        // Whoever refers to a container also refers to its pod, whether the pod is new or known already
        List<string> pods =
        [
            .. containers.Where(c => _mentioned.Add(new WorkloadKey(WorkloadKind.Pod, c.PodUid))).Select(c => c.PodUid)
                .Except(change.Pods.Select(p => p.Uid)),
        ];
        return new WorkloadChange(change.ObservedNs)
        {
            IsCheckpoint = change.IsCheckpoint,
            Pods =
            [
                .. change.Pods.Where(p => IsMentioned(new WorkloadKey(WorkloadKind.Pod, p.Uid), p.Claims)),
                .. pods.Select(p => known.Pods.GetValueOrDefault(p)).OfType<PodInfo>(),
            ],
            Containers = containers,
            Cgroups = [.. change.Cgroups.Where(c => _mentioned.Contains(c.Key))],
            Services = [.. change.Services.Where(s => IsMentioned(new WorkloadKey(WorkloadKind.Service, s.Uid), s.Claims))],
            Nodes = [.. change.Nodes.Where(n => IsMentioned(new WorkloadKey(WorkloadKind.Node, n.Name), n.Claims))],
            Forgotten = [.. change.Forgotten.Where(_mentioned.Contains)], // an entry that comes back is written again
        };
    }

    private bool IsMentioned(WorkloadKey key, IEnumerable<AddressClaim> claims) =>
        _mentioned.Contains(key) || (claims.Any(c => _addresses.Contains(c.Address)) && _mentioned.Add(key));

    /// <summary>The names that a block refers to for the first time; mostly none.</summary>
    /// <param name="block">The block.</param>
    /// <param name="view">All names that are known.</param>
    public WorkloadChange Mention(EventBlockBuilder block, WorkloadView view)
    {
        var nothing = new WorkloadChange(block.FirstNs);
        if (scope != MetadataScope.Referenced)
            return nothing;
        List<WorkloadKey>? keys = null;
        foreach (Address address in block.Addresses)
        {
            if (_addresses.Add(address.OnWire))
                keys = Add(keys, view.Index.OwnersOf(address));
        }
        foreach (ProcessIdentity process in block.Processes)
        {
            if (_processes.Add(process))
                keys = Add(keys, view.KeysOf(process));
        }
        foreach ((ulong Unified, ulong Memory) far in block.FarCgroups)
        {
            if (_farCgroups.Add(far))
                keys = Add(keys, view.KeysOf(far));
        }
        return keys is null ? nothing : view.Index.Pick(keys, block.FirstNs);
    }

    private List<WorkloadKey>? Add(List<WorkloadKey>? keys, IEnumerable<WorkloadKey> more)
    {
        foreach (WorkloadKey key in more)
        {
            if (_mentioned.Add(key))
                (keys ??= []).Add(key);
        }
        return keys;
    }
}
