using MessagePack;
using TcpTracer.Formats.Events;

namespace TcpTracer.Formats.TraceFile;

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

    /// <summary>A record was good: its kind by name, and its bytes, which stay only during the call.</summary>
    void OnRecord(string kind, ReadOnlySpan<byte> raw)
    {
    }

    /// <summary>A block of events may be passed over unseen, for <see cref="EventReading.Choose"/>: by what its header says.</summary>
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
    private readonly EventReading _reading;
    private byte[] _raw = new byte[64 * 1024];
    private BlockHeader? _announced;
    private bool _started;

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
            _announced = null;
            if (!_started)
                throw new TraceException(damage with { Fault = TraceFault.NotATrace });
            visitor.OnDamage(damage);
            return true;
        }
        if (frame is not { } f)
            return _started ? false : throw new TraceException(new TraceDamage(TraceFault.NotATrace, 0, "a trace", "an empty file"));
        if (f.Skippable >= 0)
            ReadSkippable(in f, visitor);
        else if (_reading.HasFlag(EventReading.LeavePacked) && _started && _announced is { IsEvents: true } header && header.FrameBytes == f.Bytes.Length)
            visitor.OnPackedEvents(new PackedBlock(f));
        else
            ReadRecord(f, visitor);
        return true;
    }

    private void ReadSkippable(in Frame frame, ITraceVisitor visitor)
    {
        _announced = frame.Skippable == BlockHeader.FrameMagic - Lz4Frame.SkippableMagic ? BlockHeader.TryRead(frame.Bytes.Span) : null;
        if (_announced is not null)
            visitor.OnBlockHeader(_announced);
        if (_started && _reading.HasFlag(EventReading.Choose) && _announced is { IsEvents: true, FrameBytes: > 0 } header && visitor.PassesOver(header))
        {
            _frames.Hop(header.FrameBytes);
            _announced = null;
        }
    }

    private void ReadRecord(in Frame frame, ITraceVisitor visitor)
    {
        _announced = null;
        try
        {
            Decode(Lz4Frame.Read(frame, ref _raw), frame.Offset, visitor);
        }
        catch (Exception e) when (BadRecordException.IsOne(e))
        {
            if (!_started)
                throw new TraceException(new TraceDamage(TraceFault.NotATrace, frame.Offset, "a trace header", "something else"));
            visitor.OnDamage(BadRecordException.ToDamage(e, frame.Offset));
        }
    }

    private void Decode(ReadOnlyMemory<byte> raw, long offset, ITraceVisitor visitor)
    {
        var from = new MessagePackReader(raw);
        int pairs = from.ReadMapHeader() - 1;
        if (pairs < 0 || RecordReader.ReadString(ref from) != "t")
            throw new BadRecordException("a record that begins with its kind", "another");
        string name = RecordReader.ReadString(ref from);
        RecordKind? kind = RecordKinds.Parse(name);
        if (!_started && kind != RecordKind.Header)
            throw new BadRecordException("a trace header", "another record");
        switch (kind)
        {
            case RecordKind.Header:
                TraceHeader header = ReadHeader(ref from, pairs);
                ThrowIfTooNew(header, offset);
                _started = true;
                visitor.OnHeader(header);
                break;
            case RecordKind.Events:
                _block.Load(raw, ref from, pairs);
                visitor.OnEvents(_block);
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
                default:
                    RecordReader.Skip(ref from);
                    break;
            }
        }
        return end;
    }
}
