using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Traces;

/// <summary>
/// Reads the frames of a trace, and passes its records to a visitor. The stream need not be seekable. Bad bytes are reported to the visitor
/// as damages; only a file that is not a trace throws <see cref="TraceException"/>. An exception of the visitor passes through. Twin of
/// <see cref="TraceWriter"/>.
/// </summary>
public sealed class TraceReader
{
    private readonly FrameReader _frames;
    private readonly RecordDecoder _decoder = new();
    private readonly DamageReport _damage = new();
    private readonly EventReading _reading;
    private BlockHeader? _announced;
    private TraceHeader? _fromStart;
    private bool _started, _hasHeader;

    /// <summary>Prepares to read a stream.</summary>
    /// <param name="from">The stream, which the caller disposes of.</param>
    /// <param name="reading">What to do with blocks of events.</param>
    /// <param name="readAhead">How many bytes are read at once; a small number if most blocks are skipped.</param>
    public TraceReader(Stream from, EventReading reading = EventReading.Unpack, int readAhead = 128 * 1024)
    {
        _frames = new FrameReader(from, readAhead);
        _reading = reading;
    }

    /// <summary>The offset of the next frame in the stream, in bytes.</summary>
    public long Offset => _frames.Offset;

    /// <summary>Whether the current record is stored in the file without compression.</summary>
    public bool IsStored { get; private set; }

    /// <summary>Bytes that were handled more than once. Tests read it.</summary>
    internal long BytesAgain => _frames.BytesAgain + _frames.BytesMoved;

    /// <summary>Reads all records.</summary>
    /// <exception cref="TraceException">The file is not a trace, or needs a newer reader.</exception>
    public void Read(ITraceVisitor visitor)
    {
        while (ReadNext(visitor))
        {
            // ReadNext does the work
        }
    }

    /// <summary>Reads one frame.</summary>
    /// <returns>Whether there may be more frames.</returns>
    /// <exception cref="TraceException">The file is not a trace, or needs a newer reader.</exception>
    public bool ReadNext(ITraceVisitor visitor)
    {
        Frame? frame = _frames.Read(out TraceDamage? damage);
        if (damage is not null)
        {
            BlockHeader? announced = _announced;
            _announced = null;
            if (!_started && !_frames.IsAtBlockHeader)
                throw new TraceException(damage with { Fault = TraceFault.NotATrace });
            _started = true;
            _damage.Report(damage, announced, _hasHeader, visitor);
            return true;
        }
        if (frame is not { } f)
        {
            if (!_started)
                throw new TraceException(new TraceDamage(TraceFault.NotATrace, 0, "a trace", "an empty file"));
            DoWithoutHeader(Offset, visitor);
            return false;
        }
        if (f.Skippable >= 0)
            ReadSkippable(in f, visitor);
        else
            ReadRecord(in f, visitor);
        return true;
    }

    private void ReadSkippable(in Frame frame, ITraceVisitor visitor)
    {
        if (frame.Skippable == FileStart.FrameMagic - Lz4Frame.SkippableMagic && FileStart.TryRead(frame.Bytes.Span) is { } start)
        {
            // Another trace begins. If its header is damaged, the names of the trace before must not be used for it.
            _fromStart = start;
            _started = true;
            _hasHeader = false;
        }
        bool isBlockHeader = frame.Skippable == BlockHeader.FrameMagic - Lz4Frame.SkippableMagic;
        _announced = isBlockHeader ? BlockHeader.TryRead(frame.Bytes.Span) : null;
        _started |= _announced is not null; // no other file has such a header: this is a trace whose beginning is lost
        if (_announced is null)
        {
            if (isBlockHeader)
                visitor.OnBadBlockHeader(new TraceDamage(TraceFault.BadHeader, frame.Offset, "a block header", "one that does not check"));
            return;
        }
        _damage.CheckSequence(_announced, frame.Offset, visitor);
        visitor.OnBlockHeader(_announced);
        if (_hasHeader && _reading.HasFlag(EventReading.Choose) && _announced is { IsEvents: true, FrameBytes: > 0 } header
            && _frames.Has(header.FrameBytes) && visitor.PassesOver(header))
        {
            _frames.Hop(header.FrameBytes);
            _announced = null;
            _damage.CountRecord();
        }
    }

    private void ReadRecord(in Frame frame, ITraceVisitor visitor)
    {
        BlockHeader? announced = _announced;
        _announced = null;
        _damage.CountRecord();
        IsStored = frame.Promise.Stored;
        bool isAsAnnounced = announced is not null && announced.FrameBytes == frame.Bytes.Length && !frame.IsDoubtful;
        if (_hasHeader && _reading.HasFlag(EventReading.LeavePacked) && isAsAnnounced && announced!.IsEvents)
        {
            visitor.OnPackedEvents(new PackedBlock(frame, announced));
            return;
        }
        object? content = null;
        TraceDamage? damage = _decoder.Open(in frame, announced, mustBeHeader: !_started, out OpenedRecord record);
        if (damage is null)
        {
            if (record.Kind != RecordKind.Header)
                DoWithoutHeader(frame.Offset, visitor);
            if (record.Kind == RecordKind.Events && _reading.HasFlag(EventReading.LeavePacked))
                content = new PackedBlock(in frame, isAsAnnounced ? announced : null);
            else
                damage = _decoder.Decode(in record, in frame, out content);
        }
        if (damage is null)
        {
            HandOver(in record, content, frame.Offset, visitor);
            return;
        }
        if (!_started)
            throw new TraceException(new TraceDamage(TraceFault.NotATrace, frame.Offset, "a trace header", "something else"));
        _damage.Report(damage, announced, _hasHeader, visitor);
        if (!isAsAnnounced)
            _frames.Reconsider(in frame);
    }

    private void HandOver(in OpenedRecord record, object? content, long offset, ITraceVisitor visitor)
    {
        switch (content)
        {
            case TraceHeader header:
                TakeHeader(header, offset, visitor);
                break;
            case PackedBlock block:
                visitor.OnPackedEvents(block);
                break;
            case EventBlock block:
                visitor.OnEvents(block);
                _decoder.CollectIfNeedBe();
                break;
            case WorkloadChange change:
                visitor.OnWorkloads(change);
                GarbageBudget.Add(RecordDecoder.MemoryOf(change, record.Raw.Length));
                break;
            case ClockSample sample:
                visitor.OnClock(in sample);
                break;
            case LossRecord loss:
                visitor.OnLoss(in loss);
                break;
            case TraceEnd end:
                visitor.OnEnd(end);
                break;
            default:
                visitor.OnUnknown(record.Name);
                break;
        }
        visitor.OnRecord(record.Name, record.Raw.Span);
    }

    /// <summary>If the header record is damaged or missing, the start frame replaces it: blocks of events need no other record.</summary>
    private void DoWithoutHeader(long offset, ITraceVisitor visitor)
    {
        if (_hasHeader)
            return;
        if (!_damage.IsDamaged)
            _damage.Report(new TraceDamage(TraceFault.BadRecord, offset, "the header record", "none"), null, hasHeader: false, visitor);
        TakeHeader(_fromStart ?? new TraceHeader(), offset, visitor);
    }

    private void TakeHeader(TraceHeader header, long offset, ITraceVisitor visitor)
    {
        ThrowIfTooNew(header, offset);
        _decoder.Begin();
        _started = _hasHeader = true;
        visitor.OnHeader(header);
    }

    private static string[] UnknownFeatures(TraceHeader header) => [.. header.Required.Where(r => r != TraceHeader.MergedFeature)];

    private static void ThrowIfTooNew(TraceHeader header, long offset)
    {
        (string Expected, string Actual)? reason = header.Major > TraceHeader.CurrentMajor
            ? ($"format version {TraceHeader.CurrentMajor}", $"{header.Major}.{header.Minor}, written by {header.Tool}")
            : UnknownFeatures(header) is { Length: > 0 } unknown
            ? ("no required feature", $"{string.Join(", ", unknown)}, written by {header.Tool}")
            : null;
        if (reason is { } why)
            throw new TraceException(new TraceDamage(TraceFault.TooNew, offset, why.Expected, why.Actual));
    }
}
