using System.Buffers.Binary;
using System.IO.Hashing;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;

namespace TcpTracer.Formats.Records;

/// <summary>
/// The block header: a skippable frame before every record. With it a reader can skip, choose and count records, and find the next one
/// after damage, without decompressing. Everything in it can be rebuilt from the records.
/// </summary>
public sealed record BlockHeader
{
    internal const uint FrameMagic = Lz4Frame.SkippableMagic + 1;

    /// <summary>Operations with a count of their own; count 0 is for all others.</summary>
    public const int CountedOperations = 8;

    private const int CountsOffset = 56;
    private const int ZoneMapOffset = CountsOffset + CountedOperations * sizeof(uint);
    private const int ChecksumBytes = sizeof(uint);

    /// <summary>Bytes of the body without a zone map.</summary>
    internal const int MinBytes = ZoneMapOffset + ChecksumBytes;

    /// <summary>Does not compile if <see cref="Filter.ZoneMap"/> assumes another length of the rest of the header.</summary>
    private const byte SameLength = MinBytes == Filter.ZoneMap.HeaderBytes ? 0 : -1;

    /// <summary>The kind of the record that follows.</summary>
    public RecordKind Kind { get; init; }

    /// <summary>Bytes of the record's LZ4 frame.</summary>
    public int FrameBytes { get; init; }

    /// <summary>Bytes of the record after decompression.</summary>
    public int RawBytes { get; init; }

    /// <summary>The number of the record in its trace, from 0 and without gaps.</summary>
    public uint Sequence { get; init; }

    /// <summary>The earliest time in the record, in nanoseconds of boot time.</summary>
    public long MinTimestamp { get; init; }

    /// <summary>The latest time in the record, in nanoseconds of boot time.</summary>
    public long MaxTimestamp { get; init; }

    /// <summary>The number of events in the record.</summary>
    public int Rows { get; init; }

    /// <summary>The operations that occur in the record; bit n stands for operation number n.</summary>
    public uint Operations { get; init; }

    /// <summary>Events that were lost up to here.</summary>
    public long LossesSoFar { get; init; }

    /// <summary>How many events there are of each operation.</summary>
    public IReadOnlyList<uint> Counts { get; init; } = [];

    internal ReadOnlyMemory<byte> ZoneMap { get; init; }

    /// <summary>Whether a block of events follows.</summary>
    public bool IsEvents => Kind == RecordKind.Events;

    /// <summary>The bytes by which a reader finds the next block header after damage.</summary>
    internal static ReadOnlySpan<byte> SyncWord => [0xA7, (byte)'T', (byte)'C', (byte)'T', (byte)'b', (byte)'l', (byte)'k', 0x0A];

    /// <summary>Bytes of the whole skippable frame.</summary>
    internal int FrameLength => 8 + MinBytes + ZoneMap.Length;

    /// <summary>A header for a record that is not a block of events.</summary>
    /// <param name="kind">The kind of the record.</param>
    /// <param name="min">Its earliest time, in nanoseconds of boot time.</param>
    /// <param name="max">Its latest time, in nanoseconds of boot time.</param>
    public static BlockHeader Of(RecordKind kind, long min, long max) => new() { Kind = kind, MinTimestamp = min, MaxTimestamp = max };

    /// <summary>Whether the block can have selected events; if not, it need not be unpacked.</summary>
    /// <param name="filter">Selects the events.</param>
    /// <param name="window">The wall times that are selected; null: all.</param>
    /// <param name="clock">The clock sample in force, which gives the wall time.</param>
    public bool MayHold(EventFilter filter, WallWindow? window, in ClockSample clock)
    {
        if ((Operations & filter.Operations) == 0 || window?.Overlaps(clock.ToWall(MinTimestamp), clock.ToWall(MaxTimestamp)) == false)
            return false;
        foreach (ZoneQuestion question in filter.ZoneQuestions)
        {
            if (!question.MayHold(ZoneMap.Span))
                return false;
        }
        return true;
    }

    /// <summary>
    /// Whether both describe the same events. Lengths, number and losses are not compared, because they depend on the file.
    /// </summary>
    public bool Describes(BlockHeader record) =>
        Rows == record.Rows && Operations == record.Operations
        && MinTimestamp == record.MinTimestamp && MaxTimestamp == record.MaxTimestamp && Counts.SequenceEqual(record.Counts)
        && (ZoneMap.IsEmpty || ZoneMap.Span.SequenceEqual(record.ZoneMap.Span));

    /// <summary>Writes the whole skippable frame.</summary>
    internal void Write(Span<byte> to)
    {
        int length = MinBytes + ZoneMap.Length;
        BinaryPrimitives.WriteUInt32LittleEndian(to, FrameMagic);
        BinaryPrimitives.WriteInt32LittleEndian(to[4..], length);
        Span<byte> body = to.Slice(8, length);
        body.Clear();
        SyncWord.CopyTo(body);
        body[8] = (byte)Kind;
        BinaryPrimitives.WriteUInt16LittleEndian(body[10..], (ushort)length);
        BinaryPrimitives.WriteInt32LittleEndian(body[12..], FrameBytes);
        BinaryPrimitives.WriteInt32LittleEndian(body[16..], RawBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(body[20..], Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(body[24..], MinTimestamp);
        BinaryPrimitives.WriteInt64LittleEndian(body[32..], MaxTimestamp);
        BinaryPrimitives.WriteInt32LittleEndian(body[40..], Rows);
        BinaryPrimitives.WriteUInt32LittleEndian(body[44..], Operations);
        BinaryPrimitives.WriteInt64LittleEndian(body[48..], LossesSoFar);
        for (int i = 0; i < Counts.Count; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(body[(CountsOffset + i * sizeof(uint))..], Counts[i]);
        ZoneMap.Span.CopyTo(body[ZoneMapOffset..]);
        BinaryPrimitives.WriteUInt32LittleEndian(body[^ChecksumBytes..], XxHash32.HashToUInt32(body[..^ChecksumBytes]));
    }

    /// <summary>The header of a block, from the bytes that a writer wrote; null: they are something else.</summary>
    public static BlockHeader? OfWrittenBlock(ReadOnlySpan<byte> block) =>
        block.Length > 8 && BinaryPrimitives.ReadUInt32LittleEndian(block) == FrameMagic ? TryRead(block[8..]) : null;

    /// <summary>The header, from the body of a skippable frame; null: it is not a block header, or is damaged.</summary>
    internal static BlockHeader? TryRead(ReadOnlySpan<byte> body)
    {
        if (body.Length < MinBytes || !body.StartsWith(SyncWord))
            return null;
        int length = BinaryPrimitives.ReadUInt16LittleEndian(body[10..]);
        if (length < MinBytes || length > body.Length)
            return null;
        body = body[..length];
        if (BinaryPrimitives.ReadUInt32LittleEndian(body[^ChecksumBytes..]) != XxHash32.HashToUInt32(body[..^ChecksumBytes]))
            return null;
        uint[] counts = new uint[CountedOperations];
        for (int i = 0; i < counts.Length; i++)
            counts[i] = BinaryPrimitives.ReadUInt32LittleEndian(body[(CountsOffset + i * sizeof(uint))..]);
        return new BlockHeader
        {
            Kind = (RecordKind)body[8],
            FrameBytes = BinaryPrimitives.ReadInt32LittleEndian(body[12..]),
            RawBytes = BinaryPrimitives.ReadInt32LittleEndian(body[16..]),
            Sequence = BinaryPrimitives.ReadUInt32LittleEndian(body[20..]),
            MinTimestamp = BinaryPrimitives.ReadInt64LittleEndian(body[24..]),
            MaxTimestamp = BinaryPrimitives.ReadInt64LittleEndian(body[32..]),
            Rows = BinaryPrimitives.ReadInt32LittleEndian(body[40..]),
            Operations = BinaryPrimitives.ReadUInt32LittleEndian(body[44..]),
            LossesSoFar = BinaryPrimitives.ReadInt64LittleEndian(body[48..]),
            Counts = counts,
            ZoneMap = body[ZoneMapOffset..^ChecksumBytes].ToArray(),
        };
    }
}
