namespace TcpTracer.Replay.Reports;

/// <summary>What happened on one edge over time: the intervals in which something did, in their order.</summary>
internal sealed class TimeSeries
{
    private readonly List<TimeCell> _cells = [];

    /// <summary>The intervals in which something happened.</summary>
    public IReadOnlyList<TimeCell> Cells => _cells;

    /// <summary>The cell of an interval.</summary>
    public TimeCell At(long interval)
    {
        int place = _cells.Count;
        while (place > 0 && _cells[place - 1].Interval > interval) // nearly always the last one
            place--;
        if (place > 0 && _cells[place - 1].Interval == interval)
            return _cells[place - 1];
        var cell = new TimeCell(interval);
        _cells.Insert(place, cell);
        return cell;
    }

    /// <summary>Makes the intervals twice as wide.</summary>
    public void Coarsen()
    {
        int kept = 0;
        for (int at = 0; at < _cells.Count; at++)
        {
            TimeCell cell = _cells[at];
            cell.Interval >>= 1;
            if (kept > 0 && _cells[kept - 1].Interval == cell.Interval)
                _cells[kept - 1].Add(cell);
            else
                _cells[kept++] = cell;
        }
        _cells.RemoveRange(kept, _cells.Count - kept);
    }

    /// <summary>Adds another series of the same grid.</summary>
    public void Add(TimeSeries other)
    {
        foreach (TimeCell cell in other._cells)
            At(cell.Interval).Add(cell);
    }
}
