using System.Buffers;
using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Replay.Reading;

/// <summary>
/// Counts hidden rows that --existing would show. This is reported only if everything is hidden, so it is counted only as long as none is
/// selected. Each thread has its own.
/// </summary>
internal sealed class HiddenRows
{
    private readonly EventFilter? _added;
    private readonly BlockFilter? _rows;

    /// <param name="filter">The selection.</param>
    public HiddenRows(EventFilter filter)
    {
        _added = filter.AddedByExisting();
        _rows = _added is null ? null : new BlockFilter(_added);
    }

    /// <summary>Whether a block may have such rows.</summary>
    public bool MayBeIn(BlockHeader header, WallWindow? window, in ClockSample clock) =>
        _added is not null && header.MayHold(_added, window, in clock);

    /// <summary>How many there are in a block.</summary>
    public int CountIn(EventBlock block, WorkloadView view, WallWindow? window)
    {
        if (_rows is null || block.RowsOf(Operation.Existing) == 0)
            return 0;
        int[] rows = ArrayPool<int>.Shared.Rent(block.Rows);
        int count = _rows.Select(block, view, rows, window);
        ArrayPool<int>.Shared.Return(rows);
        return count;
    }
}
