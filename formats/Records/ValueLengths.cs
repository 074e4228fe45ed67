using System.Buffers.Binary;
using MessagePack;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Records;

/// <summary>
/// Finds the length of MessagePack values without decoding them. Nesting is bounded, and many values are fast. (The library's own Skip
/// recurses as deep as the data says.)
/// </summary>
internal static class ValueLengths
{
    private const byte Longer = 0; // the first byte does not say the length
    private static readonly byte[] s_ofCode = [.. Enumerable.Range(0, 256).Select(c => OfCode((byte)c))];

    /// <summary>The length of a value if its first byte gives it, as for numbers and short strings; else <see cref="Longer"/>.</summary>
    private static byte OfCode(byte code) => code switch
    {
        <= MessagePackCode.MaxFixInt or >= MessagePackCode.MinNegativeFixInt => 1,
        MessagePackCode.Nil or MessagePackCode.False or MessagePackCode.True => 1,
        >= MessagePackCode.MinFixStr and <= MessagePackCode.MaxFixStr => (byte)(1 + (code & 0x1f)),
        MessagePackCode.UInt8 or MessagePackCode.Int8 => 2,
        MessagePackCode.UInt16 or MessagePackCode.Int16 or MessagePackCode.FixExt1 => 3,
        MessagePackCode.FixExt2 => 4,
        MessagePackCode.UInt32 or MessagePackCode.Int32 or MessagePackCode.Float32 => 5,
        MessagePackCode.FixExt4 => 6,
        MessagePackCode.UInt64 or MessagePackCode.Int64 or MessagePackCode.Float64 => 9,
        MessagePackCode.FixExt8 => 10,
        MessagePackCode.FixExt16 => 18,
        _ => Longer,
    };

    /// <summary>The number of bytes that so many values take.</summary>
    /// <exception cref="BadRecordException">There are fewer values, they are nested too deep, or they are not MessagePack.</exception>
    public static long Of(ReadOnlySpan<byte> bytes, int values)
    {
        Span<long> left = stackalloc long[TraceLimits.Depth];
        int depth = 0;
        left[0] = values;
        long at = 0;
        while (true)
        {
            while (left[depth] == 0)
            {
                if (depth-- == 0)
                    return at;
            }
            left[depth]--;
            if (at >= bytes.Length)
                throw Cut(bytes);
            ReadOnlySpan<byte> rest = bytes[(int)at..];
            int length = s_ofCode[rest[0]];
            if (length == Longer)
            {
                (at, long inside) = Measure(bytes, (int)at);
                if (inside > 0 && ++depth == TraceLimits.Depth)
                    throw new BadRecordException($"nesting of at most {TraceLimits.Depth}", "more");
                if (inside > 0)
                    left[depth] = inside;
            }
            else
                at += length;
            if (at > bytes.Length)
                throw Cut(bytes);
        }
    }

    private static BadRecordException Cut(ReadOnlySpan<byte> bytes) =>
        new("as many values as were promised", $"the end after {bytes.Length} bytes");

    /// <summary>The end of the value's own bytes, and the number of values inside it.</summary>
    private static (long At, long Inside) Measure(ReadOnlySpan<byte> bytes, int at)
    {
        byte code = bytes[at];
        (int counted, int extra) = code switch
        {
            MessagePackCode.Bin8 or MessagePackCode.Str8 => (1, 0),
            MessagePackCode.Ext8 => (1, 1),
            MessagePackCode.Bin16 or MessagePackCode.Str16 or MessagePackCode.Array16 or MessagePackCode.Map16 => (2, 0),
            MessagePackCode.Ext16 => (2, 1),
            MessagePackCode.Bin32 or MessagePackCode.Str32 or MessagePackCode.Array32 or MessagePackCode.Map32 => (4, 0),
            MessagePackCode.Ext32 => (4, 1),
            >= MessagePackCode.MinFixArray and <= MessagePackCode.MaxFixArray => (0, 0),
            >= MessagePackCode.MinFixMap and <= MessagePackCode.MaxFixMap => (0, 0),
            _ => throw new BadRecordException("a MessagePack value", $"the byte 0x{code:x2}"),
        };
        if (bytes.Length < at + 1 + counted)
            throw Cut(bytes);
        long number = counted switch
        {
            0 => code & 0x0f,
            1 => bytes[at + 1],
            2 => BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 1)..]),
            _ => BinaryPrimitives.ReadUInt32BigEndian(bytes[(at + 1)..]),
        };
        long end = at + 1 + counted;
        return code switch
        {
            MessagePackCode.Array16 or MessagePackCode.Array32 or (>= MessagePackCode.MinFixArray and <= MessagePackCode.MaxFixArray) =>
                (end, number),
            MessagePackCode.Map16 or MessagePackCode.Map32 or (>= MessagePackCode.MinFixMap and <= MessagePackCode.MaxFixMap) =>
                (end, number * 2),
            _ => (end + extra + number, 0),
        };
    }
}
