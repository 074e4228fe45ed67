using System.Runtime.CompilerServices;
using MessagePack;
using TcpTracer.Formats.Records;

namespace TcpTracer.Formats.Blocks;

/// <summary>How the numbers of a column are stored. Never change the meaning of a number; 5 to 15 are for later versions.</summary>
internal enum ColumnEncoding : byte
{
    /// <summary>All values are <c>base</c>.</summary>
    Constant = 0,

    /// <summary>
    /// Each value is <c>base</c> plus an unsigned number of <c>width</c> bytes. The lowest bytes of all numbers come first, then the
    /// second bytes, and so on.
    /// </summary>
    Planes = 1,

    /// <summary>
    /// As <see cref="Planes"/>, but the numbers are the differences between neighbouring values; the first one is to <c>start</c>.
    /// </summary>
    Steps = 2,

    /// <summary>The values are a plain MessagePack array.</summary>
    Plain = 3,

    /// <summary>
    /// Each value is <c>base</c> plus an unsigned number of <c>width</c> bits (1, 2 or 4); the first number is in the lowest bits.
    /// </summary>
    Bits = 4,
}

/// <summary>The rows of a block for which a column has values.</summary>
/// <param name="Bits">0: all rows. -1: the openings. Otherwise a bit for each operation; rows of other operations read as 0.</param>
internal readonly record struct RowSet(long Bits)
{
    public static readonly RowSet All = new(0);
    public static readonly RowSet Opening = new(-1);
}

/// <summary>Writes and reads a column: <c>[encoding, width, base, payload, start, rows]</c>. The last two may be missing.</summary>
internal static class ColumnCodec
{
    private const int RequiredParts = 4, MaxWidth = 8;

    public static void Write(ref MessagePackWriter to, ReadOnlySpan<long> values, RowSet rows = default)
    {
        (long min, long max) = Range(values);
        WriteArray(ref to, ColumnEncoding.Planes, values, min, max, start: 0, rows);
    }

    /// <summary>Writes numbers that mostly rise, as differences.</summary>
    public static void WriteSteps(ref MessagePackWriter to, ReadOnlySpan<long> values, Span<long> scratch)
    {
        Span<long> steps = scratch[..values.Length];
        steps[0] = 0;
        for (int i = 1; i < values.Length; i++)
            steps[i] = unchecked(values[i] - values[i - 1]);
        (long min, long max) = Range(steps[1..]);
        if (values.Length > 1)
            steps[0] = min; // the first value is not a difference, so it must not widen the range
        WriteArray(ref to, ColumnEncoding.Steps, steps, min, max, unchecked(values[0] - steps[0]), RowSet.All);
    }

    private static void WriteArray(
        ref MessagePackWriter to, ColumnEncoding encoding, ReadOnlySpan<long> values, long min, long max, long start, RowSet rows)
    {
        ulong range = unchecked((ulong)(max - min));
        int width = WidthOf(range);
        if (encoding == ColumnEncoding.Planes && range < 16)
            (encoding, width) = range == 0 ? (ColumnEncoding.Constant, 0) : (ColumnEncoding.Bits, range == 1 ? 1 : range < 4 ? 2 : 4);
        int parts = rows.Bits != 0 ? 6 : encoding == ColumnEncoding.Steps ? 5 : RequiredParts;
        to.WriteArrayHeader(parts);
        to.Write((byte)encoding);
        to.Write((byte)width);
        to.Write(min);
        int bytes = (int)Column.PayloadBytes(encoding, width, values.Length);
        to.WriteBinHeader(bytes);
        if (encoding == ColumnEncoding.Bits)
            PackBits(values, min, width, to.GetSpan(bytes)[..bytes]);
        else if (bytes > 0)
            Pack(values, min, width, to.GetSpan(bytes));
        to.Advance(bytes);
        if (parts > RequiredParts)
            to.Write(start);
        if (parts > RequiredParts + 1)
            to.Write(rows.Bits);
    }

    private static (long Min, long Max) Range(ReadOnlySpan<long> values)
    {
        if (values.IsEmpty)
            return (0, 0);
        long min = values[0], max = values[0];
        foreach (long value in values)
        {
            min = Math.Min(min, value);
            max = Math.Max(max, value);
        }
        return (min, max);
    }

    private static int WidthOf(ulong range) => (64 - System.Numerics.BitOperations.LeadingZeroCount(range) + 7) / 8;

    private static void Pack(ReadOnlySpan<long> values, long min, int width, Span<byte> to)
    {
        for (int plane = 0; plane < width; plane++)
        {
            Span<byte> bytes = to.Slice(plane * values.Length, values.Length);
            int shift = plane * 8;
            for (int i = 0; i < bytes.Length; i++)
                bytes[i] = (byte)(unchecked(values[i] - min) >>> shift);
        }
    }

    private static void PackBits(ReadOnlySpan<long> values, long min, int width, Span<byte> to)
    {
        to.Clear();
        int perByte = 8 / width;
        for (int i = 0; i < values.Length; i++)
            to[i / perByte] |= (byte)(unchecked(values[i] - min) << (i % perByte * width));
    }

    /// <summary>Finds a column in a record, and checks that its payload has the right size.</summary>
    /// <param name="from">Stands before the column.</param>
    /// <param name="countOf">The number of values of a row set.</param>
    /// <returns>The column; null: its encoding is of a later version.</returns>
    /// <exception cref="BadRecordException">The payload is too long or too short, or the width is not possible.</exception>
    public static Column? Locate(ref MessagePackReader from, Func<RowSet, int> countOf)
    {
        int parts = from.ReadArrayHeader();
        if (parts < RequiredParts)
            throw new BadRecordException($"a column of at least {RequiredParts} parts", $"{parts}");
        byte encoding = from.ReadByte();
        if (encoding > (byte)ColumnEncoding.Bits)
        {
            RecordReader.Skip(ref from, parts - 1);
            return null;
        }
        byte width = from.ReadByte();
        if ((ColumnEncoding)encoding == ColumnEncoding.Constant)
            width = 0; // a constant has no planes, so its width means nothing
        long minimum = RecordReader.ReadInteger(ref from);
        int offset;
        long size;
        if ((ColumnEncoding)encoding == ColumnEncoding.Plain)
        {
            size = from.ReadArrayHeader();
            offset = (int)from.Consumed;
            RecordReader.Skip(ref from, (int)size);
        }
        else
        {
            size = from.ReadBytes()?.Length ?? 0;
            offset = (int)(from.Consumed - size);
        }
        long start = parts > RequiredParts ? RecordReader.ReadInteger(ref from) : 0;
        var rows = new RowSet(parts > RequiredParts + 1 ? RecordReader.ReadInteger(ref from) : 0);
        RecordReader.Skip(ref from, Math.Max(0, parts - RequiredParts - 2));
        int count = countOf(rows);
        var column = new Column((ColumnEncoding)encoding, width, minimum, start, rows, offset, count, null);
        bool isWidth = (ColumnEncoding)encoding == ColumnEncoding.Bits ? width is 1 or 2 or 4 : width <= MaxWidth;
        if (!isWidth || size != column.PayloadSize)
            throw new BadRecordException($"{count} values of at most {MaxWidth} bytes in a column", $"{size} bytes in {width} planes");
        return column;
    }
}

/// <summary>A column in a record. Single values can be read in place, except differences: these need a walk.</summary>
internal readonly record struct Column(
    ColumnEncoding Encoding, int Width, long Base, long Start, RowSet Rows, int Offset, int Count, long[]? Values)
{
    /// <summary>A column that is not in the record. All values read as 0.</summary>
    public static readonly Column Missing = new(ColumnEncoding.Constant, 0, 0, 0, RowSet.All, 0, 0, null);

    /// <summary>Whether all values are 0, so that rows need not be read.</summary>
    public bool IsZero => Encoding == ColumnEncoding.Constant && Base == 0;

    /// <summary>The same column, ready for the indexer. If single values cannot be read in place, all values are decoded now.</summary>
    public Column ForRandomAccess(ReadOnlyMemory<byte> record)
    {
        if (Encoding is ColumnEncoding.Constant or ColumnEncoding.Planes or ColumnEncoding.Bits)
            return this;
        long[] values = new long[Count];
        Decode(record, values);
        return this with { Values = values };
    }

    public long PayloadSize => Encoding == ColumnEncoding.Plain ? Count : PayloadBytes(Encoding, Width, Count);

    public static long PayloadBytes(ColumnEncoding encoding, int width, int count) => encoding switch
    {
        ColumnEncoding.Constant => 0,
        ColumnEncoding.Bits => ((long)count * width + 7) / 8,
        _ => (long)count * width,
    };

    /// <summary>The value at an index.</summary>
    public long this[ReadOnlySpan<byte> record, int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if (Values is not null)
                return Values[index];
            if (Encoding == ColumnEncoding.Bits)
                return unchecked(Base + Bits(record[Offset..], index));
            ulong value = 0;
            for (int plane = 0; plane < Width; plane++)
                value |= (ulong)record[Offset + plane * Count + index] << (plane * 8);
            return unchecked((long)value + Base);
        }
    }

    /// <summary>The number at an index with <see cref="ColumnEncoding.Bits"/>, without the base.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Bits(ReadOnlySpan<byte> payload, int index)
    {
        int bit = index * Width;
        return payload[bit >> 3] >> (bit & 7) & ((1 << Width) - 1);
    }

    /// <summary>Decodes all values into numbers of 32 bits; this is the fast way for indexes.</summary>
    /// <returns>Whether all values fit.</returns>
    public bool TryDecode(ReadOnlyMemory<byte> record, Span<int> to)
    {
        bool isWhole = Encoding == ColumnEncoding.Constant || to.Length == Count;
        if (Values is null && Base is >= 0 and <= ushort.MaxValue && Encoding is not ColumnEncoding.Steps && isWhole)
        {
            ReadOnlySpan<byte> payload = record.Span[Offset..];
            switch (Encoding, Width)
            {
                case (ColumnEncoding.Constant, _):
                    to.Fill((int)Base);
                    return true;
                case (ColumnEncoding.Bits, _):
                    PlaneUnpacker.Bits(payload, Width, (int)Base, to);
                    return true;
                case (ColumnEncoding.Planes, 1):
                    PlaneUnpacker.One(payload[..Count], (int)Base, to);
                    return true;
                case (ColumnEncoding.Planes, 2):
                    PlaneUnpacker.Two(payload[..Count], payload.Slice(Count, Count), (int)Base, to);
                    return true;
            }
        }
        for (int i = 0; i < to.Length; i++)
        {
            long value = this[record.Span, i];
            if (value is < int.MinValue or > int.MaxValue)
                return false;
            to[i] = (int)value;
        }
        return true;
    }

    /// <summary>Decodes all values.</summary>
    public void Decode(ReadOnlyMemory<byte> record, Span<long> to)
    {
        if (Values is not null)
        {
            Values.AsSpan(0, Count).CopyTo(to);
            return;
        }
        if (Encoding == ColumnEncoding.Plain)
        {
            var plain = new MessagePackReader(record[Offset..]);
            for (int i = 0; i < to.Length; i++)
                to[i] = RecordReader.ReadInteger(ref plain);
            return;
        }
        to.Fill(Base);
        ReadOnlySpan<byte> payload = record.Span[Offset..];
        if (Encoding == ColumnEncoding.Bits)
        {
            for (int i = 0; i < to.Length; i++)
                to[i] = unchecked(to[i] + Bits(payload, i));
            return;
        }
        for (int plane = 0; plane < Width; plane++)
            PlaneUnpacker.Add(payload.Slice(plane * Count, Count), plane * 8, to);
        if (Encoding != ColumnEncoding.Steps)
            return;
        long sum = Start;
        for (int i = 0; i < to.Length; i++)
            to[i] = sum = unchecked(sum + to[i]);
    }
}
