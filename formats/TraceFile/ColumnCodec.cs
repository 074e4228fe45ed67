using System.Buffers.Binary;
using System.Runtime.InteropServices;
using MessagePack;

namespace TcpTracer.Formats.TraceFile;

/// <summary>How a column's numbers are laid down. Numbers are never changed; 4 to 15 are for later versions.</summary>
internal enum ColumnEncoding : byte
{
    /// <summary>Every row is <c>base</c>.</summary>
    Constant = 0,

    /// <summary>Little-endian unsigned numbers of <c>width</c> bytes, each plus <c>base</c>.</summary>
    Fixed = 1,

    /// <summary>The same, as steps from row to row; <c>start</c> goes before the first.</summary>
    Steps = 2,

    /// <summary>A plain MessagePack array.</summary>
    Plain = 3,
}

/// <summary>Writes a column as <c>[encoding, width, base, payload, start]</c> and reads it back.</summary>
internal static class ColumnCodec
{
    public static void Write(ref MessagePackWriter to, ReadOnlySpan<long> values)
    {
        (long min, long max) = Range(values);
        WriteArray(ref to, min == max ? ColumnEncoding.Constant : ColumnEncoding.Fixed, values, min, max, start: 0);
    }

    /// <summary>For numbers that mostly rise.</summary>
    public static void WriteSteps(ref MessagePackWriter to, ReadOnlySpan<long> values, Span<long> scratch)
    {
        Span<long> steps = scratch[..values.Length];
        steps[0] = 0;
        for (int i = 1; i < values.Length; i++)
            steps[i] = unchecked(values[i] - values[i - 1]);
        (long min, long max) = Range(steps);
        WriteArray(ref to, ColumnEncoding.Steps, steps, min, max, values[0]);
    }

    private static void WriteArray(ref MessagePackWriter to, ColumnEncoding encoding, ReadOnlySpan<long> values, long min, long max, long start)
    {
        int width = encoding == ColumnEncoding.Constant ? 0 : WidthOf(unchecked((ulong)(max - min)));
        to.WriteArrayHeader(encoding == ColumnEncoding.Steps ? 5 : 4);
        to.Write((byte)encoding);
        to.Write((byte)width);
        to.Write(min);
        int bytes = values.Length * width;
        to.WriteBinHeader(bytes);
        Pack(values, min, width, to.GetSpan(Math.Max(1, bytes)));
        to.Advance(bytes);
        if (encoding == ColumnEncoding.Steps)
            to.Write(start);
    }

    private static (long Min, long Max) Range(ReadOnlySpan<long> values)
    {
        long min = values[0], max = values[0];
        foreach (long value in values)
        {
            min = Math.Min(min, value);
            max = Math.Max(max, value);
        }
        return (min, max);
    }

    private static int WidthOf(ulong range) => range switch
    {
        <= byte.MaxValue => 1,
        <= ushort.MaxValue => 2,
        <= uint.MaxValue => 4,
        _ => 8,
    };

    private static void Pack(ReadOnlySpan<long> values, long min, int width, Span<byte> to)
    {
        switch (width)
        {
            case 1:
                for (int i = 0; i < values.Length; i++)
                    to[i] = (byte)(values[i] - min);
                break;
            case 2:
                Span<ushort> shorts = MemoryMarshal.Cast<byte, ushort>(to);
                for (int i = 0; i < values.Length; i++)
                    shorts[i] = (ushort)(values[i] - min);
                break;
            case 4:
                Span<uint> ints = MemoryMarshal.Cast<byte, uint>(to);
                for (int i = 0; i < values.Length; i++)
                    ints[i] = (uint)(values[i] - min);
                break;
            case 8:
                for (int i = 0; i < values.Length; i++)
                    BinaryPrimitives.WriteInt64LittleEndian(to[(i * 8)..], unchecked(values[i] - min));
                break;
        }
    }

    /// <summary>Where a column lies in a block; decoded only when somebody asks.</summary>
    public readonly record struct Located(ColumnEncoding Encoding, int Width, long Base, long Start, int Offset);

    /// <summary>Reads <c>[encoding, width, base, payload, start]</c> and checks that it can hold the rows.</summary>
    /// <returns>null for an encoding of a later version.</returns>
    /// <exception cref="BadRecordException">It cannot.</exception>
    public static Located? Locate(ref MessagePackReader from, int rows)
    {
        int count = from.ReadArrayHeader();
        if (count < 4)
            throw new BadRecordException("a column of at least 4 parts", $"{count}");
        byte encoding = from.ReadByte();
        if (encoding > (byte)ColumnEncoding.Plain)
        {
            RecordReader.Skip(ref from, count - 1);
            return null;
        }
        byte width = from.ReadByte();
        long minimum = RecordReader.ReadInteger(ref from);
        int offset = 0;
        var kind = (ColumnEncoding)encoding;
        if (kind == ColumnEncoding.Plain)
        {
            int values = from.ReadArrayHeader();
            if (values != rows)
                throw new BadRecordException($"{rows} values in a column", $"{values}");
            offset = (int)from.Consumed;
            RecordReader.Skip(ref from, values);
        }
        else
        {
            int bytes = (int)(from.ReadBytes()?.Length ?? 0);
            if (kind == ColumnEncoding.Constant ? bytes != 0 : width is not (1 or 2 or 4 or 8) || bytes != (long)rows * width)
                throw new BadRecordException($"{rows} values of {width} bytes in a column", $"{bytes} bytes");
            offset = (int)from.Consumed - bytes;
        }
        long start = 0;
        int rest = count - 4;
        if (kind == ColumnEncoding.Steps && rest > 0)
        {
            start = RecordReader.ReadInteger(ref from);
            rest--;
        }
        RecordReader.Skip(ref from, rest);
        return new Located(kind, width, minimum, start, offset);
    }

    public static void Decode(Located column, ReadOnlyMemory<byte> record, Span<long> to)
    {
        ReadOnlySpan<byte> payload = record.Span[column.Offset..];
        switch (column.Encoding)
        {
            case ColumnEncoding.Constant:
                to.Fill(column.Base);
                return;
            case ColumnEncoding.Plain:
                var plain = new MessagePackReader(record[column.Offset..]);
                for (int i = 0; i < to.Length; i++)
                    to[i] = RecordReader.ReadInteger(ref plain);
                return;
        }
        Unpack(payload, column.Width, column.Base, to);
        if (column.Encoding == ColumnEncoding.Steps)
        {
            long sum = column.Start;
            for (int i = 0; i < to.Length; i++)
                to[i] = sum = unchecked(sum + to[i]);
        }
    }

    private static void Unpack(ReadOnlySpan<byte> payload, int width, long minimum, Span<long> to)
    {
        switch (width)
        {
            case 1:
                for (int i = 0; i < to.Length; i++)
                    to[i] = unchecked(payload[i] + minimum);
                break;
            case 2:
                ReadOnlySpan<ushort> shorts = MemoryMarshal.Cast<byte, ushort>(payload);
                for (int i = 0; i < to.Length; i++)
                    to[i] = unchecked(shorts[i] + minimum);
                break;
            case 4:
                ReadOnlySpan<uint> ints = MemoryMarshal.Cast<byte, uint>(payload);
                for (int i = 0; i < to.Length; i++)
                    to[i] = unchecked(ints[i] + minimum);
                break;
            default:
                for (int i = 0; i < to.Length; i++)
                    to[i] = unchecked(BinaryPrimitives.ReadInt64LittleEndian(payload[(i * 8)..]) + minimum);
                break;
        }
    }
}
