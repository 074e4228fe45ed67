using System.Buffers.Binary;
using System.IO.Hashing;

namespace TcpTracer.Formats.TraceFile;

/// <summary>
/// What stands in a skippable frame before every record, so that a reader can hop, choose and resynchronise without decompressing. All of
/// it can be rebuilt from the records.
/// </summary>
internal readonly record struct BlockHeader(
    RecordKind Kind, int FrameBytes, int RawBytes, uint Sequence, long MinTimestamp, long MaxTimestamp, int Rows, uint Operations, long LossesSoFar)
{
    public const uint FrameMagic = Lz4Frame.SkippableMagic + 1;
    public const int Bytes = 64;
    private const int ChecksumOffset = 60;

    /// <summary>What a reader that lost its way looks for.</summary>
    public static ReadOnlySpan<byte> SyncWord => [0xA7, (byte)'T', (byte)'C', (byte)'T', (byte)'b', (byte)'l', (byte)'k', 0x0A];

    /// <summary>The skippable frame, header and body.</summary>
    public void Write(Span<byte> to)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(to, FrameMagic);
        BinaryPrimitives.WriteUInt32LittleEndian(to[4..], Bytes);
        Span<byte> body = to.Slice(8, Bytes);
        body.Clear();
        SyncWord.CopyTo(body);
        body[8] = (byte)Kind;
        BinaryPrimitives.WriteUInt16LittleEndian(body[10..], Bytes);
        BinaryPrimitives.WriteInt32LittleEndian(body[12..], FrameBytes);
        BinaryPrimitives.WriteInt32LittleEndian(body[16..], RawBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(body[20..], Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(body[24..], MinTimestamp);
        BinaryPrimitives.WriteInt64LittleEndian(body[32..], MaxTimestamp);
        BinaryPrimitives.WriteInt32LittleEndian(body[40..], Rows);
        BinaryPrimitives.WriteUInt32LittleEndian(body[44..], Operations);
        BinaryPrimitives.WriteInt64LittleEndian(body[48..], LossesSoFar);
        BinaryPrimitives.WriteUInt32LittleEndian(body[ChecksumOffset..], XxHash32.HashToUInt32(body[..ChecksumOffset]));
    }

    /// <summary>From the body of the skippable frame; null if it is none or damaged.</summary>
    public static BlockHeader? TryRead(ReadOnlySpan<byte> body)
    {
        if (body.Length < Bytes || !body.StartsWith(SyncWord)
            || BinaryPrimitives.ReadUInt32LittleEndian(body[ChecksumOffset..]) != XxHash32.HashToUInt32(body[..ChecksumOffset]))
            return null;
        return new BlockHeader(
            (RecordKind)body[8],
            BinaryPrimitives.ReadInt32LittleEndian(body[12..]),
            BinaryPrimitives.ReadInt32LittleEndian(body[16..]),
            BinaryPrimitives.ReadUInt32LittleEndian(body[20..]),
            BinaryPrimitives.ReadInt64LittleEndian(body[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(body[32..]),
            BinaryPrimitives.ReadInt32LittleEndian(body[40..]),
            BinaryPrimitives.ReadUInt32LittleEndian(body[44..]),
            BinaryPrimitives.ReadInt64LittleEndian(body[48..]));
    }
}
