using System.Collections.Immutable;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Replay.Names;

/// <summary>
/// For hindsight, what a record says is added to what was said before. A later record may leave out what an earlier one said: the time in
/// which an address belonged to a pod, its owner, or its labels.
/// </summary>
internal static class AddedNames
{
    private const int ClaimsKept = 256; // of one entry: as many as a recorder keeps

    /// <summary>A change that says what it says, and what was known before.</summary>
    public static WorkloadChange To(WorkloadIndex known, WorkloadChange change) => change with
    {
        Pods = [.. change.Pods.Select(p => known.Pods.TryGetValue(p.Uid, out PodInfo? before) ? Add(before, p, change.ObservedNs) : p)],
        Containers =
        [
            .. change.Containers.Where(c => c.Name.Length > 0 || known.Containers.GetValueOrDefault(c.Id) is not { Name.Length: > 0 }),
        ],
        Services =
        [
            .. change.Services.Select(s => known.Services.TryGetValue(s.Uid, out ServiceInfo? before)
                ? s with { Claims = Add(before.Claims, s.Claims, change.ObservedNs) } : s),
        ],
        Nodes =
        [
            .. change.Nodes.Select(n => known.Nodes.TryGetValue(n.Name, out NodeInfo? before)
                ? n with { Claims = Add(before.Claims, n.Claims, change.ObservedNs) } : n),
        ],
    };

    private static PodInfo Add(PodInfo before, PodInfo now, long observedNs) => now with
    {
        Node = now.Node.Length > 0 ? now.Node : before.Node,
        Owner = now.Owner.Length > 0 ? now.Owner : before.Owner,
        Labels = now.Labels.IsEmpty ? before.Labels : now.Labels,
        Claims = Add(before.Claims, now.Claims, observedNs),
    };

    /// <summary>A claim that is not said again has ended by then.</summary>
    private static ImmutableArray<AddressClaim> Add(ImmutableArray<AddressClaim> before, ImmutableArray<AddressClaim> now, long observedNs)
    {
        if (before.IsEmpty)
            return now;
        var all = now.ToBuilder();
        foreach (AddressClaim claim in before.Take(ClaimsKept))
        {
            if (all.Count >= ClaimsKept || now.Any(n => n.SinceNs == claim.SinceNs && n.Address.Equals(claim.Address)))
                continue;
            all.Add(claim.UntilNs is null ? claim with { UntilNs = Math.Max(claim.SinceNs, observedNs) } : claim);
        }
        return all.ToImmutable();
    }
}
