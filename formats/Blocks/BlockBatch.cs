using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Blocks;

/// <summary>
/// Rows of a block as a batch of events. It is good as long as the block has the same record. One object serves batch after batch.
/// </summary>
public sealed class BlockBatch : EventBatch
{
    private static long s_number;
    private readonly ReusableArray<int> _rows = new(), _endOf = new();
    private readonly ReusableArray<ulong> _ages = new();
    private readonly ReusableArray<Workload> _workloads = new();
    private readonly HashSet<Address> _localAddresses = [];
    private WholeEnd[] _ends = [];
    private int _endCount;
    private EventBlock _block = null!;
    private WorkloadView _view = null!;

    /// <summary>Becomes a batch of some rows.</summary>
    /// <param name="block">A loaded block.</param>
    /// <param name="rows">The numbers of the rows, in their order. They are copied.</param>
    /// <param name="view">The names that hold for the block.</param>
    /// <param name="parts">What is wanted beside the events.</param>
    /// <param name="finder">Finds the ends; of this thread.</param>
    public void Begin(EventBlock block, ReadOnlySpan<int> rows, WorkloadView view, BatchParts parts, WholeEndFinder finder)
    {
        (_block, _view, Count, Number, _endCount) = (block, view, rows.Length, Interlocked.Increment(ref s_number), 0);
        CallList.Clear();
        rows.CopyTo(_rows.Take(rows.Length));
        if (!parts.HasFlag(BatchParts.Ends))
        {
            block.PrepareFor(rows.Length);
            return;
        }
        block.PrepareRows();
        NameLocals();
        bool withCalls = parts.HasFlag(BatchParts.Calls);
        finder.Find(this, withCalls);
        if (withCalls)
            FindLocalAddresses();
        if (parts.HasFlag(BatchParts.Counts))
            CountEvents();
    }

    /// <inheritdoc/>
    public override Span<WholeEnd> Ends => _ends.AsSpan(0, _endCount);

    /// <inheritdoc/>
    public override ReadOnlySpan<int> EndOf => _endOf.Span;

    /// <inheritdoc/>
    public override Span<BatchCall> Calls => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(CallList);

    /// <inheritdoc/>
    public override ReadOnlySpan<ulong> AgesOf(in BatchCall call) => _ages.Span.Slice(call.Ages, call.Timed);

    /// <inheritdoc/>
    public override EventCounts Counts { get; } = new();

    internal List<BatchCall> CallList { get; } = [];

    internal EventBlock Block => _block;

    internal WorkloadView View => _view;

    internal ReadOnlySpan<int> Rows => _rows.Span;

    /// <summary>The workload of each local entry of the block.</summary>
    internal ReadOnlySpan<Workload> Workloads => _workloads.Span;

    /// <inheritdoc/>
    public override void Read(int place, out TcpEvent e)
    {
        _block.Read(_rows.Span[place], out e);
        e.NameBy(_view);
    }

    /// <inheritdoc/>
    public override long WallNsAt(int place) => _block.WallNs(_rows.Span[place]);

    /// <inheritdoc/>
    public override SafeText NodeOf(in WholeEnd end) => _workloads.Span[end.Local].Node;

    internal override int CalledPlaces => 2 * Math.Max(_block.LocalEntries, _block.RemoteEntries);

    /// <inheritdoc/>
    public override Address CalledAddressOf(in WholeEnd end) =>
        end.IsCalled ? _block.Locals[end.Local].Address : _block.Remotes[end.Remote].Address;

    /// <inheritdoc/>
    internal override bool HasEndsAt(Address address) => _localAddresses.Contains(address.OnWire);

    internal Span<int> TakeEndOf() => _endOf.Take(Count);

    internal Span<WholeEnd> TakeEnds(int count)
    {
        const int step = 1024; // not twice as many: ends are large
        if (_ends.Length < count)
            _ends = new WholeEnd[(count + step - 1) / step * step];
        _endCount = count;
        return Ends;
    }

    internal Span<ulong> TakeAges(int count) => _ages.Take(count);

    private void NameLocals()
    {
        ReadOnlySpan<BlockDictionaries.LocalEntry> locals = _block.Locals;
        Span<Workload> workloads = _workloads.Take(locals.Length);
        for (int i = 0; i < locals.Length; i++)
            workloads[i] = _view.Of(locals[i].Process);
    }

    private void FindLocalAddresses()
    {
        _localAddresses.Clear();
        foreach (ref readonly BlockDictionaries.LocalEntry local in _block.Locals)
            _localAddresses.Add(local.Address.OnWire);
    }

    private void CountEvents()
    {
        Counts.Clear();
        ReadOnlySpan<KindKey> kinds = _block.Kinds;
        ReadOnlySpan<int> kindOfRow = _block.KindOfRow;
        ReadOnlySpan<long> times = _block.TimeOfRow;
        ClockSample clock = _block.Clock;
        foreach (int row in Rows)
            Counts.Add(kinds[kindOfRow[row]].Operation, clock.ToWall(times[row]));
        CountOwners();
    }

    /// <summary>Mostly all owners are known.</summary>
    private void CountOwners()
    {
        ReadOnlySpan<BlockDictionaries.LocalEntry> locals = _block.Locals;
        ReadOnlySpan<Workload> workloads = _workloads.Span;
        bool isAny = false;
        for (int i = 0; i < locals.Length; i++)
            isAny |= EventCounts.IsOwnerless(locals[i].Process) || EventCounts.IsPodless(workloads[i]);
        if (!isAny)
            return;
        ReadOnlySpan<int> openingOfRow = _block.OpeningOfRow, localOfOpening = _block.LocalOfOpening;
        foreach (int row in Rows)
        {
            int local = localOfOpening[openingOfRow[row]];
            Counts.AddOwner(locals[local].Process, workloads[local]);
        }
    }
}
