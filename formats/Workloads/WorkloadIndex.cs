using System.Collections.Immutable;
using System.Globalization;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Workloads;

/// <summary>All entries of a <see cref="WorkloadView"/>, found by their keys and by address. It never changes.</summary>
public sealed record WorkloadIndex
{
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

    private ImmutableDictionary<Address, ImmutableArray<AddressOwner>> Owners { get; init; } =
        ImmutableDictionary<Address, ImmutableArray<AddressOwner>>.Empty;

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
        ImmutableDictionary<Address, ImmutableArray<AddressOwner>>.Builder owners,
        WorkloadKey key, ImmutableArray<AddressClaim> before, object entry, ImmutableArray<AddressClaim> claims)
    {
        ulong order = AddressOwner.OrderOf(key);
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
                    Release(owners, key, AddressOwner.OrderOf(key), pod.Claims);
                    break;
                case WorkloadKind.Container:
                    containers.Remove(key.Key);
                    break;
                case WorkloadKind.Cgroup when CgroupOf(key.Key) is { } cgroup:
                    cgroups.Remove(cgroup);
                    break;
                case WorkloadKind.Service when services.Remove(key.Key, out ServiceInfo? service):
                    Release(owners, key, AddressOwner.OrderOf(key), service.Claims);
                    break;
                case WorkloadKind.Node when nodes.Remove(key.Key, out NodeInfo? node):
                    Release(owners, key, AddressOwner.OrderOf(key), node.Claims);
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
        ImmutableDictionary<Address, ImmutableArray<AddressOwner>>.Builder owners,
        WorkloadKey key, ulong order, ImmutableArray<AddressClaim> claims)
    {
        foreach (AddressClaim claim in claims)
        {
            ImmutableArray<AddressOwner> rest =
                owners.TryGetValue(claim.Address, out ImmutableArray<AddressOwner> all) ? all.RemoveAll(o => o.Is(key, order)) : [];
            if (rest.IsEmpty)
                owners.Remove(claim.Address);
            else
                owners[claim.Address] = rest;
        }
    }

    private static void Claim(
        ImmutableDictionary<Address, ImmutableArray<AddressOwner>>.Builder owners,
        ulong order, object entry, ImmutableArray<AddressClaim> claims)
    {
        foreach (AddressClaim claim in claims)
        {
            var owner = new AddressOwner(entry, order, claim.SinceNs, claim.UntilNs ?? long.MaxValue);
            owners[claim.Address] =
                owners.TryGetValue(claim.Address, out ImmutableArray<AddressOwner> others) ? With(others, owner) : [owner];
        }
    }

    /// <summary>
    /// Adds an entry that claims an address. Of more than 64 the oldest claim is dropped, because each event looks at all of them.
    /// </summary>
    private static ImmutableArray<AddressOwner> With(ImmutableArray<AddressOwner> others, AddressOwner owner)
    {
        const int most = 64;
        if (others.Length < most)
            return others.Add(owner);
        int first = 0;
        for (int i = 1; i < others.Length; i++)
            first = AddressOwner.IsBefore(others[i], others[first]) ? i : first;
        if (AddressOwner.IsBefore(owner, others[first]))
            return others;
        GarbageBudget.Add(most * OwnerBytes); // the array is copied
        return others.SetItem(first, owner);
    }

    /// <summary>The keys of all entries that claim an address, at any time.</summary>
    public IEnumerable<WorkloadKey> OwnersOf(Address address) =>
        Owners.TryGetValue(address.OnWire, out ImmutableArray<AddressOwner> owners) ? owners.Select(o => o.Key).Distinct() : [];

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

    /// <summary>Who claims an address, at any time; none: nobody.</summary>
    internal ImmutableArray<AddressOwner> ClaimsOn(Address address) =>
        Owners.TryGetValue(address.OnWire, out ImmutableArray<AddressOwner> owners) ? owners : [];

    /// <summary>The claim by which an address is named at a moment; null: none.</summary>
    internal AddressOwner? Find(Address address, long bootNs) =>
        Owners.IsEmpty || !Owners.TryGetValue(address.OnWire, out ImmutableArray<AddressOwner> owners)
            ? null : AddressOwner.Find(owners, bootNs);
}
