using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Replay.Calls;

namespace TcpTracer.Replay.Reports;

/// <summary>
/// The timeline: what happened when, for each edge. How long a trace is turns out at its end, so the intervals begin short and become twice
/// as wide whenever there are too many of them. So the memory is bounded however long the trace is.
/// </summary>
/// <param name="mostCells">How many numbers are kept, about.</param>
internal sealed class TimeGrid(int mostCells = TimeGrid.UsualCells)
{
    /// <summary>So many take less than a megabyte of the page.</summary>
    public const int UsualCells = 50_000;

    /// <summary>More bars than this are no longer told apart on a screen.</summary>
    public const int MostIntervals = 120;

    private const int FirstShift = 16; // some 66 us
    private readonly Dictionary<Edge, TimeSeries> _series = new(ReferenceEqualityComparer.Instance);
    private long _first = long.MaxValue, _last = long.MinValue;
    private int _size;
    private int _shift = FirstShift;

    /// <summary>The width of an interval in nanoseconds: a power of two, and no more than 2^62.</summary>
    public long WidthNs => 1L << _shift;

    /// <summary>The number of the first interval; good where there is one.</summary>
    public long First => _first;

    /// <summary>How many intervals there are.</summary>
    public int Intervals => _first > _last ? 0 : (int)(_last - _first + 1);

    /// <summary>The series of an edge; null: nothing of it has a time.</summary>
    public TimeSeries? Of(Edge edge) => _series.GetValueOrDefault(edge);

    /// <summary>Adds a row of a connection tracker.</summary>
    public void Add(in TcpEvent row, Edge edge)
    {
        Connection connection = row.Connection!;
        if (HasBeginning(connection))
            AddBeginning(connection.StartNs, LatencyOf(connection), edge);
        if (connection.State == ConnectionState.Reset)
            CellAt(connection.EndNs, edge).Resets++;
        else if (connection.State == ConnectionState.Failed)
            CellAt(row.WallNs, edge).Failed++; // when it failed, as in the tables
        Fit();
    }

    /// <summary>Adds a plain end.</summary>
    public void Add(in WholeEnd end, Edge edge)
    {
        AddBeginning(end.StartWallNs, end.IsTimed && !end.IsCalled ? end.AgeNs : null, edge);
        Fit();
    }

    private void Fit()
    {
        while (_size > mostCells && _first < _last)
            Coarsen();
    }

    /// <summary>A connection whose beginning was not recorded may be days older than the trace.</summary>
    private static bool HasBeginning(Connection connection) =>
        IsBeginning(connection.Near) || (connection.Far is { } far && IsBeginning(far));

    private static bool IsBeginning(ConnectionEnd end) => end.IsCaller || end.IsCalled;

    private void AddBeginning(long startNs, ulong? latency, Edge edge)
    {
        TimeCell cell = CellAt(startNs, edge);
        int before = cell.Size;
        cell.Calls++;
        if (latency is { } ns)
            cell.AddLatency(ns);
        _size += cell.Size - before;
    }

    /// <summary>How long the caller's connect took; null: it failed, or is not known.</summary>
    public static ulong? LatencyOf(Connection connection)
    {
        ref readonly TcpEvent opening = ref connection.Near.Opening;
        return opening is { Operation: Operation.Connect, IsTimed: true } ? opening.AgeNs : null;
    }

    private TimeCell CellAt(long ns, Edge edge)
    {
        long interval = ns >> _shift;
        (_first, _last) = (Math.Min(_first, interval), Math.Max(_last, interval));
        while (_last - _first is >= MostIntervals or < 0)
            Coarsen();
        if (!_series.TryGetValue(edge, out TimeSeries? series))
            _series.Add(edge, series = new TimeSeries());
        int cells = series.Cells.Count;
        TimeCell cell = series.At(ns >> _shift);
        _size += series.Cells.Count - cells;
        return cell;
    }

    private void Coarsen()
    {
        _shift++;
        (_first, _last) = (_first >> 1, _last >> 1);
        _size = 0;
        foreach (TimeSeries series in _series.Values)
        {
            series.Coarsen();
            _size += series.Cells.Sum(c => c.Size);
        }
    }
}
