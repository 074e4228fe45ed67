using System.Buffers;
using System.Text;
using MessagePack;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Records;

/// <summary>
/// MessagePack from strangers: bounded strings, bounded depth. (The library's own Skip recurses as deep as the data says.)
/// </summary>
internal static class RecordReader
{
    /// <summary>A string, or a byte string where it was not UTF-8.</summary>
    public static byte[] ReadBytes(ref MessagePackReader from, int limit = TraceLimits.StringBytes)
    {
        ReadOnlySequence<byte> bytes = (from.NextMessagePackType == MessagePackType.Binary ? from.ReadBytes() : from.ReadStringSequence()) ?? default;
        if (bytes.Length > limit)
            throw new BadRecordException($"a string of at most {limit} bytes", $"{bytes.Length}");
        return bytes.ToArray();
    }

    public static string ReadString(ref MessagePackReader from) => Decode(ReadBytes(ref from));

    /// <summary>
    /// As text. What is no UTF-8 becomes longer by that, up to three times: it has to stay short enough for whoever writes it again.
    /// </summary>
    public static string Decode(byte[] bytes)
    {
        const int mostPerByte = 3;
        string text = Encoding.UTF8.GetString(bytes);
        return bytes.Length <= TraceLimits.StringBytes / mostPerByte || Encoding.UTF8.GetByteCount(text) <= TraceLimits.StringBytes
            ? text : throw new BadRecordException($"a string of at most {TraceLimits.StringBytes} bytes", "more, as UTF-8");
    }

    public static string[] ReadStrings(ref MessagePackReader from)
    {
        string[] strings = new string[ReadCount(ref from, TraceLimits.DictionaryEntries)];
        for (int i = 0; i < strings.Length; i++)
            strings[i] = ReadString(ref from);
        return strings;
    }

    /// <summary>Any integer; those beyond 63 bits wrap around, as they did when written.</summary>
    public static long ReadInteger(ref MessagePackReader from)
    {
        byte code = from.NextCode;
        return code == MessagePackCode.UInt64 ? unchecked((long)from.ReadUInt64()) : from.ReadInt64();
    }

    public static int ReadCount(ref MessagePackReader from, int limit)
    {
        int count = from.ReadArrayHeader();
        return count <= limit ? count : throw new BadRecordException($"at most {limit} entries", $"{count}");
    }

    /// <summary>
    /// How many bytes the first value has, if it is a scalar or a short array of scalars, as most entries of dictionaries are: quicker than
    /// <see cref="Skip(ref MessagePackReader, int)"/>. 0: it is something else.
    /// </summary>
    public static int LengthIfSimple(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || (bytes[0] & 0xf0) != MessagePackCode.MinFixArray)
            return ScalarLength(bytes);
        int length = 1;
        for (int left = bytes[0] & 0x0f; left > 0; left--)
        {
            int part = ScalarLength(bytes[length..]);
            if (part == 0)
                return 0;
            length += part;
        }
        return length;
    }

    private static int ScalarLength(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return 0;
        int length = bytes[0] switch
        {
            <= MessagePackCode.MaxFixInt or >= MessagePackCode.MinNegativeFixInt => 1,
            >= MessagePackCode.MinFixStr and <= MessagePackCode.MaxFixStr => 1 + (bytes[0] & 0x1f),
            MessagePackCode.UInt8 => 2,
            MessagePackCode.UInt16 => 3,
            MessagePackCode.UInt32 => 5,
            MessagePackCode.UInt64 => 9,
            MessagePackCode.Bin8 when bytes.Length > 1 => 2 + bytes[1],
            _ => 0,
        };
        return length <= bytes.Length ? length : 0;
    }

    /// <summary>
    /// Passes over values, however they are nested, within bounds: whoever fills a record with the smallest of values makes it pass four
    /// million.
    /// </summary>
    public static void Skip(ref MessagePackReader from, int values = 1)
    {
        if (values > 0)
            from.ReadRaw(ValueLengths.Of(from.Sequence.Slice(from.Position).FirstSpan, values));
    }
}
