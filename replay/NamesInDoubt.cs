using System.Collections.Immutable;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.TraceFile;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Replay;

/// <summary>
/// What is no longer sure where a record of metadata was lost, or may have been: whose an address is, for a pod may have ended in it. Who reads the
/// damaged trace is told of the damage; of the recovered one that is to be true as it stands. So there, addresses belong to nobody from the damage
/// on until it is said again. Names by cgroup, container and uid stay true: these are never used again.
/// </summary>
internal sealed class NamesInDoubt
{
    private WorkloadIndex _known = WorkloadIndex.Empty;

    // What may have an open claim: a damage costs the time of what became known since the last one, not of everything that is known
    private readonly HashSet<WorkloadKey> _open = [];
    private uint? _lostSequence;
    private bool _inDoubt, _metadataLost;
    private long _lastNs = long.MinValue;

    /// <summary>A trace begins.</summary>
    public void OnHeader()
    {
        _known = WorkloadIndex.Empty;
        _open.Clear();
        _lastNs = long.MinValue;
    }

    /// <summary>Entries that were looked at for open claims.</summary>
    internal long Looked { get; private set; }

    public void OnEvents(BlockHeader block) => _lastNs = Math.Max(_lastNs, block.MaxTimestamp);

    public void OnWorkloads(WorkloadChange change)
    {
        _inDoubt &= !change.IsCheckpoint; // which says everything again
        _lastNs = Math.Max(_lastNs, change.ObservedNs);
        Know(change);
        _open.UnionWith(change.Pods.Where(p => IsOpen(p.Claims)).Select(p => new WorkloadKey(WorkloadKind.Pod, p.Uid)));
        _open.UnionWith(change.Services.Where(s => IsOpen(s.Claims)).Select(s => new WorkloadKey(WorkloadKind.Service, s.Uid)));
        _open.UnionWith(change.Nodes.Where(n => IsOpen(n.Claims)).Select(n => new WorkloadKey(WorkloadKind.Node, n.Name)));
    }

    private void Know(WorkloadChange change)
    {
        if (change.IsCheckpoint)
            _open.Clear();
        _known = (change.IsCheckpoint ? WorkloadIndex.Empty : _known).With(change);
    }

    /// <param name="damage">What is wrong.</param>
    /// <param name="announced">The record that is damaged, if its block header is good.</param>
    public void OnDamage(TraceDamage damage, BlockHeader? announced)
    {
        if (damage.Fault == TraceFault.OutOfOrder)
            return;
        _metadataLost |= announced is { Kind: RecordKind.Metadata };
        // Another kind is all that was lost if the next in order follows
        _lostSequence = announced is { Kind: not RecordKind.Metadata } other ? other.Sequence : null;
        _inDoubt |= _lostSequence is null;
    }

    public void OnBlockHeader(BlockHeader header)
    {
        _inDoubt |= _lostSequence is { } lost && header.Sequence != lost + 1;
        _lostSequence = null;
    }

    /// <summary>What ends the claims that are in doubt; nothing, if none is.</summary>
    public IEnumerable<WorkloadChange> TakeDoubts()
    {
        if (!_inDoubt)
            return [];
        WorkloadChange open = _known.Pick(_open, _lastNs);
        Looked += _open.Count;
        _open.Clear();
        WorkloadChange doubts = open with
        {
            Pods = [.. open.Pods.Where(p => IsOpen(p.Claims)).Select(p => p with { Claims = Ended(p.Claims) })],
            Services = [.. open.Services.Where(s => IsOpen(s.Claims)).Select(s => s with { Claims = Ended(s.Claims) })],
            Nodes = [.. open.Nodes.Where(n => IsOpen(n.Claims)).Select(n => n with { Claims = Ended(n.Claims) })],
        };
        // Without any entry it still tells that there were names, and that who is not known is not the host's
        bool isWorthSaying = !doubts.IsEmpty || _metadataLost;
        _inDoubt = _metadataLost = false;
        Know(doubts);
        return isWorthSaying ? doubts.Split() : [];
    }

    private bool IsOpen(ImmutableArray<AddressClaim> claims) => claims.Any(IsOpen);

    private bool IsOpen(AddressClaim claim) => claim.UntilNs is not { } until || until > _lastNs;

    private ImmutableArray<AddressClaim> Ended(ImmutableArray<AddressClaim> claims) => [.. claims.Select(c => IsOpen(c) ? c with { UntilNs = _lastNs } : c)];
}
