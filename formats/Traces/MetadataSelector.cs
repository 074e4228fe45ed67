using System.Collections.Immutable;
using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Traces;

/// <summary>
/// Chooses what metadata goes into a trace, and when. What events of a block mention for the first time stands before the whole block:
/// nothing earlier in the trace mentions it. A change of what has been mentioned must stand behind the block.
/// </summary>
/// <param name="scope">How much.</param>
/// <param name="node">The node on which it is recorded.</param>
internal sealed class MetadataSelector(MetadataScope scope, string node)
{
    private readonly HashSet<WorkloadKey> _mentioned = [];
    private readonly HashSet<Address> _addresses = [];
    private readonly HashSet<ProcessIdentity> _processes = new(ReferenceEqualityComparer.Instance);

    /// <summary>Forgets what only saves work, where it grows large. Between two blocks.</summary>
    public void Trim()
    {
        const int plenty = 262_144;
        if (_processes.Count > plenty)
            _processes.Clear();
        if (_addresses.Count > plenty)
            _addresses.Clear();
    }

    /// <summary>Begins anew: nothing has been mentioned.</summary>
    public void Clear()
    {
        _mentioned.Clear();
        _processes.Clear();
        _addresses.Clear();
    }

    /// <summary>The part of a change that goes into the trace at once.</summary>
    /// <param name="change">What is new.</param>
    /// <param name="known">With what was known before.</param>
    public WorkloadChange Select(WorkloadChange change, WorkloadIndex known) => scope switch
    {
        MetadataScope.Cluster => change,
        MetadataScope.None => new WorkloadChange(change.ObservedNs),
        MetadataScope.Node => change with { Pods = [.. change.Pods.Where(p => p.Node.Length == 0 || p.Node == node)], Services = [], Nodes = [] },
        _ => SelectMentioned(change, [.. change.Containers.Where(c => _mentioned.Contains(new WorkloadKey(WorkloadKind.Container, c.Id)))], known),
    };

    private WorkloadChange SelectMentioned(WorkloadChange change, ImmutableArray<ContainerInfo> containers, WorkloadIndex known)
    {
        _processes.Clear(); // they may be somewhere else now
        // Who mentions a container means its pod, whether that is new or known already
        List<string> pods = [.. containers.Where(c => _mentioned.Add(new WorkloadKey(WorkloadKind.Pod, c.PodUid))).Select(c => c.PodUid).Except(change.Pods.Select(p => p.Uid))];
        return new WorkloadChange(change.ObservedNs)
        {
            IsCheckpoint = change.IsCheckpoint,
            Pods = [.. change.Pods.Where(p => IsMentioned(new WorkloadKey(WorkloadKind.Pod, p.Uid), p.Claims)), .. pods.Select(p => known.Pods.GetValueOrDefault(p)).OfType<PodInfo>()],
            Containers = containers,
            Cgroups = [.. change.Cgroups.Where(c => _mentioned.Contains(c.Key))],
            Services = [.. change.Services.Where(s => IsMentioned(new WorkloadKey(WorkloadKind.Service, s.Uid), s.Claims))],
            Nodes = [.. change.Nodes.Where(n => IsMentioned(new WorkloadKey(WorkloadKind.Node, n.Name), n.Claims))],
            Forgotten = [.. change.Forgotten.Where(_mentioned.Contains)], // and if it comes again, that is said
        };
    }

    private bool IsMentioned(WorkloadKey key, IEnumerable<AddressClaim> claims) => _mentioned.Contains(key) || (claims.Any(c => _addresses.Contains(c.Address)) && _mentioned.Add(key));

    /// <summary>What a block mentions for the first time; empty, mostly.</summary>
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
