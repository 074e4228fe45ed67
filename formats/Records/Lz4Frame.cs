using System.Buffers.Binary;
using System.IO.Hashing;
using K4os.Compression.LZ4;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Records;

/// <summary>
/// Writes and reads standard LZ4 frames that have one data block, the content size and the content checksum. We do this ourselves because
/// the stream class of K4os stops at skippable frames.
/// </summary>
internal static class Lz4Frame
{
    public const uint Magic = 0x184D2204;
    public const uint SkippableMagic = 0x184D2A50; // to ...5F
    public const int HeaderBytes = 4 + 1 + 1 + 8 + 1;
    public const int OverheadBytes = HeaderBytes + 4 + 4 + 4; // data block size, end mark, content checksum
    private const byte Flags = 0b0110_1100; // version 1, independent blocks, content size, content checksum
    private const uint StoredBit = 0x8000_0000;

    public static bool IsSkippable(uint magic) => (magic & 0xFFFF_FFF0) == SkippableMagic;

    /// <summary>The most bytes that <see cref="Write"/> can need.</summary>
    public static int MaxBytes(int rawBytes) => OverheadBytes + Math.Max(rawBytes, LZ4Codec.MaximumOutputSize(rawBytes));

    /// <summary>Writes a frame. Data that does not become smaller is stored as it is.</summary>
    /// <param name="raw">The content.</param>
    /// <param name="to">Where to write; it has at least <see cref="MaxBytes"/>.</param>
    /// <param name="store">Whether to store the data in any case.</param>
    /// <returns>The bytes of the frame.</returns>
    public static int Write(ReadOnlySpan<byte> raw, Span<byte> to, bool store = false)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(to, Magic);
        to[4] = Flags;
        to[5] = BlockSizeCode(raw.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(to[6..], (ulong)raw.Length);
        to[14] = (byte)(XxHash32.HashToUInt32(to[4..14]) >> 8);
        Span<byte> data = to[(HeaderBytes + 4)..];
        int length = store ? 0 : LZ4Codec.Encode(raw, data);
        uint size = (uint)length;
        if (length <= 0 || length >= raw.Length || raw.Length > MostRaw(length))
        {
            raw.CopyTo(data);
            length = raw.Length;
            size = (uint)length | StoredBit;
        }
        BinaryPrimitives.WriteUInt32LittleEndian(to[HeaderBytes..], size);
        BinaryPrimitives.WriteUInt32LittleEndian(data[length..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(data[(length + 4)..], XxHash32.HashToUInt32(raw));
        return OverheadBytes + length;
    }

    /// <summary>The most bytes that compressed data may unpack to.</summary>
    private static long MostRaw(int dataBytes) => TraceLimits.RawFreeBytes + (long)dataBytes * TraceLimits.RawPerByte;

    private static byte BlockSizeCode(int rawBytes) => rawBytes switch
    {
        <= 64 << 10 => 0x40,
        <= 256 << 10 => 0x50,
        <= 1 << 20 => 0x60,
        _ => 0x70,
    };

    /// <summary>The lengths that the first bytes of a frame claim.</summary>
    public readonly record struct Promise(int RawBytes, int DataBytes, bool Stored)
    {
        public int FrameBytes => OverheadBytes + DataBytes;
    }

    /// <summary>Reads and checks the first <see cref="HeaderBytes"/> + 4 bytes of a frame.</summary>
    /// <exception cref="BadRecordException">They do not follow the specification, or break its limits.</exception>
    public static Promise ReadPromise(ReadOnlySpan<byte> start)
    {
        if (start[4] != Flags)
            throw new BadRecordException($"frame flags 0x{Flags:x2}", $"0x{start[4]:x2}");
        byte check = (byte)(XxHash32.HashToUInt32(start[4..14]) >> 8);
        if (start[14] != check)
            throw new BadRecordException($"frame header checksum 0x{check:x2}", $"0x{start[14]:x2}", TraceFault.BadChecksum);
        ulong raw = BinaryPrimitives.ReadUInt64LittleEndian(start[6..]);
        if (raw is 0 or > TraceLimits.RawBytes)
            throw new BadRecordException($"1 to {TraceLimits.RawBytes} bytes of content", $"{raw}");
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(start[HeaderBytes..]);
        uint data = size & ~StoredBit;
        bool stored = (size & StoredBit) != 0;
        if (data == 0 || data > (uint)LZ4Codec.MaximumOutputSize((int)raw) || (stored && data != raw) || raw > (ulong)MostRaw((int)data))
            throw new BadRecordException($"a data block that can hold {raw} bytes", $"{data} bytes");
        return new Promise((int)raw, (int)data, stored);
    }

    /// <summary>Decompresses a frame into a buffer that grows as needed.</summary>
    /// <exception cref="BadRecordException">It does not decompress, or the checksum is wrong.</exception>
    public static ReadOnlyMemory<byte> Read(in Frame frame, ref byte[] buffer)
    {
        if (buffer.Length < frame.Promise.RawBytes)
            buffer = new byte[frame.Promise.RawBytes];
        Memory<byte> raw = buffer.AsMemory(0, frame.Promise.RawBytes);
        Read(frame.Bytes.Span, frame.Promise, raw.Span);
        return raw;
    }

    /// <summary>Decompresses a whole frame.</summary>
    /// <exception cref="BadRecordException">It does not decompress, or the checksum is wrong.</exception>
    private static void Read(ReadOnlySpan<byte> frame, Promise promise, Span<byte> raw)
    {
        ReadOnlySpan<byte> data = frame.Slice(HeaderBytes + 4, promise.DataBytes);
        ReadOnlySpan<byte> tail = frame[(HeaderBytes + 4 + promise.DataBytes)..];
        if (promise.Stored)
            data.CopyTo(raw);
        else if (LZ4Codec.Decode(data, raw) != promise.RawBytes)
            throw new BadRecordException($"LZ4 data of {promise.RawBytes} bytes", "data that does not decompress to that");
        uint endMark = BinaryPrimitives.ReadUInt32LittleEndian(tail);
        if (endMark != 0)
            throw new BadRecordException("the end mark after one data block", $"0x{endMark:x8}");
        uint expected = BinaryPrimitives.ReadUInt32LittleEndian(tail[4..]);
        uint actual = XxHash32.HashToUInt32(raw);
        if (actual != expected)
            throw new BadRecordException($"content checksum 0x{expected:x8}", $"0x{actual:x8}", TraceFault.BadChecksum);
    }
}
