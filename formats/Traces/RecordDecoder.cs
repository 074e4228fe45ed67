using MessagePack;
using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Traces;

/// <summary>A record whose kind was read.</summary>
/// <param name="Kind">Its kind; null: a kind of a later version.</param>
/// <param name="Name">The name of its kind.</param>
/// <param name="Raw">The whole record, decompressed. Valid until the next record is opened.</param>
/// <param name="Body">The part of <paramref name="Raw"/> after the kind: <paramref name="Pairs"/> keys with their values.</param>
/// <param name="Pairs">How many keys are in the body.</param>
internal readonly record struct OpenedRecord(
    RecordKind? Kind, string Name, ReadOnlyMemory<byte> Raw, ReadOnlyMemory<byte> Body, int Pairs);

/// <summary>
/// Decodes records, one after the other. Only here bad bytes become a <see cref="TraceDamage"/>, so that an exception of a visitor is never
/// mistaken for damage of the file.
/// </summary>
internal sealed class RecordDecoder
{
    private readonly EventBlock _block = new();
    private readonly EntryCaches _caches = new();
    private readonly MetadataCount _metadata = new();
    private byte[] _raw = [];

    /// <summary>A trace begins: its metadata is counted from here on.</summary>
    public void Begin() => _metadata.Clear();

    /// <summary>The visitor is done with a block, so its memory can be collected.</summary>
    public void CollectIfNeedBe() => _caches.CollectIfNeedBe();

    /// <summary>Decompresses a record and reads its kind.</summary>
    /// <param name="frame">The frame of the record.</param>
    /// <param name="announced">Its block header; null: it has none.</param>
    /// <param name="mustBeHeader">Whether the record must be the header of a trace, because the file begins here.</param>
    /// <param name="record">The record.</param>
    /// <returns>What is wrong with the record; null: it is good.</returns>
    public TraceDamage? Open(in Frame frame, BlockHeader? announced, bool mustBeHeader, out OpenedRecord record)
    {
        record = default;
        try
        {
            ReadOnlyMemory<byte> raw = Lz4Frame.Read(frame, ref _raw);
            var from = new MessagePackReader(raw);
            int pairs = from.ReadMapHeader() - 1;
            if (pairs < 0 || RecordReader.ReadString(ref from) != "t")
                throw new BadRecordException("a record that begins with its kind", "another");
            string name = RecordReader.ReadString(ref from);
            RecordKind? kind = RecordKinds.Parse(name);
            if (mustBeHeader && kind != RecordKind.Header)
                throw new BadRecordException("a trace header", "another record");
            if (kind is not null && announced is not null && announced.Kind != kind)
                throw new BadRecordException($"a record of kind {(int)announced.Kind}, as its block header says", name);
            record = new OpenedRecord(kind, name, raw, raw[(int)from.Consumed..], pairs);
            return null;
        }
        catch (Exception e) when (BadRecordException.IsOne(e))
        {
            return BadRecordException.ToDamage(e, frame.Offset);
        }
    }

    /// <summary>Decodes the record that was opened last.</summary>
    /// <param name="record">The record.</param>
    /// <param name="frame">The frame of the record.</param>
    /// <param name="content">Its content: <see cref="TraceHeader"/>, <see cref="EventBlock"/> (one object for all blocks),
    /// <see cref="WorkloadChange"/>, ClockSample, LossRecord or <see cref="TraceEnd"/>; null: this version does not know its kind.</param>
    /// <returns>What is wrong with the record; null: it is good.</returns>
    public TraceDamage? Decode(in OpenedRecord record, in Frame frame, out object? content)
    {
        content = null;
        try
        {
            var from = new MessagePackReader(record.Body);
            content = record.Kind switch
            {
                RecordKind.Header => ReadHeader(ref from, in record, frame.Bytes.Length),
                RecordKind.Events => ReadEvents(ref from, in record, frame.Bytes.Length),
                RecordKind.Metadata => ReadMetadata(ref from, in record, frame.Bytes.Length),
                RecordKind.Clock => ClockRecord.Read(ref from, record.Pairs),
                RecordKind.Loss => LossCodec.Read(ref from, record.Pairs),
                RecordKind.End => EndRecord.Read(ref from, record.Pairs),
                _ => null,
            };
            return null;
        }
        catch (Exception e) when (BadRecordException.IsOne(e))
        {
            return BadRecordException.ToDamage(e, frame.Offset);
        }
    }

    private static TraceHeader ReadHeader(ref MessagePackReader from, in OpenedRecord record, int frameBytes)
    {
        const int perByte = 3, perSource = 512;
        TraceHeader header = HeaderRecord.Read(ref from, record.Pairs, frameBytes);
        GarbageBudget.Add(record.Raw.Length * perByte + header.Merged.Count * perSource);
        return header;
    }

    private EventBlock ReadEvents(ref MessagePackReader from, in OpenedRecord record, int frameBytes)
    {
        _block.Load(record.Body, frameBytes, ref from, record.Pairs, _caches);
        return _block;
    }

    private WorkloadChange ReadMetadata(ref MessagePackReader from, in OpenedRecord record, int frameBytes)
    {
        WorkloadChange change = WorkloadCodec.Read(ref from, record.Pairs, frameBytes);
        _metadata.Add(change, record.Raw.Length);
        if (_metadata.HasRoomFor(0, 0))
            return change;
        GarbageBudget.Add(MemoryOf(change, record.Raw.Length)); // it was decoded before it was refused
        throw _metadata.Bytes > TraceLimits.MetadataBytes
            ? new BadRecordException($"at most {TraceLimits.MetadataBytes} bytes of metadata between checkpoints", $"{_metadata.Bytes}")
            : new BadRecordException(
                $"at most {TraceLimits.MetadataParts} entries, labels and claims between checkpoints", $"{_metadata.Parts}");
    }

    /// <summary>Roughly the bytes of memory that metadata takes while it is decoded.</summary>
    public static long MemoryOf(WorkloadChange change, int rawBytes)
    {
        const int perByte = 3, perPart = 256;
        return rawBytes * perByte + change.Parts * perPart;
    }
}
