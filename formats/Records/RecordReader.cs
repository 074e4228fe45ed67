using System.Buffers;
using System.Text;
using MessagePack;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Records;

/// <summary>
/// Reads MessagePack from strangers, with bounds on strings and nesting. (The library's own Skip recurses as deep as the data says.)
/// </summary>
internal static class RecordReader
{
    /// <summary>Reads the bytes of a string. Text that is not UTF-8 is in the file as a byte string.</summary>
    public static byte[] ReadBytes(ref MessagePackReader from, int limit = TraceLimits.StringBytes)
    {
        ReadOnlySequence<byte>? read = from.NextMessagePackType == MessagePackType.Binary ? from.ReadBytes() : from.ReadStringSequence();
        ReadOnlySequence<byte> bytes = read ?? default;
        if (bytes.Length > limit)
            throw new BadRecordException($"a string of at most {limit} bytes", $"{bytes.Length}");
        return bytes.ToArray();
    }

    public static string ReadString(ref MessagePackReader from) => Decode(ReadBytes(ref from));

    /// <summary>Whether a text is within the limit of a string, as UTF-8.</summary>
    public static bool CanBeWritten(string text)
    {
        const int mostPerChar = 3;
        return text.Length <= TraceLimits.StringBytes / mostPerChar || Encoding.UTF8.GetByteCount(text) <= TraceLimits.StringBytes;
    }

    /// <summary>
    /// Decodes UTF-8. Each byte that is not UTF-8 becomes three, and the text must still be short enough to be written again.
    /// </summary>
    public static string Decode(byte[] bytes)
    {
        string text = Encoding.UTF8.GetString(bytes);
        return CanBeWritten(text)
            ? text
            : throw new BadRecordException($"a string of at most {TraceLimits.StringBytes} bytes", "more, as UTF-8");
    }

    public static string[] ReadStrings(ref MessagePackReader from)
    {
        string[] strings = new string[ReadCount(ref from, TraceLimits.DictionaryEntries)];
        for (int i = 0; i < strings.Length; i++)
            strings[i] = ReadString(ref from);
        return strings;
    }

    /// <summary>Reads any integer. Unsigned numbers of 64 bits are written as such, and wrap around here.</summary>
    public static long ReadInteger(ref MessagePackReader from)
    {
        byte code = from.NextCode;
        return code == MessagePackCode.UInt64 ? unchecked((long)from.ReadUInt64()) : from.ReadInt64();
    }

    /// <summary>Reads how many rows a block has.</summary>
    public static int ReadRows(ref MessagePackReader from, int least)
    {
        long rows = ReadInteger(ref from);
        return rows >= least && rows <= TraceLimits.Rows
            ? (int)rows
            : throw new BadRecordException($"{least} to {TraceLimits.Rows} rows", $"{rows}");
    }

    public static int ReadCount(ref MessagePackReader from, int limit)
    {
        int count = from.ReadArrayHeader();
        return count <= limit ? count : throw new BadRecordException($"at most {limit} entries", $"{count}");
    }

    /// <summary>
    /// The bytes of the first value, if it is a scalar or a short array of scalars, as most dictionary entries are; 0: it is not. This is
    /// faster than <see cref="Skip(ref MessagePackReader, int)"/>.
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
    /// Skips values, however they are nested within the limit. It has to be fast: a hostile record may have four
    /// million of the smallest values.
    /// </summary>
    public static void Skip(ref MessagePackReader from, int values = 1)
    {
        if (values > 0)
            from.ReadRaw(ValueLengths.Of(from.Sequence.Slice(from.Position).FirstSpan, values));
    }
}
