using TcpTracer.Formats.Records;
using TcpTracer.Formats.Values;

namespace TcpTracer.Replay.Findings;

/// <summary>
/// Counts the events of a damaged trace that cannot be read: events of blocks that only the header is left of, and whatever else the end
/// record says was written. Where a block is gone with its header, and the end record, too, nobody knows how many there were.
/// </summary>
internal sealed class UnreadEvents
{
    private const long Plenty = 1L << 50; // what a stranger's end record says is believed up to here

    private int _announced;
    private long _read, _missing, _ofEarlierTraces;

    /// <summary>Events that cannot be read.</summary>
    public long Count => _ofEarlierTraces + _missing;

    /// <summary>Events that can.</summary>
    public long Read { get; private set; }

    /// <summary>A trace begins. Where its header record is lost, it begins with a block, which may have been announced before.</summary>
    public void OnHeader()
    {
        _ofEarlierTraces = Math.Min(Plenty, _ofEarlierTraces + _missing);
        (_read, _missing) = (0, 0);
    }

    /// <summary>A record is announced. What was announced before did not come.</summary>
    public void OnBlockHeader(BlockHeader header)
    {
        OnFinish();
        _announced = header.IsEvents ? Math.Clamp(header.Rows, 0, TraceLimits.Rows) : 0;
    }

    /// <summary>Events were read, or passed over.</summary>
    public void OnEvents(int rows)
    {
        _announced = 0;
        _read += rows;
        Read += rows;
    }

    /// <summary>The recorder's end, which says how many events it wrote.</summary>
    public void OnEnd(TraceEnd end)
    {
        OnFinish();
        _missing = Math.Max(_missing, Math.Min(Plenty, end.Written) - _read);
    }

    /// <summary>There is no more.</summary>
    public void OnFinish()
    {
        _missing += _announced;
        _announced = 0;
    }
}
