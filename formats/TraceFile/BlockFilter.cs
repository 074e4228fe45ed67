using TcpTracer.Formats.Events;
using TcpTracer.Formats.Pipeline;

namespace TcpTracer.Formats.TraceFile;

/// <summary>
/// An <see cref="EventFilter"/> for whole blocks: it judges each dictionary entry once, and a row by joining what its entries say. Selects
/// the very rows for which <see cref="EventFilter.Matches"/> holds. One for each thread.
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
    }

    private readonly EventFilter _filter;
    private readonly Verdict _needed;
    private readonly Verdict[] _ofPort = [];
    private Verdict[] _ofOpening = [];

    /// <summary>For one filter.</summary>
    public BlockFilter(EventFilter filter)
    {
        _filter = filter;
        _needed = Verdict.Owner | Verdict.Operation | (filter.NeedsAddress ? Verdict.Address : 0) | (filter.NeedsPort ? Verdict.Port : 0);
        if (filter.LooksAtPorts)
            _ofPort = [.. Enumerable.Range(0, ushort.MaxValue + 1).Select(OfPort)];
    }

    private Verdict OfPort(int port)
    {
        (bool wanted, bool unwanted) = _filter.Judge(port);
        return (wanted ? Verdict.Port : 0) | (unwanted ? Verdict.Excluded : 0);
    }

    private Verdict OfAddress(Address address)
    {
        (bool wanted, bool unwanted) = _filter.Judge(address);
        return (wanted ? Verdict.Address : 0) | (unwanted ? Verdict.Excluded : 0);
    }

    private Verdict OfFixedPort(int port) => port < 0 || _ofPort.Length == 0 ? 0 : _ofPort[port];

    /// <summary>Puts the numbers of the rows that are wanted into <paramref name="rows"/>; after it, any thread may read them.</summary>
    /// <param name="block">A loaded block.</param>
    /// <param name="workloadOf">Where a process runs, in this block.</param>
    /// <param name="rows">Room for all rows.</param>
    /// <param name="window">Of which time; null: all.</param>
    /// <returns>How many there are.</returns>
    public int Select(EventBlock block, Func<ProcessIdentity, Workload> workloadOf, Span<int> rows, WallWindow? window = null)
    {
        int count = SelectByEntries(block, workloadOf, rows);
        if (window is { } bounds)
            count = KeepWithin(bounds, block, rows[..count]);
        return _filter.HasExpression ? KeepMatching(block, workloadOf, rows[..count]) : count;
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

    private int SelectByEntries(EventBlock block, Func<ProcessIdentity, Workload> workloadOf, Span<int> rows)
    {
        Verdict[] ofKind = Array.ConvertAll(block.Kinds, k => _filter.Wants(k.Operation) ? Verdict.Operation : 0);
        Verdict[] ofLocal = Array.ConvertAll(block.Locals, l => OfAddress(l.Address) | OfFixedPort(l.Port) | (!_filter.LooksAtOwner || _filter.MatchesOwner(l.Process, workloadOf(l.Process)) ? Verdict.Owner : 0));
        Verdict[] ofRemote = Array.ConvertAll(block.Remotes, r => OfAddress(r.Address) | OfFixedPort(r.Port));
        if (Array.TrueForAll(ofKind, v => v == 0) || !Array.Exists(ofLocal, v => (v & Verdict.Owner) != 0))
            return 0;
        if (_ofOpening.Length < block.Openings)
            _ofOpening = new Verdict[block.Rows];
        if (!JudgeOpenings(block, ofLocal, ofRemote))
            return 0;
        ReadOnlySpan<int> kindOfRow = block.KindOfRow, openingOfRow = block.OpeningOfRow;
        int count = 0;
        for (int row = 0; row < kindOfRow.Length; row++)
        {
            Verdict verdict = ofKind[kindOfRow[row]] | _ofOpening[openingOfRow[row]];
            if ((verdict & (_needed | Verdict.Excluded)) == _needed)
                rows[count++] = row;
        }
        if (count > 0)
            block.PrepareRows();
        return count;
    }

    private int KeepMatching(EventBlock block, Func<ProcessIdentity, Workload> workloadOf, Span<int> rows)
    {
        int count = 0;
        foreach (int row in rows)
        {
            block.Read(row, out TcpEvent e);
            e.Workload = workloadOf(e.Process);
            if (_filter.MatchesExpression(in e))
                rows[count++] = row;
        }
        return count;
    }

    /// <returns>Whether any of them can be wanted.</returns>
    private bool JudgeOpenings(EventBlock block, Verdict[] ofLocal, Verdict[] ofRemote)
    {
        ReadOnlySpan<int> locals = block.LocalOfOpening, remotes = block.RemoteOfOpening;
        Verdict needed = _needed & ~Verdict.Operation;
        bool any = false;
        for (int i = 0; i < locals.Length; i++)
        {
            Verdict verdict = ofLocal[locals[i]] | ofRemote[remotes[i]];
            // The row's own port counts only where an entry leaves it open
            if (_ofPort.Length > 0 && (block.Locals[locals[i]].Port < 0 || block.Remotes[remotes[i]].Port < 0))
                verdict |= _ofPort[(ushort)block.OfOpening(EventColumn.Port, i)];
            _ofOpening[i] = verdict;
            any |= (verdict & (needed | Verdict.Excluded)) == needed;
        }
        return any;
    }
}
