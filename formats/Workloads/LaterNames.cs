using System.Collections.Concurrent;
using System.Collections.Immutable;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Workloads;

/// <summary>
/// All names of a trace, for hindsight. They fill what a view does not know, and change nothing that it knows: what was told when an event
/// was seen is nearer to the truth than what was told of that time later. Several threads may use it.
/// </summary>
/// <param name="index">All names.</param>
internal sealed class LaterNames(WorkloadIndex index)
{
    private readonly ConcurrentDictionary<Address, ImmutableArray<AddressOwner>> _timelines = new();

    /// <summary>A pod with what is known later where it was not known before; null: never known.</summary>
    public PodInfo? Fill(string uid, PodInfo? seen)
    {
        PodInfo? later = index.Pods.GetValueOrDefault(uid);
        if (seen is null || later is null || ReferenceEquals(seen, later))
            return seen ?? later;
        bool isFull = seen.Owner.Length > 0 && seen.Node.Length > 0 && !seen.Labels.IsEmpty && !seen.Claims.IsEmpty;
        return isFull ? seen : seen with
        {
            Node = seen.Node.Length > 0 ? seen.Node : later.Node,
            Owner = seen.Owner.Length > 0 ? seen.Owner : later.Owner,
            Labels = seen.Labels.IsEmpty ? later.Labels : seen.Labels,
            Claims = seen.Claims.IsEmpty ? later.Claims : seen.Claims,
        };
    }

    /// <summary>A container that was not known, or had no name.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="podUid">The pod in which it was seen; empty: not known.</param>
    /// <param name="seen">What was known of it.</param>
    public ContainerInfo? Fill(string id, string podUid, ContainerInfo? seen) =>
        seen is { Name.Length: > 0 } || !index.Containers.TryGetValue(id, out ContainerInfo? later)
            || (podUid.Length > 0 && later.PodUid != podUid) || (seen is not null && later.PodUid != seen.PodUid)
            ? seen : later;

    /// <summary>A cgroup; null: never known.</summary>
    public CgroupInfo? Cgroup((CgroupHierarchy Hierarchy, ulong Id) key) => index.Cgroups.GetValueOrDefault(key);

    /// <summary>Whether anything claims an address, whenever.</summary>
    public bool IsClaimed(Address address) => index.IsClaimed(address);

    /// <summary>Who had an address at a moment at which the view knows nobody.</summary>
    /// <param name="address">The address.</param>
    /// <param name="bootNs">The moment.</param>
    /// <param name="seen">The claims on it that the view knows.</param>
    public AddressOwner? FindInGap(Address address, long bootNs, ImmutableArray<AddressOwner> seen)
    {
        AddressOwner? next = null;
        foreach (AddressOwner owner in TimelineOf(address))
        {
            if (owner.Holds(bootNs))
                return owner;
            if (owner.UntilNs <= bootNs || FirstFree(owner, seen) is not { } since || since <= bootNs
                || since - bootNs > AddressOwner.LateReportNs)
            {
                continue;
            }
            if (next is not { } n || since < n.SinceNs)
                next = owner with { SinceNs = since };
        }
        return next;
    }

    /// <summary>
    /// An entry as a view without hindsight would have to know it, to name the same: with the claims, too, by which it fills gaps.
    /// </summary>
    /// <param name="key">Its key.</param>
    /// <param name="seen">What the view knows; null: nothing.</param>
    /// <param name="view">All that the view knows.</param>
    /// <returns>The pod, service, node, container or cgroup; null: never known.</returns>
    public object? Fill(WorkloadKey key, object? seen, WorkloadIndex view)
    {
        switch (key.Kind)
        {
            case WorkloadKind.Pod:
                PodInfo? known = index.Pods.GetValueOrDefault(key.Key);
                return Fill(key.Key, seen as PodInfo) is not { } pod ? null : pod with
                {
                    Claims = [.. (seen as PodInfo)?.Claims ?? [], .. ClaimsInGaps(key, known?.Claims, view)],
                };
            case WorkloadKind.Service:
                ServiceInfo? service = index.Services.GetValueOrDefault(key.Key);
                return (seen as ServiceInfo ?? service) is not { } s ? null : s with
                {
                    Claims = [.. (seen as ServiceInfo)?.Claims ?? [], .. ClaimsInGaps(key, service?.Claims, view)],
                };
            case WorkloadKind.Node:
                NodeInfo? node = index.Nodes.GetValueOrDefault(key.Key);
                return (seen as NodeInfo ?? node) is not { } n ? null : n with
                {
                    Claims = [.. (seen as NodeInfo)?.Claims ?? [], .. ClaimsInGaps(key, node?.Claims, view)],
                };
            case WorkloadKind.Container:
                return Fill(key.Key, "", seen as ContainerInfo);
            default:
                return seen ?? (WorkloadIndex.CgroupOf(key.Key) is { } cgroup ? Cgroup(cgroup) : null);
        }
    }

    private IEnumerable<AddressClaim> ClaimsInGaps(WorkloadKey key, ImmutableArray<AddressClaim>? claims, WorkloadIndex view) =>
        (claims ?? []).Select(c => c.Address).Distinct().SelectMany(a => ClaimsInGaps(key, a, view.ClaimsOn(a)));

    /// <summary>What an entry has of an address while nobody is known to have it.</summary>
    /// <param name="key">The key of the entry.</param>
    /// <param name="address">The address.</param>
    /// <param name="seen">The claims on it that the view knows.</param>
    private IEnumerable<AddressClaim> ClaimsInGaps(WorkloadKey key, Address address, ImmutableArray<AddressOwner> seen)
    {
        foreach (AddressOwner owner in TimelineOf(address))
        {
            if (owner.Key != key)
                continue;
            for (AddressOwner? rest = owner; rest is { } left && FirstFree(left, seen) is { } since;)
            {
                long until = Math.Min(left.UntilNs, seen.Select(FromNs).Where(s => s > since).DefaultIfEmpty(long.MaxValue).Min());
                yield return new AddressClaim(address, since, until == long.MaxValue ? null : until);
                rest = until < left.UntilNs ? left with { SinceNs = until } : null;
            }
        }
    }

    /// <summary>From when on a claim names events: also a little before it begins.</summary>
    private static long FromNs(AddressOwner owner) =>
        owner.SinceNs < long.MinValue + AddressOwner.LateReportNs ? long.MinValue : owner.SinceNs - AddressOwner.LateReportNs;

    /// <summary>The first moment of a claim at which no other claim counts; null: there is none.</summary>
    private static long? FirstFree(AddressOwner owner, ImmutableArray<AddressOwner> seen)
    {
        long since = owner.SinceNs;
        for (bool isMoved = true; isMoved;)
        {
            isMoved = false;
            foreach (AddressOwner other in seen)
            {
                if (FromNs(other) > since || since >= other.UntilNs)
                    continue;
                if (other.UntilNs >= owner.UntilNs)
                    return null;
                (since, isMoved) = (other.UntilNs, true);
            }
        }
        return since < owner.UntilNs ? since : null;
    }

    /// <summary>Who had an address, one after the other: at each moment the latest claim counts.</summary>
    private ImmutableArray<AddressOwner> TimelineOf(Address address) =>
        _timelines.GetOrAdd(address.OnWire, a => Timeline(index.ClaimsOn(a)));

    private static ImmutableArray<AddressOwner> Timeline(ImmutableArray<AddressOwner> claims)
    {
        long[] moments = [.. claims.SelectMany(c => new[] { c.SinceNs, c.UntilNs }).Distinct().Order()];
        var owners = ImmutableArray.CreateBuilder<AddressOwner>();
        for (int i = 0; i < moments.Length; i++)
        {
            if (moments[i] == long.MaxValue || Holder(claims, moments[i]) is not { } holder)
                continue;
            AddressOwner part = holder with { SinceNs = moments[i], UntilNs = i + 1 < moments.Length ? moments[i + 1] : long.MaxValue };
            if (owners.Count > 0 && owners[^1].UntilNs == part.SinceNs && ReferenceEquals(owners[^1].Entry, part.Entry))
                owners[^1] = owners[^1] with { UntilNs = part.UntilNs };
            else
                owners.Add(part);
        }
        return owners.ToImmutable();
    }

    private static AddressOwner? Holder(ImmutableArray<AddressOwner> claims, long bootNs)
    {
        AddressOwner? holder = null;
        foreach (AddressOwner claim in claims)
        {
            if (claim.Holds(bootNs) && (holder is not { } h || AddressOwner.IsBefore(h, claim)))
                holder = claim;
        }
        return holder;
    }
}
