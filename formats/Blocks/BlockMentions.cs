using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Blocks;

/// <summary>
/// What some rows mention, for a copy that has the names of these rows only: their owners, their addresses, and which entry each address
/// belonged to when its connection began. Of rows of one source.
/// </summary>
public sealed class BlockMentions
{
    private readonly HashSet<ProcessIdentity> _processes = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<Address> _addresses = [];
    private readonly HashSet<(WorkloadKey Owner, Address Address)> _owned = [];
    private readonly HashSet<(ulong Unified, ulong Memory)> _farCgroups = new(SeededHash.Two);

    private BlockMentions(int source) => Source = source;

    /// <summary>Of which of the merged traces the rows are.</summary>
    public int Source { get; }

    /// <summary>The owners of the rows.</summary>
    public IReadOnlyCollection<ProcessIdentity> Processes => _processes;

    /// <summary>Both ends of the rows, as they are on the wire.</summary>
    public IReadOnlyCollection<Address> Addresses => _addresses;

    /// <summary>The entry that an address of a row is named by.</summary>
    public IReadOnlyCollection<(WorkloadKey Owner, Address Address)> Owned => _owned;

    /// <summary>The cgroups of processes at the other ends.</summary>
    public IReadOnlyCollection<(ulong Unified, ulong Memory)> FarCgroups => _farCgroups;

    /// <summary>What is known of an end that was met.</summary>
    private enum EndState : byte
    {
        New,
        Unclaimed,
        Claimed,
    }

    /// <summary>What rows of a block mention, of each source apart.</summary>
    /// <param name="block">A loaded block.</param>
    /// <param name="rows">Numbers of rows.</param>
    /// <param name="view">What was known where the block stands.</param>
    public static IReadOnlyCollection<BlockMentions> Of(EventBlock block, ReadOnlySpan<int> rows, WorkloadView view)
    {
        block.PrepareRows();
        var met = new Met(block, view);
        ReadOnlySpan<int> openings = block.OpeningOfRow;
        bool[] seen = new bool[block.Openings];
        bool hasFar = block.HasFarCgroups;
        foreach (int row in rows)
        {
            int opening = openings[row];
            if (hasFar)
                met.AddFar(opening, block.FarCgroupsOf(row));
            if (seen[opening])
                continue;
            seen[opening] = true;
            met.Add(opening);
        }
        return met.All;
    }

    /// <summary>Each end of a block is looked at once, in a block of one source.</summary>
    private sealed class Met(EventBlock block, WorkloadView view)
    {
        private readonly Dictionary<int, BlockMentions> _all = [];
        private readonly EndState[] _locals = new EndState[block.Locals.Length], _remotes = new EndState[block.Remotes.Length];

        public IReadOnlyCollection<BlockMentions> All => _all.Values;

        public void Add(int opening)
        {
            int localIndex = block.LocalOfOpening[opening], remoteIndex = block.RemoteOfOpening[opening];
            ref readonly BlockDictionaries.LocalEntry local = ref block.Locals[localIndex];
            BlockMentions mentions = OfSource(view.SourceOf(local.Process));
            WorkloadView known = view.For(mentions.Source);
            Address remote = block.Remotes[remoteIndex].Address;
            if (_locals[localIndex] == EndState.New)
            {
                mentions._processes.Add(local.Process);
                bool isNamed = known.Of(local.Process).Peer is not null; // then its address is not asked
                _locals[localIndex] = mentions.Meet(local.Address, known) && !isNamed ? EndState.Claimed : EndState.Unclaimed;
            }
            if (_remotes[remoteIndex] == EndState.New || view.IsMerged)
                _remotes[remoteIndex] = mentions.Meet(remote, known) ? EndState.Claimed : EndState.Unclaimed;
            if (_locals[localIndex] == EndState.Claimed)
                mentions.AddOwner(local.Address, block.StartOf(opening), known);
            if (_remotes[remoteIndex] == EndState.Claimed)
                mentions.AddOwner(remote, block.StartOf(opening), known);
        }

        /// <summary>The other end of a connection is on the same host.</summary>
        public void AddFar(int opening, (ulong Unified, ulong Memory) cgroups)
        {
            if (cgroups != default)
                OfSource(view.SourceOf(block.Locals[block.LocalOfOpening[opening]].Process))._farCgroups.Add(cgroups);
        }

        private BlockMentions OfSource(int source)
        {
            if (!_all.TryGetValue(source, out BlockMentions? mentions))
                _all.Add(source, mentions = new BlockMentions(source));
            return mentions;
        }
    }

    private bool Meet(Address address, WorkloadView view)
    {
        _addresses.Add(address.OnWire);
        return view.IsClaimed(address);
    }

    private void AddOwner(Address address, long startNs, WorkloadView view)
    {
        if (view.OwnerAt(address, startNs) is { } owner)
            _owned.Add((owner, address.OnWire));
    }
}
