using System.Collections.Immutable;
using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Replay.Copies;

/// <summary>
/// The names that a copy needs, and no others. It keeps what was written, and tells before each group of rows what has to be written so
/// that a reader of the copy names them as a reader of the original does. An entry that only names the far end of a connection has
/// only the addresses that the rows mention. A pod keeps its owner and its labels: summaries print the owner, policies select by labels.
/// It keeps its node if that is the node of the rows, which they name anyway: policies always allow what comes from a pod's own node.
/// </summary>
/// <param name="source">Of which of the traces that were merged.</param>
internal sealed class CopiedNames(int source)
{
    private const int FewClaims = 64; // an entry is written again for each; where there are more, all are written at once
    private readonly Dictionary<WorkloadKey, object> _written = [];
    private readonly Dictionary<Address, HashSet<WorkloadKey>> _claiming = [];
    private readonly Dictionary<WorkloadKey, HashSet<Address>> _asPeer = [];
    private readonly HashSet<WorkloadKey> _owners = [];
    private readonly HashSet<WorkloadKey> _keysInHand = [];
    private readonly HashSet<Address> _addressesInHand = [];
    private readonly HashSet<ProcessIdentity> _seenProcesses = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<Address> _seenAddresses = [];
    private readonly HashSet<(ulong Unified, ulong Memory)> _seenFar = new(SeededHash.Two);
    private readonly HashSet<(WorkloadKey, Address)> _seenOwned = [];
    private WorkloadView? _view;
    private bool _isInformed;

    /// <summary>What has to be written before some rows.</summary>
    /// <param name="Change">The names; null: nothing.</param>
    /// <param name="IsAboutRowsInHand">Whether rows that are not written yet would be named by it, too: they have to go first.</param>
    public readonly record struct Due(WorkloadChange? Change, bool IsAboutRowsInHand);

    /// <summary>Whether anything was written.</summary>
    public bool IsInformed => _isInformed;

    /// <summary>The rows in hand are written.</summary>
    public void OnFlush()
    {
        _keysInHand.Clear();
        _addressesInHand.Clear();
    }

    /// <summary>Forgets everything: the next names are a checkpoint.</summary>
    public void Clear()
    {
        OnFlush();
        _written.Clear();
        _claiming.Clear();
        _asPeer.Clear();
        _owners.Clear();
        _view = null;
        _isInformed = false;
    }

    /// <summary>What has to be written before some rows.</summary>
    /// <param name="rows">What they mention.</param>
    /// <param name="view">What is known where they stand.</param>
    /// <param name="atNs">When.</param>
    public Due Before(BlockMentions rows, WorkloadView view, long atNs)
    {
        if (!view.IsInformed)
            return default;
        if (!ReferenceEquals(view, _view))
            BeginView(view);
        HashSet<WorkloadKey> keys = [];
        foreach (ProcessIdentity process in rows.Processes)
        {
            if (_seenProcesses.Add(process))
                AddProcess(process, view, keys);
        }
        foreach ((ulong Unified, ulong Memory) far in rows.FarCgroups)
        {
            if (_seenFar.Add(far))
                keys.UnionWith(view.KeysOf(far));
        }
        foreach ((WorkloadKey owner, Address address) in rows.Owned)
        {
            if (_seenOwned.Add((owner, address)))
                AddPeer(owner, address, keys);
        }
        foreach (Address address in rows.Addresses)
        {
            // Whoever claimed it in the copy may have let go of it since
            if (_seenAddresses.Add(address) && _claiming.TryGetValue(address, out HashSet<WorkloadKey>? claiming))
                keys.UnionWith(claiming);
        }
        return Write(keys, view, atNs);
    }

    /// <summary>Rows are in hand from here on.</summary>
    public void Hold(BlockMentions rows, WorkloadView view)
    {
        if (!view.IsInformed)
            return;
        _addressesInHand.UnionWith(rows.Addresses);
        foreach (ProcessIdentity process in rows.Processes)
            _keysInHand.UnionWith(view.KeysOf(process));
        foreach ((ulong Unified, ulong Memory) far in rows.FarCgroups)
            _keysInHand.UnionWith(view.KeysOf(far));
    }

    private void BeginView(WorkloadView view)
    {
        _view = view;
        _seenProcesses.Clear();
        _seenAddresses.Clear();
        _seenFar.Clear();
        _seenOwned.Clear();
    }

    private void AddProcess(ProcessIdentity process, WorkloadView view, HashSet<WorkloadKey> keys)
    {
        foreach (WorkloadKey key in view.KeysOf(process))
        {
            keys.Add(key);
            if (key.Kind == WorkloadKind.Pod)
                _owners.Add(key);
        }
    }

    private void AddPeer(WorkloadKey owner, Address address, HashSet<WorkloadKey> keys)
    {
        if (!_asPeer.TryGetValue(owner, out HashSet<Address>? addresses))
            _asPeer.Add(owner, addresses = []);
        addresses.Add(address);
        keys.Add(owner);
    }

    private Due Write(HashSet<WorkloadKey> keys, WorkloadView view, long atNs)
    {
        bool isFirst = !_isInformed, isAboutRowsInHand = isFirst;
        List<object> entries = [];
        List<WorkloadKey> forgotten = [];
        foreach (WorkloadKey key in keys)
        {
            object? before = _written.GetValueOrDefault(key), now = Entry(key, view);
            if (Equals(before, now))
                continue;
            isAboutRowsInHand |= _keysInHand.Contains(key) || IsAboutRowsInHand(before) || IsAboutRowsInHand(now);
            Claim(key, before, claims: false);
            Claim(key, now, claims: true);
            if (now is null)
            {
                _written.Remove(key);
                forgotten.Add(key);
                continue;
            }
            _written[key] = now;
            entries.Add(now);
        }
        if (!isFirst && entries.Count == 0 && forgotten.Count == 0)
            return default;
        _isInformed = true;
        var change = new WorkloadChange(atNs)
        {
            Source = source,
            IsCheckpoint = isFirst,
            Pods = [.. entries.OfType<PodInfo>()],
            Containers = [.. entries.OfType<ContainerInfo>()],
            Cgroups = [.. entries.OfType<CgroupInfo>()],
            Services = [.. entries.OfType<ServiceInfo>()],
            Nodes = [.. entries.OfType<NodeInfo>()],
            Forgotten = [.. forgotten],
        };
        return new Due(change, isAboutRowsInHand);
    }

    private bool IsAboutRowsInHand(object? entry) =>
        _addressesInHand.Count > 0 && ClaimsOf(entry).Any(c => _addressesInHand.Contains(c.Address.OnWire));

    private void Claim(WorkloadKey key, object? entry, bool claims)
    {
        foreach (AddressClaim claim in ClaimsOf(entry))
        {
            Address address = claim.Address.OnWire;
            if (!_claiming.TryGetValue(address, out HashSet<WorkloadKey>? keys))
                _claiming.Add(address, keys = []);
            if (claims)
                keys.Add(key);
            else
                keys.Remove(key);
            if (keys.Count == 0)
                _claiming.Remove(address);
        }
    }

    private static ImmutableArray<AddressClaim> ClaimsOf(object? entry) => entry switch
    {
        PodInfo pod => pod.Claims,
        ServiceInfo service => service.Claims,
        NodeInfo node => node.Claims,
        _ => [],
    };

    /// <summary>An entry as the copy has it; null: nothing is known of it.</summary>
    private object? Entry(WorkloadKey key, WorkloadView view) => view.Entry(key) switch
    {
        PodInfo pod => Pod(key, pod, view.Host.Node),
        ServiceInfo service => service with { Claims = Needed(key, service.Claims) },
        NodeInfo node => node with { Claims = Needed(key, node.Claims) },
        object other => other,
        null => null,
    };

    private PodInfo Pod(WorkloadKey key, PodInfo pod, SafeText here)
    {
        if (_owners.Contains(key))
            return pod;
        bool isHere = pod.Node.Length > 0 && NameText.Of(pod.Node).Equals(here);
        return pod with { Node = isHere ? pod.Node : "", Claims = Needed(key, pod.Claims) };
    }

    private ImmutableArray<AddressClaim> Needed(WorkloadKey key, ImmutableArray<AddressClaim> claims)
    {
        if (!_asPeer.TryGetValue(key, out HashSet<Address>? addresses))
            return [];
        return addresses.Count > FewClaims ? claims : [.. claims.Where(c => addresses.Contains(c.Address.OnWire))];
    }
}
