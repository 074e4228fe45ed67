using System.Collections.Immutable;
using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Workloads;

/// <summary>All entries of a <see cref="WorkloadView"/>, found by their keys and by address. It never changes.</summary>
public sealed record WorkloadIndex
{
    /// <summary>A claim may begin so many nanoseconds after an event and still name it: sources report a new address late.</summary>
    private const long LateReportNs = 5_000_000_000;
    private const int OwnerBytes = 32;

    // Initialised first: Empty uses it
    private static readonly IEqualityComparer<(CgroupHierarchy Hierarchy, ulong Id)> s_cgroupKeys =
        EqualityComparer<(CgroupHierarchy Hierarchy, ulong Id)>.Create(
            (a, b) => a == b, k => SeededHash.HashOf((ulong)k.Hierarchy, k.Id));

    /// <summary>An index without entries.</summary>
    public static readonly WorkloadIndex Empty = new();

    /// <summary>Pods by uid.</summary>
    public ImmutableDictionary<string, PodInfo> Pods { get; private init; } = ImmutableDictionary<string, PodInfo>.Empty;

    /// <summary>Containers by id.</summary>
    public ImmutableDictionary<string, ContainerInfo> Containers { get; private init; } = ImmutableDictionary<string, ContainerInfo>.Empty;

    /// <summary>Cgroups by hierarchy and id.</summary>
    public ImmutableDictionary<(CgroupHierarchy Hierarchy, ulong Id), CgroupInfo> Cgroups { get; private init; } =
        ImmutableDictionary.Create<(CgroupHierarchy Hierarchy, ulong Id), CgroupInfo>(s_cgroupKeys);

    /// <summary>Services by uid.</summary>
    public ImmutableDictionary<string, ServiceInfo> Services { get; private init; } = ImmutableDictionary<string, ServiceInfo>.Empty;

    /// <summary>Nodes by name.</summary>
    public ImmutableDictionary<string, NodeInfo> Nodes { get; private init; } = ImmutableDictionary<string, NodeInfo>.Empty;

    private ImmutableDictionary<Address, ImmutableArray<Owner>> Owners { get; init; } =
        ImmutableDictionary<Address, ImmutableArray<Owner>>.Empty;

    /// <summary>An entry that an address belonged to, and when.</summary>
    /// <param name="Entry">The pod, service or node. Its names for printing are made on demand, because most are never printed.</param>
    /// <param name="Order">Decides between entries that claim the address since the same moment: the kind, then a hash of the key. The keys
    /// themselves may be long, and one event may compare many.</param>
    /// <param name="SinceNs">Since when, in nanoseconds of boot time.</param>
    /// <param name="UntilNs">Until when; that moment does not belong to it. <see cref="long.MaxValue"/>: it still holds.</param>
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

    /// <summary>Whether it has no entries.</summary>
    public bool IsEmpty => Pods.IsEmpty && Containers.IsEmpty && Cgroups.IsEmpty && Services.IsEmpty && Nodes.IsEmpty;

    /// <summary>All entries as one checkpoint. They are sorted, so that the same entries make the same bytes in a trace.</summary>
    /// <param name="observedNs">The time of the checkpoint, in nanoseconds of boot time.</param>
    public WorkloadChange ToCheckpoint(long observedNs) => new(observedNs)
    {
        IsCheckpoint = true,
        Pods = [.. Pods.Values.OrderBy(p => p.Uid, StringComparer.Ordinal)],
        Containers = [.. Containers.Values.OrderBy(c => c.Id, StringComparer.Ordinal)],
        Cgroups = [.. Cgroups.Values.OrderBy(c => (c.Hierarchy, c.Id))],
        Services = [.. Services.Values.OrderBy(s => s.Uid, StringComparer.Ordinal)],
        Nodes = [.. Nodes.Values.OrderBy(n => n.Name, StringComparer.Ordinal)],
    };

    /// <summary>The index after a change: entries are added, replaced and forgotten.</summary>
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

    private static void Replace(
        ImmutableDictionary<Address, ImmutableArray<Owner>>.Builder owners,
        WorkloadKey key, ImmutableArray<AddressClaim> before, object entry, ImmutableArray<AddressClaim> claims)
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

    /// <summary>Parses the key of a cgroup, such as <c>1:4711</c>; null: it is not one.</summary>
    public static (CgroupHierarchy Hierarchy, ulong Id)? CgroupOf(string key)
    {
        string[] parts = key.Split(':');
        bool isKey = parts.Length == 2 & byte.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out byte hierarchy)
            & ulong.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong id);
        return isKey ? ((CgroupHierarchy)hierarchy, id) : null;
    }

    private static void Release(
        ImmutableDictionary<Address, ImmutableArray<Owner>>.Builder owners,
        WorkloadKey key, ulong order, ImmutableArray<AddressClaim> claims)
    {
        foreach (AddressClaim claim in claims)
        {
            ImmutableArray<Owner> rest =
                owners.TryGetValue(claim.Address, out ImmutableArray<Owner> all) ? all.RemoveAll(o => o.Is(key, order)) : [];
            if (rest.IsEmpty)
                owners.Remove(claim.Address);
            else
                owners[claim.Address] = rest;
        }
    }

    private static void Claim(
        ImmutableDictionary<Address, ImmutableArray<Owner>>.Builder owners, ulong order, object entry, ImmutableArray<AddressClaim> claims)
    {
        foreach (AddressClaim claim in claims)
        {
            var owner = new Owner(entry, order, claim.SinceNs, claim.UntilNs ?? long.MaxValue);
            owners[claim.Address] = owners.TryGetValue(claim.Address, out ImmutableArray<Owner> others) ? With(others, owner) : [owner];
        }
    }

    /// <summary>
    /// Adds an entry that claims an address. Of more than 64 the oldest claim is dropped, because each event looks at all of them.
    /// </summary>
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
        GarbageBudget.Add(most * OwnerBytes); // the array is copied
        return others.SetItem(first, owner);
    }

    /// <summary>The keys of all entries that claim an address, at any time.</summary>
    public IEnumerable<WorkloadKey> OwnersOf(Address address) =>
        Owners.TryGetValue(address.OnWire, out ImmutableArray<Owner> owners) ? owners.Select(o => o.Key).Distinct() : [];

    /// <summary>The entries with some keys, as a change; unknown keys are left out.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="observedNs">The time of the change, in nanoseconds of boot time.</param>
    public WorkloadChange Pick(IReadOnlyCollection<WorkloadKey> keys, long observedNs)
    {
        IEnumerable<string> Of(WorkloadKind kind) => keys.Where(k => k.Kind == kind).Select(k => k.Key);
        return new WorkloadChange(observedNs)
        {
            Pods = [.. Of(WorkloadKind.Pod).Select(k => Pods.GetValueOrDefault(k)).OfType<PodInfo>()],
            Containers = [.. Of(WorkloadKind.Container).Select(k => Containers.GetValueOrDefault(k)).OfType<ContainerInfo>()],
            Cgroups = [.. Of(WorkloadKind.Cgroup)
                .Select(k => CgroupOf(k) is { } cgroup ? Cgroups.GetValueOrDefault(cgroup) : null).OfType<CgroupInfo>()],
            Services = [.. Of(WorkloadKind.Service).Select(k => Services.GetValueOrDefault(k)).OfType<ServiceInfo>()],
            Nodes = [.. Of(WorkloadKind.Node).Select(k => Nodes.GetValueOrDefault(k)).OfType<NodeInfo>()],
        };
    }

    /// <summary>
    /// The entry that an address belonged to at a moment. If several claim it, the latest claim counts. If none does, the first claim soon
    /// after that moment counts, because sources report an address when it is already in use.
    /// </summary>
    /// <param name="address">The address.</param>
    /// <param name="bootNs">The moment, in nanoseconds of boot time.</param>
    public Peer? PeerAt(Address address, long bootNs) => Find(address, bootNs)?.Peer;

    /// <summary>The pod, service or node itself that <see cref="PeerAt"/> takes; null: none.</summary>
    public object? EntryAt(Address address, long bootNs) => Find(address, bootNs)?.Entry;

    /// <summary>Which entry <see cref="PeerAt"/> takes; null: none.</summary>
    public WorkloadKey? OwnerAt(Address address, long bootNs) => Find(address, bootNs)?.Key;

    /// <summary>Whether anything claims an address, whenever.</summary>
    public bool IsClaimed(Address address) => Owners.ContainsKey(address.OnWire);

    private Owner? Find(Address address, long bootNs)
    {
        if (Owners.IsEmpty || !Owners.TryGetValue(address.OnWire, out ImmutableArray<Owner> owners))
            return null;
        Owner? holder = null, successor = null;
        foreach (Owner owner in owners)
        {
            if (owner.Holds(bootNs) && (holder is not { } h || IsBefore(h, owner)))
                holder = owner;
            if (owner.SinceNs > bootNs && owner.SinceNs - bootNs <= LateReportNs && (successor is not { } s || IsBefore(owner, s)))
                successor = owner;
        }
        return holder ?? successor;
    }

    // The two upper bits order the kinds: node, service, pod
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

    /// <summary>How often this thread had to compare two whole keys, because nothing else told them apart. Tests read it.</summary>
    [field: ThreadStatic]
    internal static long KeysCompared { get; private set; }

    /// <summary>
    /// Orders claims by their beginning. Claims of the same moment are ordered by kind and key, so that it does not matter which became
    /// known first. Keys are compared by hash, and in full only if the hashes are equal.
    /// </summary>
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
