using System.Collections.Immutable;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.TraceFile;

/// <summary>
/// Chooses what metadata goes into a trace, and when. What an event mentions for the first time may stand before the whole block that the event
/// goes into: nothing earlier in the block mentions it. A change of what has been mentioned must stand behind the block.
/// </summary>
/// <param name="scope">How much.</param>
/// <param name="node">The node on which it is recorded.</param>
internal sealed class MetadataSelector(MetadataScope scope, string node)
{
    private readonly HashSet<WorkloadKey> _mentioned = [];
    private readonly HashSet<Address> _addresses = [];
    private readonly Address?[] _lastAddresses = new Address[1024]; // and before the set a few slots for what was asked for last: this is done for every event
    private readonly HashSet<ProcessIdentity> _processes = new(ReferenceEqualityComparer.Instance);

    /// <summary>Whether events need to be looked at.</summary>
    public bool FollowsEvents => scope == MetadataScope.Referenced;

    /// <summary>Forgets what only saves work, where it grows large. Between two blocks.</summary>
    public void Trim()
    {
        const int plenty = 262_144;
        if (_processes.Count > plenty)
            _processes.Clear();
        if (_addresses.Count > plenty)
            ClearAddresses();
    }

    private void ClearAddresses()
    {
        _addresses.Clear();
        Array.Clear(_lastAddresses);
    }

    private bool IsNew(Address address)
    {
        ref Address? last = ref _lastAddresses[(uint)address.GetHashCode() % _lastAddresses.Length];
        if (ReferenceEquals(last, address))
            return false;
        last = address;
        return _addresses.Add(address.OnWire);
    }

    /// <summary>Begins anew: nothing has been mentioned.</summary>
    public void Clear()
    {
        _mentioned.Clear();
        _processes.Clear();
        ClearAddresses();
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

    /// <summary>What an event mentions for the first time; null: nothing.</summary>
    public WorkloadChange? Mention(in TcpEvent e)
    {
        List<WorkloadKey>? keys = null;
        WorkloadIndex index = e.View.Index;
        if (IsNew(e.Saddr))
            keys = Add(keys, index.OwnersOf(e.Saddr));
        if (IsNew(e.Daddr))
            keys = Add(keys, index.OwnersOf(e.Daddr));
        if (_processes.Add(e.Process))
            keys = Add(keys, e.View.KeysOf(e.Process));
        return keys is null ? null : index.Pick(keys, e.TimestampNs);
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
