using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;

namespace TcpTracer.Replay.Findings;

/// <summary>
/// Whoever follows a set and is slow finds files deleted before they were read. This counts their events: each header says how many events
/// were before its file, each end how many were in it.
/// </summary>
internal sealed class DeletedFiles
{
    private TraceHeader? _header;
    private long? _expected;
    private long _lastNs, _total;

    /// <summary>A file begins.</summary>
    /// <returns>The events between the file before and this one; null: none are known to be missing.</returns>
    public LossRecord? Before(TraceHeader header)
    {
        long missing = _header?.RunId == header.RunId && _expected is { } expected ? header.Earlier - expected : 0;
        (long fromNs, long toNs) = (Math.Min(_lastNs, header.Clock.BootNs), header.Clock.BootNs);
        (_header, _expected, _lastNs) = (header, null, toNs);
        if (missing <= 0)
            return null;
        _total += missing;
        return new LossRecord(fromNs, toNs, LossSource.Deleted, missing, _total);
    }

    /// <summary>A block has events up to a moment, in nanoseconds of boot time.</summary>
    public void Until(long bootNs) => _lastNs = Math.Max(_lastNs, bootNs);

    /// <summary>A file ends.</summary>
    public void After(TraceEnd end) => _expected = _header?.Earlier + end.Written;
}
