using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Blocks;

/// <summary>
/// Applies an <see cref="EventFilter"/> to whole blocks. It tests each dictionary entry once, and combines the verdicts of a row's entries.
/// It selects exactly the rows for which <see cref="EventFilter.Matches"/> holds. Each thread needs an object of its own.
/// </summary>
public sealed class BlockFilter
{
    [Flags]
    private enum Verdict : byte
    {
        None = 0,
        Owner = 1,
        Address = 2,
        Port = 4,
        Operation = 8,
        Excluded = 16,

        /// <summary>The entry leaves the port open: the port is that of the opening.</summary>
        OpenPort = 32,
    }

    private readonly EventFilter _filter;
    private readonly Verdict _needed;
    private readonly Verdict[] _ofPort = [];
    private readonly ReusableArray<Verdict> _ofKind = new(), _ofLocal = new(), _ofRemote = new(), _ofOpening = new();

    /// <summary>Prepares a filter for blocks.</summary>
    public BlockFilter(EventFilter filter)
    {
        _filter = filter;
        _needed = Verdict.Owner | Verdict.Operation | (filter.NeedsAddress ? Verdict.Address : 0) | (filter.NeedsPort ? Verdict.Port : 0);
        if (!filter.LooksAtPorts)
            return;
        _ofPort = new Verdict[ushort.MaxValue + 1];
        foreach ((NumberRange ports, bool wanted) in filter.PortRanges)
        {
            foreach (ref Verdict verdict in _ofPort.AsSpan((int)ports.First..((int)ports.Last + 1)))
                verdict |= wanted ? Verdict.Port : Verdict.Excluded;
        }
    }

    private Verdict OfAddress(Address address)
    {
        (bool wanted, bool unwanted) = _filter.Judge(address);
        return (wanted ? Verdict.Address : 0) | (unwanted ? Verdict.Excluded : 0);
    }

    private Verdict OfFixedPort(int port) => _ofPort.Length == 0 ? 0 : port < 0 ? Verdict.OpenPort : _ofPort[port];

    /// <summary>Selects rows.</summary>
    /// <param name="block">A loaded block.</param>
    /// <param name="view">What was known at the block's place in the trace.</param>
    /// <param name="rows">Gets the numbers of the selected rows; it has room for all rows of the block.</param>
    /// <param name="window">The wall times that are selected; null: all.</param>
    /// <returns>The number of selected rows.</returns>
    public int Select(EventBlock block, WorkloadView view, Span<int> rows, WallWindow? window = null)
    {
        int count = SelectByEntries(block, view, rows);
        if (window is { } bounds)
            count = KeepWithin(bounds, block, rows[..count]);
        return _filter.HasExpression ? KeepMatching(block, view, rows[..count]) : count;
    }

    private static int KeepWithin(WallWindow window, EventBlock block, Span<int> rows)
    {
        int count = 0;
        foreach (int row in rows)
        {
            if (window.Contains(block.WallNs(row)))
                rows[count++] = row;
        }
        return count;
    }

    private int SelectByEntries(EventBlock block, WorkloadView view, Span<int> rows)
    {
        if (!JudgeEntries(block, view) || !JudgeOpenings(block))
            return 0;
        ReadOnlySpan<int> kindOfRow = block.KindOfRow, openingOfRow = block.OpeningOfRow;
        ReadOnlySpan<Verdict> ofKind = _ofKind.Span, ofOpening = _ofOpening.Span;
        int count = 0;
        for (int row = 0; row < kindOfRow.Length; row++)
        {
            Verdict verdict = ofKind[kindOfRow[row]] | ofOpening[openingOfRow[row]];
            if ((verdict & (_needed | Verdict.Excluded)) == _needed)
                rows[count++] = row;
        }
        return count;
    }

    private int KeepMatching(EventBlock block, WorkloadView view, Span<int> rows)
    {
        int count = 0;
        foreach (int row in rows)
        {
            block.Read(row, out TcpEvent e);
            e.NameBy(view);
            if (_filter.MatchesExpression(in e))
                rows[count++] = row;
        }
        return count;
    }

    /// <summary>Tests all dictionary entries.</summary>
    /// <returns>Whether any operation and any owner is selected.</returns>
    private bool JudgeEntries(EventBlock block, WorkloadView view)
    {
        Verdict any = Verdict.None;
        Span<Verdict> ofKind = _ofKind.Take(block.Kinds.Length);
        Span<Verdict> ofLocal = _ofLocal.Take(block.Locals.Length), ofRemote = _ofRemote.Take(block.Remotes.Length);
        for (int i = 0; i < ofKind.Length; i++)
            any |= ofKind[i] = _filter.Wants(block.Kinds[i].Operation) ? Verdict.Operation : Verdict.None;
        for (int i = 0; i < ofLocal.Length; i++)
        {
            ref readonly BlockDictionaries.LocalEntry local = ref block.Locals[i];
            bool isOwner = !_filter.LooksAtOwner || _filter.MatchesOwner(local.Process, view.Of(local.Process));
            any |= ofLocal[i] = OfAddress(local.Address) | OfFixedPort(local.Port) | (isOwner ? Verdict.Owner : Verdict.None);
        }
        for (int i = 0; i < ofRemote.Length; i++)
            ofRemote[i] = OfAddress(block.Remotes[i].Address) | OfFixedPort(block.Remotes[i].Port);
        return (any & (Verdict.Operation | Verdict.Owner)) == (Verdict.Operation | Verdict.Owner);
    }

    /// <summary>Combines the verdicts of both ends, for each opening.</summary>
    /// <returns>Whether rows of any opening can be selected.</returns>
    private bool JudgeOpenings(EventBlock block)
    {
        ReadOnlySpan<int> locals = block.LocalOfOpening, remotes = block.RemoteOfOpening;
        ReadOnlySpan<int> ports = _ofPort.Length > 0 ? block.PortOfOpening : [];
        ReadOnlySpan<Verdict> ofLocal = _ofLocal.Span, ofRemote = _ofRemote.Span;
        Span<Verdict> ofOpening = _ofOpening.Take(locals.Length);
        Verdict needed = _needed & ~Verdict.Operation;
        bool any = false;
        for (int i = 0; i < ofOpening.Length; i++)
        {
            Verdict verdict = ofLocal[locals[i]] | ofRemote[remotes[i]];
            if ((verdict & Verdict.OpenPort) != 0)
                verdict |= _ofPort[(ushort)ports[i]];
            ofOpening[i] = verdict;
            any |= (verdict & (needed | Verdict.Excluded)) == needed;
        }
        return any;
    }
}
