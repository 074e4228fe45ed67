using System.Buffers.Binary;
using System.IO.Hashing;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;

namespace TcpTracer.Formats.Records;

/// <summary>
/// What stands in a skippable frame before every record, so that a reader can hop, choose, count and resynchronise without decompressing.
/// All of it can be rebuilt from the records.
/// </summary>
public sealed record BlockHeader
{
    internal const uint FrameMagic = Lz4Frame.SkippableMagic + 1;

    /// <summary>Operations that are counted one by one; 0 stands for all others.</summary>
    public const int CountedOperations = 8;

    private const int CountsOffset = 56;
    private const int ZoneMapOffset = CountsOffset + CountedOperations * sizeof(uint);
    private const int ChecksumBytes = sizeof(uint);

    /// <summary>Without a zone map.</summary>
    internal const int MinBytes = ZoneMapOffset + ChecksumBytes;

    /// <summary>Does not compile if a zone map counts on another length of the rest.</summary>
    private const byte SameLength = MinBytes == Filter.ZoneMap.HeaderBytes ? 0 : -1;

    /// <summary>What it stands before.</summary>
    public RecordKind Kind { get; init; }

    /// <summary>Length of the record's LZ4 frame.</summary>
    public int FrameBytes { get; init; }

    /// <summary>Length of the record, decompressed.</summary>
    public int RawBytes { get; init; }

    /// <summary>Place among the records of the trace, from 0, without gaps.</summary>
    public uint Sequence { get; init; }

    /// <summary>The earliest time in the record, boot-time nanoseconds.</summary>
    public long MinTimestamp { get; init; }

    /// <summary>The latest time in the record, boot-time nanoseconds.</summary>
    public long MaxTimestamp { get; init; }

    /// <summary>Events in it.</summary>
    public int Rows { get; init; }

    /// <summary>Which operations occur, bit per number.</summary>
    public uint Operations { get; init; }

    /// <summary>Events lost until then.</summary>
    public long LossesSoFar { get; init; }

    /// <summary>How many events of each operation.</summary>
    public IReadOnlyList<uint> Counts { get; init; } = [];

    internal ReadOnlyMemory<byte> ZoneMap { get; init; }

    /// <summary>Whether it stands before a block of events.</summary>
    public bool IsEvents => Kind == RecordKind.Events;

    /// <summary>What a reader that lost its way looks for.</summary>
    internal static ReadOnlySpan<byte> SyncWord => [0xA7, (byte)'T', (byte)'C', (byte)'T', (byte)'b', (byte)'l', (byte)'k', 0x0A];

    /// <summary>Length of the skippable frame.</summary>
    internal int FrameLength => 8 + MinBytes + ZoneMap.Length;

    /// <summary>For a record other than events.</summary>
    public static BlockHeader Of(RecordKind kind, long min, long max) => new() { Kind = kind, MinTimestamp = min, MaxTimestamp = max };

    /// <summary>Whether its block can hold anything that is wanted; if not, it need not be unpacked.</summary>
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

    /// <summary>The same but for lengths, sequence and losses, which depend on the file.</summary>
    public bool Describes(BlockHeader record) =>
        Rows == record.Rows && Operations == record.Operations && MinTimestamp == record.MinTimestamp && MaxTimestamp == record.MaxTimestamp && Counts.SequenceEqual(record.Counts)
        && (ZoneMap.IsEmpty || ZoneMap.Span.SequenceEqual(record.ZoneMap.Span));

    /// <summary>The skippable frame, head and body.</summary>
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

    /// <summary>From a block as a writer wrote it, header first; null: something else.</summary>
    public static BlockHeader? OfWrittenBlock(ReadOnlySpan<byte> block) =>
        block.Length > 8 && BinaryPrimitives.ReadUInt32LittleEndian(block) == FrameMagic ? TryRead(block[8..]) : null;

    /// <summary>From the body of the skippable frame; null if it is none or damaged.</summary>
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
