using MessagePack;
using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Traces;

/// <summary>Takes a trace apart, record by record.</summary>
public interface ITraceVisitor
{
    /// <summary>A trace begins; more than one where files were concatenated.</summary>
    void OnHeader(TraceHeader header);

    /// <summary>A block of events.</summary>
    void OnEvents(EventBlock block);

    /// <summary>The clocks were sampled.</summary>
    void OnClock(in ClockSample sample);

    /// <summary>Events were lost here.</summary>
    void OnLoss(in LossRecord loss);

    /// <summary>Names of pods and containers became known here.</summary>
    void OnWorkloads(WorkloadChange change)
    {
    }

    /// <summary>The recorder finished.</summary>
    void OnEnd(TraceEnd end);

    /// <summary>Something is wrong here; reading goes on behind it.</summary>
    void OnDamage(TraceDamage damage);

    /// <summary>A record of a kind that this version does not know was passed over.</summary>
    void OnUnknown(string kind);

    /// <summary>A block of events that is still packed, for <see cref="EventReading.LeavePacked"/>.</summary>
    void OnPackedEvents(PackedBlock block) => throw new NotSupportedException();

    /// <summary>A record is announced by its block header.</summary>
    void OnBlockHeader(BlockHeader header)
    {
    }

    /// <summary>A block header does not check. Its record is read without it, and may be good: of interest only to who looks for damage.</summary>
    void OnBadBlockHeader(TraceDamage damage)
    {
    }

    /// <summary>A record was good: its kind by name, and its bytes, which stay only during the call.</summary>
    void OnRecord(string kind, ReadOnlySpan<byte> raw)
    {
    }

    /// <summary>A block of events, which is there to its end, may be passed over unseen, for <see cref="EventReading.Choose"/>: by what its header says.</summary>
    /// <returns>Whether it is passed over.</returns>
    bool PassesOver(BlockHeader header) => false;
}

/// <summary>What a reader does with blocks of events.</summary>
[Flags]
public enum EventReading
{
    /// <summary>Unpacks each, in turn.</summary>
    Unpack = 0,

    /// <summary>Hands them over packed, for others to unpack.</summary>
    LeavePacked = 1,

    /// <summary>Asks the visitor which can be passed over.</summary>
    Choose = 2,
}

/// <summary>
/// Reads a trace from a stream that need not be seekable. Whatever the bytes are, it ends in records and damages, never in an exception
/// but <see cref="TraceException"/> for what is no trace at all. Twin of <see cref="TraceWriter"/>.
/// </summary>
public sealed class TraceReader
{
    private readonly FrameReader _frames;
    private readonly EventBlock _block = new();
    private readonly EntryCaches _caches = new();
    private readonly EventReading _reading;
    private byte[] _raw = [];
    private BlockHeader? _announced;
    private TraceHeader? _fromStart;
    private bool _started, _hasHeader, _damaged;
    private uint _nextSequence;
    private readonly MetadataCount _metadata = new();
    private const int BytesPerByte = 3, BytesPerPart = 256; // about what metadata takes in memory, while it is taken in

    /// <summary>Reads from a stream.</summary>
    /// <param name="from">Not closed.</param>
    /// <param name="reading">What to do with blocks of events.</param>
    /// <param name="readAhead">How much is read at once: little, for who mostly passes over.</param>
    public TraceReader(Stream from, EventReading reading = EventReading.Unpack, int readAhead = 128 * 1024)
    {
        _frames = new FrameReader(from, readAhead);
        _reading = reading;
    }

    /// <summary>Offset of what is read next.</summary>
    public long Offset => _frames.Offset;

    /// <summary>Whether the record at hand is not compressed in the file.</summary>
    public bool IsStored { get; private set; }

    /// <summary>Bytes that were handled more than once.</summary>
    internal long BytesAgain => _frames.BytesAgain + _frames.BytesMoved;

    /// <summary>Hands every record to the visitor.</summary>
    /// <exception cref="TraceException">It is no trace, or one of a newer major version.</exception>
    public void Read(ITraceVisitor visitor)
    {
        while (ReadNext(visitor))
        {
            // until the end
        }
    }

    /// <summary>Goes one frame on.</summary>
    /// <returns>false: there is no more.</returns>
    /// <exception cref="TraceException">It is no trace, or one of a newer major version.</exception>
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
            Report(damage, announced, visitor);
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

    private void Report(TraceDamage damage, BlockHeader? announced, ITraceVisitor visitor)
    {
        _damaged = true;
        visitor.OnDamage(damage);
        // Names there were, though nobody knows which any more: who is not known is not the host's
        if (_hasHeader && announced is { Kind: RecordKind.Metadata })
            visitor.OnWorkloads(new WorkloadChange(announced.MinTimestamp));
    }

    private void ReadSkippable(in Frame frame, ITraceVisitor visitor)
    {
        if (frame.Skippable == FileStart.FrameMagic - Lz4Frame.SkippableMagic && FileStart.TryRead(frame.Bytes.Span) is { } start)
        {
            // Another trace: should its header be damaged, the names of the one before are not its names
            _fromStart = start;
            _started = true;
            _hasHeader = false;
        }
        bool isBlockHeader = frame.Skippable == BlockHeader.FrameMagic - Lz4Frame.SkippableMagic;
        _announced = isBlockHeader ? BlockHeader.TryRead(frame.Bytes.Span) : null;
        if (_announced is null)
        {
            if (isBlockHeader)
                visitor.OnBadBlockHeader(new TraceDamage(TraceFault.BadHeader, frame.Offset, "a block header", "one that does not check"));
            return;
        }
        CheckSequence(_announced, frame.Offset, visitor);
        visitor.OnBlockHeader(_announced);
        if (_hasHeader && _reading.HasFlag(EventReading.Choose) && _announced is { IsEvents: true, FrameBytes: > 0 } header
            && _frames.Has(header.FrameBytes) && visitor.PassesOver(header))
        {
            _frames.Hop(header.FrameBytes);
            _announced = null;
            _nextSequence++;
        }
    }

    /// <summary>What is missing between two good blocks; a gap at a damage is already told.</summary>
    private void CheckSequence(BlockHeader header, long offset, ITraceVisitor visitor)
    {
        // Behind its header a trace may begin with any block: a flight recorder's does
        bool begins = header is { Kind: RecordKind.Header, Sequence: 0 } || (_nextSequence == 1 && header.Sequence > 0);
        if (!begins && !_damaged && header.Sequence != _nextSequence)
        {
            TraceFault fault = header.Sequence > _nextSequence ? TraceFault.MissingBlock : TraceFault.OutOfOrder;
            visitor.OnDamage(new TraceDamage(fault, offset, $"block {_nextSequence}", $"block {header.Sequence}"));
        }
        _nextSequence = header.Sequence;
        _damaged = false;
    }

    private void ReadRecord(in Frame frame, ITraceVisitor visitor)
    {
        BlockHeader? announced = _announced;
        _announced = null;
        _nextSequence++;
        IsStored = frame.Promise.Stored;
        if (_hasHeader && _reading.HasFlag(EventReading.LeavePacked) && announced is { IsEvents: true } && announced.FrameBytes == frame.Bytes.Length && !frame.IsDoubtful)
        {
            visitor.OnPackedEvents(new PackedBlock(frame));
            return;
        }
        try
        {
            Decode(Lz4Frame.Read(frame, ref _raw), in frame, announced, visitor);
        }
        catch (Exception e) when (BadRecordException.IsOne(e))
        {
            if (!_started)
                throw new TraceException(new TraceDamage(TraceFault.NotATrace, frame.Offset, "a trace header", "something else"));
            Report(BadRecordException.ToDamage(e, frame.Offset), announced, visitor);
            if (announced is null || announced.FrameBytes != frame.Bytes.Length || frame.IsDoubtful)
                _frames.Reconsider(in frame);
        }
    }

    /// <summary>Where the header record is damaged, the start frame has to do: a block of events can be read alone.</summary>
    private void DoWithoutHeader(long offset, ITraceVisitor visitor)
    {
        if (_hasHeader)
            return;
        if (!_damaged)
            Report(new TraceDamage(TraceFault.BadRecord, offset, "the header record", "none"), null, visitor);
        TakeHeader(_fromStart ?? new TraceHeader(), offset, visitor);
    }

    private void TakeHeader(TraceHeader header, long offset, ITraceVisitor visitor)
    {
        ThrowIfTooNew(header, offset);
        _metadata.Clear();
        _started = _hasHeader = true;
        visitor.OnHeader(header);
    }

    private void Decode(ReadOnlyMemory<byte> raw, in Frame frame, BlockHeader? announced, ITraceVisitor visitor)
    {
        var from = new MessagePackReader(raw);
        int pairs = from.ReadMapHeader() - 1;
        if (pairs < 0 || RecordReader.ReadString(ref from) != "t")
            throw new BadRecordException("a record that begins with its kind", "another");
        string name = RecordReader.ReadString(ref from);
        RecordKind? kind = RecordKinds.Parse(name);
        if (!_started && kind != RecordKind.Header)
            throw new BadRecordException("a trace header", "another record");
        if (kind is not null && announced is not null && announced.Kind != kind)
            throw new BadRecordException($"a record of kind {(int)announced.Kind}, as its block header says", name);
        if (kind != RecordKind.Header)
            DoWithoutHeader(frame.Offset, visitor);
        switch (kind)
        {
            case RecordKind.Header:
                TakeHeader(ReadHeader(ref from, pairs), frame.Offset, visitor);
                break;
            case RecordKind.Events when _reading.HasFlag(EventReading.LeavePacked):
                visitor.OnPackedEvents(new PackedBlock(in frame));
                break;
            case RecordKind.Events:
                _block.Load(raw, frame.Bytes.Length, ref from, pairs, _caches);
                visitor.OnEvents(_block);
                _caches.CollectIfNeedBe();
                break;
            case RecordKind.Metadata:
                WorkloadChange change = ReadMetadata(ref from, pairs, raw.Length, frame.Bytes.Length);
                visitor.OnWorkloads(change);
                Garbage.Add(raw.Length * BytesPerByte + change.Parts * BytesPerPart);
                break;
            case RecordKind.Clock:
                visitor.OnClock(ReadClock(ref from, pairs));
                break;
            case RecordKind.Loss:
                visitor.OnLoss(ReadLoss(ref from, pairs));
                break;
            case RecordKind.End:
                visitor.OnEnd(ReadEnd(ref from, pairs));
                break;
            default:
                visitor.OnUnknown(name);
                break;
        }
        visitor.OnRecord(name, raw.Span);
    }

    private static void ThrowIfTooNew(TraceHeader header, long offset)
    {
        if (header.Major > TraceHeader.CurrentMajor)
            throw new TraceException(new TraceDamage(TraceFault.TooNew, offset, $"format version {TraceHeader.CurrentMajor}", $"{header.Major}.{header.Minor}, written by {header.Tool}"));
        if (header.Required.Count > 0)
            throw new TraceException(new TraceDamage(TraceFault.TooNew, offset, "no required feature", $"{string.Join(", ", header.Required)}, written by {header.Tool}"));
    }

    private static TraceHeader ReadHeader(ref MessagePackReader from, int pairs)
    {
        var header = new TraceHeader { Major = 0 };
        for (int i = 0; i < pairs; i++)
        {
            switch (RecordReader.ReadString(ref from))
            {
                case "major":
                    header = header with { Major = (int)RecordReader.ReadInteger(ref from) };
                    break;
                case "minor":
                    header = header with { Minor = (int)RecordReader.ReadInteger(ref from) };
                    break;
                case "required":
                    header = header with { Required = RecordReader.ReadStrings(ref from) };
                    break;
                case "run":
                    byte[] run = RecordReader.ReadBytes(ref from);
                    header = header with { RunId = run.Length == 16 ? new Guid(run) : throw new BadRecordException("a run id of 16 bytes", $"{run.Length}") };
                    break;
                case "tool":
                    header = header with { Tool = RecordReader.ReadString(ref from) };
                    break;
                case "node":
                    header = header with { Node = RecordReader.ReadString(ref from) };
                    break;
                case "kernel":
                    header = header with { Kernel = RecordReader.ReadString(ref from) };
                    break;
                case "machine":
                    header = header with { Machine = RecordReader.ReadString(ref from) };
                    break;
                case "cpus":
                    header = header with { Cpus = (int)RecordReader.ReadInteger(ref from) };
                    break;
                case "boot_id":
                    header = header with { BootId = RecordReader.ReadString(ref from) };
                    break;
                case "command":
                    header = header with { CommandLine = RecordReader.ReadStrings(ref from) };
                    break;
                case "hooks":
                    header = header with { Hooks = RecordReader.ReadStrings(ref from) };
                    break;
                case "refused":
                    header = header with { Refused = RecordReader.ReadStrings(ref from) };
                    break;
                case "sources":
                    header = header with { Sources = RecordReader.ReadStrings(ref from) };
                    break;
                case "ring":
                    header = header with { RingBytes = (int)RecordReader.ReadInteger(ref from) };
                    break;
                case "clock":
                    header = header with { Clock = ClockCodec.Read(ref from) };
                    break;
                default:
                    RecordReader.Skip(ref from);
                    break;
            }
        }
        return header.Major > 0 ? header : throw new BadRecordException("a format version", "none");
    }

    private WorkloadChange ReadMetadata(ref MessagePackReader from, int pairs, int length, int frameBytes)
    {
        WorkloadChange change = WorkloadCodec.Read(ref from, pairs, frameBytes);
        _metadata.Add(change, length);
        if (_metadata.HasRoomFor(0, 0))
            return change;
        Garbage.Add(length * BytesPerByte + change.Parts * BytesPerPart); // refused, but it was taken in
        throw _metadata.Bytes > TraceLimits.MetadataBytes
            ? new BadRecordException($"at most {TraceLimits.MetadataBytes} bytes of metadata between checkpoints", $"{_metadata.Bytes}")
            : new BadRecordException($"at most {TraceLimits.MetadataParts} entries, labels and claims between checkpoints", $"{_metadata.Parts}");
    }

    private static ClockSample ReadClock(ref MessagePackReader from, int pairs)
    {
        ClockSample? sample = null;
        for (int i = 0; i < pairs; i++)
        {
            if (RecordReader.ReadString(ref from) == "clock")
                sample = ClockCodec.Read(ref from);
            else
                RecordReader.Skip(ref from);
        }
        return sample ?? throw new BadRecordException("a clock sample", "none");
    }

    private static LossRecord ReadLoss(ref MessagePackReader from, int pairs)
    {
        var loss = new LossRecord();
        for (int i = 0; i < pairs; i++)
        {
            switch (RecordReader.ReadString(ref from))
            {
                case "from":
                    loss = loss with { FromNs = RecordReader.ReadInteger(ref from) };
                    break;
                case "to":
                    loss = loss with { ToNs = RecordReader.ReadInteger(ref from) };
                    break;
                case "source":
                    loss = loss with { Source = (LossSource)RecordReader.ReadInteger(ref from) };
                    break;
                case "count":
                    loss = loss with { Count = RecordReader.ReadInteger(ref from) };
                    break;
                case "total":
                    loss = loss with { Total = RecordReader.ReadInteger(ref from) };
                    break;
                default:
                    RecordReader.Skip(ref from);
                    break;
            }
        }
        return loss;
    }

    private static Unfinished ReadUnfinished(ref MessagePackReader from)
    {
        var unfinished = new Unfinished();
        int pairs = from.ReadMapHeader();
        for (int i = 0; i < pairs; i++)
            unfinished = unfinished.With(RecordReader.ReadString(ref from), RecordReader.ReadInteger(ref from));
        return unfinished;
    }

    private static TraceEnd ReadEnd(ref MessagePackReader from, int pairs)
    {
        var end = new TraceEnd("", 0, 0, 0);
        for (int i = 0; i < pairs; i++)
        {
            switch (RecordReader.ReadString(ref from))
            {
                case "cause":
                    end = end with { Cause = RecordReader.ReadString(ref from) };
                    break;
                case "captured":
                    end = end with { Captured = RecordReader.ReadInteger(ref from) };
                    break;
                case "written":
                    end = end with { Written = RecordReader.ReadInteger(ref from) };
                    break;
                case "lost":
                    end = end with { Lost = RecordReader.ReadInteger(ref from) };
                    break;
                case "unfinished":
                    end = end with { Unfinished = ReadUnfinished(ref from) };
                    break;
                default:
                    RecordReader.Skip(ref from);
                    break;
            }
        }
        return end;
    }
}
