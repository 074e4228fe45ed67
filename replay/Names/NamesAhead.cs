using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Streams;

namespace TcpTracer.Replay.Names;

/// <summary>
/// All names of a trace, before its events are read. A second reader of the same file is always one trace ahead. So, where many traces
/// stand one behind the other, only the names of one are in memory. If a trace has too many names, none are.
/// </summary>
internal sealed class NamesAhead : ITraceVisitor
{
    private const int Page = 4096, MostBytes = 48 << 20;
    private readonly Stream _file;
    private readonly TraceReader _reader;
    private long _position, _headerAt = -1;
    private WorkloadView? _current, _finished;
    private bool _ended;

    /// <param name="file">At its beginning; another reader shares it.</param>
    /// <exception cref="ReadOnceException">It is a pipe, or packed.</exception>
    public NamesAhead(Stream file)
    {
        if (!file.CanSeek)
            throw new ReadOnceException();
        _file = file;
        _position = file.Position;
        _reader = new TraceReader(file, EventReading.Choose, Page);
    }

    /// <summary>Whether the trace that was asked for last knows more than can be kept.</summary>
    public bool IsTooMuch { get; private set; }

    /// <summary>About how much memory the names take that are kept.</summary>
    internal long Bytes { get; private set; }

    /// <summary>All names of the trace whose header ends at an offset; null: too many, or no trace was found there.</summary>
    public WorkloadView? Of(long headerOffset)
    {
        long back = _file.Position;
        _file.Position = _position;
        IsTooMuch = false;
        _finished = null;
        while (!_ended && _headerAt <= headerOffset)
            ReadNext(headerOffset);
        if (_ended && _headerAt == headerOffset)
            Finish();
        _position = _file.Position;
        _file.Position = back;
        return _finished;
    }

    private void ReadNext(long headerOffset)
    {
        try
        {
            bool wasWanted = _headerAt == headerOffset;
            _ended = !_reader.ReadNext(this);
            if (!wasWanted && _headerAt != headerOffset)
                _finished = null; // of a trace that nobody asked for
        }
        catch (TraceException)
        {
            _ended = true; // reported when the events are read
        }
    }

    private void Finish()
    {
        IsTooMuch = Bytes > MostBytes;
        _finished = IsTooMuch ? null : _current;
        _current = null;
    }

    void ITraceVisitor.OnHeader(TraceHeader header)
    {
        Finish();
        Bytes = 0;
        _headerAt = _reader.Offset;
        _current = header.NewView();
    }

    void ITraceVisitor.OnWorkloads(WorkloadChange change)
    {
        if (_current is null)
            return;
        WorkloadIndex known = _current.For(change.Source).Index;
        change = AddedNames.To(known, change);
        Bytes += change.BytesBeyond(known);
        _current = Bytes <= MostBytes ? _current.WithAllOf(change) : null;
    }

    bool ITraceVisitor.PassesOver(BlockHeader header) => true;

    void ITraceVisitor.OnEvents(EventBlock block)
    {
        // only names
    }

    void ITraceVisitor.OnDamage(TraceDamage damage)
    {
        // reported when the events are read
    }
}
