using System.Collections.Immutable;
using System.Runtime.InteropServices;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Replay.Names;

/// <summary>
/// What is no longer sure where a record of metadata was lost, or may have been: whose an address is, for a pod may have ended in it. Who
/// reads the damaged trace is told of the damage; of the recovered one that is to be true as it stands. So there, addresses belong to
/// nobody from the damage on until it is said again. Names by cgroup, container and uid stay true: these are never used again.
/// </summary>
internal sealed class NamesInDoubt
{
    private readonly NamesSoFar _known = new();

    // What may have an open claim: a damage costs the time of what became known since the last one, not of everything that is known
    private readonly HashSet<WorkloadKey> _open = [];
    private uint? _lostSequence;
    private bool _inDoubt, _metadataLost;
    private long _lastNs = long.MinValue;

    private const int EntryBytes = 256;

    // What the recovered trace has: ends of claims are more than the damaged one had, and a reader takes no more than so much of all
    private readonly MetadataCount _written = new();
    private bool _isSaidAgain;

    // Of a merged trace: each source has names, and times, of its own
    private readonly SortedSet<int> _sources = [];
    private bool _isMerged;

    /// <summary>A trace begins.</summary>
    /// <param name="isMerged">Whether it has names of several sources.</param>
    public void OnHeader(bool isMerged)
    {
        _isMerged = isMerged;
        _sources.Clear();
        Clear();
        _lastNs = long.MinValue;
        _written.Clear();
        _isSaidAgain = false;
    }

    /// <summary>Lets go of all that is known.</summary>
    public void Clear()
    {
        _known.Clear();
        _open.Clear();
    }

    /// <summary>Entries that the recovered trace cannot have.</summary>
    public long LeftOut { get; private set; }

    /// <summary>Entries that were looked at for open claims.</summary>
    internal long Looked { get; private set; }

    public void OnEvents(BlockHeader block) => _lastNs = Math.Max(_lastNs, block.MaxTimestamp);

    /// <param name="change">What a record says.</param>
    /// <param name="bytes">Its length.</param>
    public void OnWorkloads(WorkloadChange change, int bytes)
    {
        if (_isMerged)
        {
            _sources.Add(change.Source);
            return;
        }
        _inDoubt &= !change.IsCheckpoint; // which says everything again
        _isSaidAgain &= !change.IsCheckpoint;
        _written.Add(change, bytes);
        _lastNs = Math.Max(_lastNs, change.ObservedNs);
        if (change.IsCheckpoint)
            _open.Clear();
        _known.Take(change);
        _open.UnionWith(change.Pods.Where(p => IsOpen(p.Claims)).Select(p => new WorkloadKey(WorkloadKind.Pod, p.Uid)));
        _open.UnionWith(change.Services.Where(s => IsOpen(s.Claims)).Select(s => new WorkloadKey(WorkloadKind.Service, s.Uid)));
        _open.UnionWith(change.Nodes.Where(n => IsOpen(n.Claims)).Select(n => new WorkloadKey(WorkloadKind.Node, n.Name)));
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

    /// <summary>What has to be said before a record: what ends the claims that are in doubt; nothing, if none is.</summary>
    /// <param name="next">What the record says of names.</param>
    /// <param name="bytes">Its length.</param>
    public IEnumerable<WorkloadChange> TakeDoubts(WorkloadChange? next = null, int bytes = 0)
    {
        if (_isMerged)
            return TakeAll();
        if (next is { IsCheckpoint: true })
            return [];
        WorkloadChange? said = _inDoubt ? EndOpen() : null;
        int parts = next?.Parts ?? 0;
        if (!_written.HasRoomFor((said?.RecordBytes ?? 0) + bytes, (said?.Parts ?? 0) + parts))
            said = SayAgain(bytes, parts);
        if (said is null)
            return [];
        _written.Add(said, said.RecordBytes);
        return said.Split();
    }

    /// <summary>
    /// Everything as it is known now, so that a reader forgets what was said before: that is no more than the damaged trace had. It is done
    /// once for each checkpoint of that, or a short file with many damages would become a very long one; then nothing is known until it is
    /// said anew.
    /// </summary>
    private WorkloadChange SayAgain(int nextBytes, int nextParts)
    {
        WorkloadChange all = _known.ToCheckpoint(_lastNs);
        GarbageBudget.Add((long)all.Entries * EntryBytes); // what was made of it until now
        if (!_isSaidAgain && new MetadataCount().HasRoomFor(all.RecordBytes + nextBytes, all.Parts + nextParts))
        {
            _isSaidAgain = true;
            return all;
        }
        LeftOut += all.Entries;
        Clear();
        return new WorkloadChange(_lastNs) { IsCheckpoint = true };
    }

    /// <summary>Of a merged trace, all names are let go until they are said again: a checkpoint of nothing, of each source.</summary>
    private WorkloadChange[] TakeAll()
    {
        bool isDue = _inDoubt || _metadataLost;
        WorkloadChange[] all = isDue ? [.. _sources.Select(s => new WorkloadChange(0) { Source = s, IsCheckpoint = true })] : [];
        _inDoubt = _metadataLost = false;
        return all;
    }

    private WorkloadChange? EndOpen()
    {
        Looked += _open.Count;
        WorkloadChange doubts = _known.Change(_open, _lastNs, claims => IsOpen(claims) ? Ended(claims) : null);
        _open.Clear();
        GarbageBudget.Add((long)doubts.Entries * EntryBytes); // each replaces another
        // Without any entry it still tells that there were names, and that who is not known is not the host's
        bool isWorthSaying = !doubts.IsEmpty || _metadataLost;
        _inDoubt = _metadataLost = false;
        return isWorthSaying ? doubts : null;
    }

    private bool IsOpen(ImmutableArray<AddressClaim> claims)
    {
        foreach (AddressClaim claim in claims)
        {
            if (IsOpen(claim))
                return true;
        }
        return false;
    }

    private bool IsOpen(in AddressClaim claim) => claim.UntilNs is not { } until || until > _lastNs;

    private ImmutableArray<AddressClaim> Ended(ImmutableArray<AddressClaim> claims)
    {
        var ended = new AddressClaim[claims.Length];
        for (int i = 0; i < ended.Length; i++)
            ended[i] = IsOpen(claims[i]) ? claims[i] with { UntilNs = _lastNs } : claims[i];
        return ImmutableCollectionsMarshal.AsImmutableArray(ended);
    }
}
