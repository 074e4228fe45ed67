using System.Buffers.Binary;
using System.Numerics;

namespace TcpTracer.Replay.Exports.Parquet;

/// <summary>Numbers in few bits: Parquet's hybrid of runs and packed groups, and its packed differences.</summary>
internal static class BitPacking
{
    private const int Group = 8, WordBits = 64;

    /// <summary>How many bits hold every number up to this one.</summary>
    public static int WidthOf(ulong largest) => WordBits - BitOperations.LeadingZeroCount(largest);

    /// <summary>
    /// Writes numbers as runs of equal ones and, between these, as groups of eight that are packed.
    /// </summary>
    public static void WriteHybrid(ByteBuffer to, ReadOnlySpan<int> values, int width)
    {
        int start = 0, at = 0;
        while (at < values.Length)
        {
            int run = RunAt(values, at);
            if (run < Group)
            {
                at += run;
                continue;
            }
            // The packed numbers before it come in whole groups, so the run gives them what they lack
            int lacks = (Group - (at - start) % Group) % Group;
            if (run - lacks < Group)
            {
                at += run;
                continue;
            }
            WriteGroups(to, values[start..(at + lacks)], width);
            WriteRun(to, values[at], run - lacks, width);
            start = at += run;
        }
        WriteGroups(to, values[start..], width);
    }

    private static int RunAt(ReadOnlySpan<int> values, int at)
    {
        int end = values[at..].IndexOfAnyExcept(values[at]);
        return end < 0 ? values.Length - at : end;
    }

    private static void WriteRun(ByteBuffer to, int value, int count, int width)
    {
        to.AppendVarint((ulong)count << 1);
        for (int bits = 0; bits < width; bits += 8)
            to.Append((byte)(value >> bits));
    }

    /// <summary>The last group may be short; it is filled up with zeros.</summary>
    private static void WriteGroups(ByteBuffer to, ReadOnlySpan<int> values, int width)
    {
        if (values.IsEmpty)
            return;
        int groups = (values.Length + Group - 1) / Group;
        to.AppendVarint((ulong)groups << 1 | 1);
        int bytes = groups * width;
        Span<byte> room = to.Room(bytes + sizeof(ulong));
        ulong word = 0;
        int bits = 0, written = 0;
        foreach (int value in values)
        {
            word |= (ulong)value << bits;
            bits += width;
            if (bits < WordBits / 2)
                continue;
            BinaryPrimitives.WriteUInt32LittleEndian(room[written..], (uint)word);
            written += sizeof(uint);
            word >>= WordBits / 2;
            bits -= WordBits / 2;
        }
        BinaryPrimitives.WriteUInt64LittleEndian(room[written..], word);
        int rest = written + sizeof(ulong);
        if (rest < bytes)
            room[rest..bytes].Clear();
        to.Advance(bytes);
    }

    /// <summary>Writes numbers as differences (DELTA_BINARY_PACKED): small where neighbours are near each other.</summary>
    public static void WriteDeltas(ByteBuffer to, ReadOnlySpan<ulong> values)
    {
        const int block = 128, minis = 4, mini = block / minis;
        to.AppendVarint(block);
        to.AppendVarint(minis);
        to.AppendVarint((ulong)values.Length);
        to.AppendZigZag(values.IsEmpty ? 0 : (long)values[0]);
        Span<ulong> deltas = stackalloc ulong[block];
        Span<int> widths = stackalloc int[minis];
        for (int at = 1; at < values.Length; at += block)
        {
            int count = Math.Min(block, values.Length - at);
            long least = long.MaxValue;
            for (int i = 0; i < count; i++)
            {
                deltas[i] = values[at + i] - values[at + i - 1];
                least = Math.Min(least, (long)deltas[i]);
            }
            for (int i = 0; i < count; i++)
                deltas[i] -= (ulong)least;
            deltas[count..].Clear();
            to.AppendZigZag(least);
            for (int m = 0; m < minis; m++)
            {
                ulong all = 0;
                foreach (ulong delta in deltas.Slice(m * mini, mini))
                    all |= delta;
                widths[m] = WidthOf(all);
                to.Append((byte)widths[m]);
            }
            for (int m = 0; m * mini < count; m++)
                WritePacked(to, deltas.Slice(m * mini, mini), widths[m]);
        }
    }

    private static void WritePacked(ByteBuffer to, ReadOnlySpan<ulong> values, int width)
    {
        ulong word = 0;
        int bits = 0;
        foreach (ulong value in values)
        {
            if (width == 0)
                break;
            word |= value << bits;
            bits += width;
            if (bits < WordBits)
                continue;
            to.AppendUInt64(word);
            bits -= WordBits;
            word = bits == 0 ? 0 : value >> width - bits;
        }
        for (; bits > 0; bits -= 8, word >>= 8)
            to.Append((byte)word);
    }
}
