using System.Collections.Immutable;
using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Workloads;

/// <summary>The entries that a <see cref="WorkloadView"/> looks into, by their keys and by address.</summary>
public sealed record WorkloadIndex
{
    private const long ToldLateNs = 5_000_000_000;
    private const int OwnerBytes = 32;

    // Before what is made with it
    private static readonly IEqualityComparer<(CgroupHierarchy Hierarchy, ulong Id)> s_cgroupKeys =
        EqualityComparer<(CgroupHierarchy Hierarchy, ulong Id)>.Create((a, b) => a == b, k => ChosenNumbers.HashOf((ulong)k.Hierarchy, k.Id));

    /// <summary>Nothing.</summary>
    public static readonly WorkloadIndex Empty = new();

    /// <summary>Pods by uid.</summary>
    public ImmutableDictionary<string, PodInfo> Pods { get; private init; } = ImmutableDictionary<string, PodInfo>.Empty;

    /// <summary>Containers by id.</summary>
    public ImmutableDictionary<string, ContainerInfo> Containers { get; private init; } = ImmutableDictionary<string, ContainerInfo>.Empty;

    /// <summary>Cgroups by number.</summary>
    public ImmutableDictionary<(CgroupHierarchy Hierarchy, ulong Id), CgroupInfo> Cgroups { get; private init; } = ImmutableDictionary.Create<(CgroupHierarchy Hierarchy, ulong Id), CgroupInfo>(s_cgroupKeys);

    /// <summary>Services by uid.</summary>
    public ImmutableDictionary<string, ServiceInfo> Services { get; private init; } = ImmutableDictionary<string, ServiceInfo>.Empty;

    /// <summary>Nodes by name.</summary>
    public ImmutableDictionary<string, NodeInfo> Nodes { get; private init; } = ImmutableDictionary<string, NodeInfo>.Empty;

    private ImmutableDictionary<Address, ImmutableArray<Owner>> Owners { get; init; } = ImmutableDictionary<Address, ImmutableArray<Owner>>.Empty;

    /// <summary>Whose an address was, and when.</summary>
    /// <param name="Entry">The pod, service or node. What is shown of it is made when it is asked for: most are never shown.</param>
    /// <param name="Order">By kind, and then by a hash of the key: without reading keys, which may be long, for each event may ask for very many.</param>
    /// <param name="SinceNs">From when.</param>
    /// <param name="UntilNs">Not at this moment or later; <see cref="long.MaxValue"/>: still.</param>
    private readonly record struct Owner(object Entry, ulong Order, long SinceNs, long UntilNs)
    {
        public WorkloadKey Key => Entry switch
        {
            PodInfo pod => new WorkloadKey(WorkloadKind.Pod, pod.Uid),
            ServiceInfo service => new WorkloadKey(WorkloadKind.Service, service.Uid),
            _ => new WorkloadKey(WorkloadKind.Node, ((NodeInfo)Entry).Name),
        };

        public Peer Peer => Entry switch
        {
            PodInfo pod => pod.Peer,
            ServiceInfo service => service.Peer,
            _ => ((NodeInfo)Entry).Peer,
        };

        public bool Holds(long bootNs) => SinceNs <= bootNs && (bootNs < UntilNs || UntilNs == long.MaxValue);

        public bool Is(WorkloadKey key, ulong order) => Order == order && Key == key;
    }

    /// <summary>Whether it holds nothing.</summary>
    public bool IsEmpty => Pods.IsEmpty && Containers.IsEmpty && Cgroups.IsEmpty && Services.IsEmpty && Nodes.IsEmpty;

    /// <summary>Everything, as one change from nothing, in an order of its own: the same knowledge makes the same bytes.</summary>
    public WorkloadChange ToCheckpoint(long observedNs) => new(observedNs)
    {
        IsCheckpoint = true,
        Pods = [.. Pods.Values.OrderBy(p => p.Uid, StringComparer.Ordinal)],
        Containers = [.. Containers.Values.OrderBy(c => c.Id, StringComparer.Ordinal)],
        Cgroups = [.. Cgroups.Values.OrderBy(c => (c.Hierarchy, c.Id))],
        Services = [.. Services.Values.OrderBy(s => s.Uid, StringComparer.Ordinal)],
        Nodes = [.. Nodes.Values.OrderBy(n => n.Name, StringComparer.Ordinal)],
    };

    /// <summary>With what a change adds, and without what it forgets.</summary>
    public WorkloadIndex With(WorkloadChange change)
    {
        WorkloadIndex next = change.Forgotten.IsEmpty ? this : Without(change.Forgotten);
        var owners = next.Owners.ToBuilder();
        var pods = next.Pods.ToBuilder();
        var services = next.Services.ToBuilder();
        var nodes = next.Nodes.ToBuilder();
        foreach (PodInfo pod in change.Pods)
        {
            ImmutableArray<AddressClaim> before = pods.TryGetValue(pod.Uid, out PodInfo? known) ? known.Claims : [];
            pods[pod.Uid] = pod;
            if (!before.IsEmpty || !pod.Claims.IsEmpty)
                Replace(owners, new WorkloadKey(WorkloadKind.Pod, pod.Uid), before, pod, pod.Claims);
        }
        foreach (ServiceInfo service in change.Services)
        {
            ImmutableArray<AddressClaim> before = services.TryGetValue(service.Uid, out ServiceInfo? known) ? known.Claims : [];
            services[service.Uid] = service;
            Replace(owners, new WorkloadKey(WorkloadKind.Service, service.Uid), before, service, service.Claims);
        }
        foreach (NodeInfo node in change.Nodes)
        {
            ImmutableArray<AddressClaim> before = nodes.TryGetValue(node.Name, out NodeInfo? known) ? known.Claims : [];
            nodes[node.Name] = node;
            Replace(owners, new WorkloadKey(WorkloadKind.Node, node.Name), before, node, node.Claims);
        }
        return next with
        {
            Pods = pods.ToImmutable(),
            Containers = next.Containers.SetItems(change.Containers.Select(c => KeyValuePair.Create(c.Id, c))),
            Cgroups = next.Cgroups.SetItems(change.Cgroups.Select(c => KeyValuePair.Create((c.Hierarchy, c.Id), c))),
            Services = services.ToImmutable(),
            Nodes = nodes.ToImmutable(),
            Owners = owners.ToImmutable(),
        };
    }

    private static void Replace(ImmutableDictionary<Address, ImmutableArray<Owner>>.Builder owners, WorkloadKey key, ImmutableArray<AddressClaim> before, object entry, ImmutableArray<AddressClaim> claims)
    {
        ulong order = OrderOf(key);
        Release(owners, key, order, before);
        Claim(owners, order, entry, claims);
    }

    private WorkloadIndex Without(ImmutableArray<WorkloadKey> keys)
    {
        var owners = Owners.ToBuilder();
        var pods = Pods.ToBuilder();
        var containers = Containers.ToBuilder();
        var cgroups = Cgroups.ToBuilder();
        var services = Services.ToBuilder();
        var nodes = Nodes.ToBuilder();
        foreach (WorkloadKey key in keys)
        {
            switch (key.Kind)
            {
                case WorkloadKind.Pod when pods.Remove(key.Key, out PodInfo? pod):
                    Release(owners, key, OrderOf(key), pod.Claims);
                    break;
                case WorkloadKind.Container:
                    containers.Remove(key.Key);
                    break;
                case WorkloadKind.Cgroup when CgroupOf(key.Key) is { } cgroup:
                    cgroups.Remove(cgroup);
                    break;
                case WorkloadKind.Service when services.Remove(key.Key, out ServiceInfo? service):
                    Release(owners, key, OrderOf(key), service.Claims);
                    break;
                case WorkloadKind.Node when nodes.Remove(key.Key, out NodeInfo? node):
                    Release(owners, key, OrderOf(key), node.Claims);
                    break;
            }
        }
        return this with
        {
            Owners = owners.ToImmutable(),
            Pods = pods.ToImmutable(),
            Containers = containers.ToImmutable(),
            Cgroups = cgroups.ToImmutable(),
            Services = services.ToImmutable(),
            Nodes = nodes.ToImmutable(),
        };
    }

    /// <summary>Which cgroup a key means; null: none.</summary>
    public static (CgroupHierarchy Hierarchy, ulong Id)? CgroupOf(string key)
    {
        string[] parts = key.Split(':');
        bool isKey = parts.Length == 2 & byte.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out byte hierarchy)
            & ulong.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong id);
        return isKey ? ((CgroupHierarchy)hierarchy, id) : null;
    }

    private static void Release(ImmutableDictionary<Address, ImmutableArray<Owner>>.Builder owners, WorkloadKey key, ulong order, ImmutableArray<AddressClaim> claims)
    {
        foreach (AddressClaim claim in claims)
        {
            ImmutableArray<Owner> rest = owners.TryGetValue(claim.Address, out ImmutableArray<Owner> all) ? all.RemoveAll(o => o.Is(key, order)) : [];
            if (rest.IsEmpty)
                owners.Remove(claim.Address);
            else
                owners[claim.Address] = rest;
        }
    }

    private static void Claim(ImmutableDictionary<Address, ImmutableArray<Owner>>.Builder owners, ulong order, object entry, ImmutableArray<AddressClaim> claims)
    {
        foreach (AddressClaim claim in claims)
        {
            var owner = new Owner(entry, order, claim.SinceNs, claim.UntilNs ?? long.MaxValue);
            owners[claim.Address] = owners.TryGetValue(claim.Address, out ImmutableArray<Owner> others) ? With(others, owner) : [owner];
        }
    }

    /// <summary>Of very many that claim one address, those that began first are let go: each event asks all.</summary>
    private static ImmutableArray<Owner> With(ImmutableArray<Owner> others, Owner owner)
    {
        const int most = 64;
        if (others.Length < most)
            return others.Add(owner);
        int first = 0;
        for (int i = 1; i < others.Length; i++)
            first = IsBefore(others[i], others[first]) ? i : first;
        if (IsBefore(owner, others[first]))
            return others;
        Garbage.Add(most * OwnerBytes); // the others are copied for it
        return others.SetItem(first, owner);
    }

    /// <summary>All that claim an address, whenever.</summary>
    public IEnumerable<WorkloadKey> OwnersOf(Address address) => Owners.TryGetValue(address.OnWire, out ImmutableArray<Owner> owners) ? owners.Select(o => o.Key).Distinct() : [];

    /// <summary>The entries of some keys, as a change.</summary>
    public WorkloadChange Pick(IReadOnlyCollection<WorkloadKey> keys, long observedNs)
    {
        IEnumerable<string> Of(WorkloadKind kind) => keys.Where(k => k.Kind == kind).Select(k => k.Key);
        return new WorkloadChange(observedNs)
        {
            Pods = [.. Of(WorkloadKind.Pod).Select(k => Pods.GetValueOrDefault(k)).OfType<PodInfo>()],
            Containers = [.. Of(WorkloadKind.Container).Select(k => Containers.GetValueOrDefault(k)).OfType<ContainerInfo>()],
            Cgroups = [.. Of(WorkloadKind.Cgroup).Select(k => CgroupOf(k) is { } cgroup ? Cgroups.GetValueOrDefault(cgroup) : null).OfType<CgroupInfo>()],
            Services = [.. Of(WorkloadKind.Service).Select(k => Services.GetValueOrDefault(k)).OfType<ServiceInfo>()],
            Nodes = [.. Of(WorkloadKind.Node).Select(k => Nodes.GetValueOrDefault(k)).OfType<NodeInfo>()],
        };
    }

    /// <summary>
    /// What an address belonged to at a moment: where two claim it, the later; where none does, the first that claims it soon after, because sources
    /// tell of an address after it is in use.
    /// </summary>
    public Peer? PeerAt(Address address, long bootNs)
    {
        if (Owners.IsEmpty || !Owners.TryGetValue(address.OnWire, out ImmutableArray<Owner> owners))
            return null;
        Owner? holder = null, successor = null;
        foreach (Owner owner in owners)
        {
            if (owner.Holds(bootNs) && (holder is not { } h || IsBefore(h, owner)))
                holder = owner;
            if (owner.SinceNs > bootNs && owner.SinceNs - bootNs <= ToldLateNs && (successor is not { } s || IsBefore(owner, s)))
                successor = owner;
        }
        return (holder ?? successor)?.Peer;
    }

    // A node before a service before a pod, in the two bits above the hash
    private static ulong OrderOf(WorkloadKey key)
    {
        const int kindBits = 2, shift = 64 - kindBits;
        ulong kind = key.Kind switch
        {
            WorkloadKind.Pod => 2,
            WorkloadKind.Service => 1,
            _ => 0,
        };
        return (kind << shift) | (XxHash3.HashToUInt64(MemoryMarshal.AsBytes(key.Key.AsSpan())) >> kindBits);
    }

    /// <summary>Keys that were compared in full: those of entries that nothing else tells apart.</summary>
    [field: ThreadStatic]
    internal static long KeysCompared { get; private set; }

    /// <summary>Of the same time: by kind and key, so that the order in which they became known does not matter. The key by its hash, unless two have the same.</summary>
    private static bool IsBefore(in Owner a, in Owner b)
    {
        if (a.SinceNs != b.SinceNs)
            return a.SinceNs < b.SinceNs;
        if (a.Order != b.Order || ReferenceEquals(a.Entry, b.Entry))
            return a.Order < b.Order;
        KeysCompared++;
        return string.CompareOrdinal(a.Key.Key, b.Key.Key) < 0;
    }
}
