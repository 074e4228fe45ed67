using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace TcpTracer.Formats.Blocks;

/// <summary>Turns byte planes into numbers, sixteen at a time. A filter spends most of its time here.</summary>
internal static class PlaneUnpacker
{
    public static void One(ReadOnlySpan<byte> low, int add, Span<int> to)
    {
        ref byte from = ref MemoryMarshal.GetReference(low);
        ref int into = ref MemoryMarshal.GetReference(to);
        Vector128<int> addend = Vector128.Create(add);
        int i = 0;
        for (; i <= to.Length - Vector128<byte>.Count; i += Vector128<byte>.Count)
        {
            (Vector128<ushort> first, Vector128<ushort> second) = Vector128.Widen(Vector128.LoadUnsafe(ref from, (nuint)i));
            Store(first, addend, ref into, i);
            Store(second, addend, ref into, i + Vector128<ushort>.Count);
        }
        for (; i < to.Length; i++)
            to[i] = low[i] + add;
    }

    public static void Two(ReadOnlySpan<byte> low, ReadOnlySpan<byte> high, int add, Span<int> to)
    {
        ref byte fromLow = ref MemoryMarshal.GetReference(low);
        ref byte fromHigh = ref MemoryMarshal.GetReference(high);
        ref int into = ref MemoryMarshal.GetReference(to);
        Vector128<int> addend = Vector128.Create(add);
        int i = 0;
        for (; i <= to.Length - Vector128<byte>.Count; i += Vector128<byte>.Count)
        {
            (Vector128<ushort> first, Vector128<ushort> second) = Vector128.Widen(Vector128.LoadUnsafe(ref fromLow, (nuint)i));
            (Vector128<ushort> firstHigh, Vector128<ushort> secondHigh) = Vector128.Widen(Vector128.LoadUnsafe(ref fromHigh, (nuint)i));
            Store(first | (firstHigh << 8), addend, ref into, i);
            Store(second | (secondHigh << 8), addend, ref into, i + Vector128<ushort>.Count);
        }
        for (; i < to.Length; i++)
            to[i] = (low[i] | high[i] << 8) + add;
    }

    /// <summary>Adds a plane to numbers of 64 bits.</summary>
    public static void Add(ReadOnlySpan<byte> plane, int shift, Span<long> to)
    {
        to = to[..plane.Length]; // the vector loop below has no bounds checks
        ref byte from = ref MemoryMarshal.GetReference(plane);
        ref long into = ref MemoryMarshal.GetReference(to);
        int i = 0;
        for (; i <= plane.Length - Vector128<byte>.Count; i += Vector128<byte>.Count)
        {
            (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(Vector128.LoadUnsafe(ref from, (nuint)i));
            Add(low, shift, ref into, i);
            Add(high, shift, ref into, i + Vector128<ushort>.Count);
        }
        for (; i < plane.Length; i++)
            to[i] = unchecked(to[i] + (long)((ulong)plane[i] << shift));
    }

    private static void Add(Vector128<ushort> values, int shift, ref long into, int index)
    {
        (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(values);
        Add(low, shift, ref into, index);
        Add(high, shift, ref into, index + Vector128<uint>.Count);
    }

    private static void Add(Vector128<uint> values, int shift, ref long into, int index)
    {
        (Vector128<ulong> low, Vector128<ulong> high) = Vector128.Widen(values);
        (Vector128.LoadUnsafe(ref into, (nuint)index) + (low << shift).AsInt64()).StoreUnsafe(ref into, (nuint)index);
        int next = index + Vector128<ulong>.Count;
        (Vector128.LoadUnsafe(ref into, (nuint)next) + (high << shift).AsInt64()).StoreUnsafe(ref into, (nuint)next);
    }

    /// <summary>Unpacks numbers of 1, 2 or 4 bits; the first number is in the lowest bits.</summary>
    public static void Bits(ReadOnlySpan<byte> packed, int width, int add, Span<int> to)
    {
        int inByte = 8 / width, mask = (1 << width) - 1, next = 0;
        foreach (byte bits in packed[..(to.Length / inByte)])
        {
            for (int shift = 0; shift < 8; shift += width)
                to[next++] = (bits >> shift & mask) + add;
        }
        for (int shift = 0; next < to.Length; shift += width)
            to[next++] = (packed[to.Length / inByte] >> shift & mask) + add;
    }

    /// <summary>Whether all numbers are at least 0 and below a limit; false also if there are too few for a vector.</summary>
    public static bool AllBelow(ReadOnlySpan<int> values, int limit)
    {
        if (values.Length < Vector128<int>.Count)
            return false;
        ref int from = ref MemoryMarshal.GetReference(values);
        Vector128<uint> limits = Vector128.Create((uint)limit), bad = Vector128<uint>.Zero;
        int last = values.Length - Vector128<int>.Count;
        for (int i = 0; i < last; i += Vector128<int>.Count)
            bad |= Vector128.GreaterThanOrEqual(Vector128.LoadUnsafe(ref from, (nuint)i).AsUInt32(), limits);
        return (bad | Vector128.GreaterThanOrEqual(Vector128.LoadUnsafe(ref from, (nuint)last).AsUInt32(), limits)) == Vector128<uint>.Zero;
    }

    private static void Store(Vector128<ushort> values, Vector128<int> addend, ref int into, int index)
    {
        (Vector128<uint> first, Vector128<uint> second) = Vector128.Widen(values);
        (first.AsInt32() + addend).StoreUnsafe(ref into, (nuint)index);
        (second.AsInt32() + addend).StoreUnsafe(ref into, (nuint)(index + Vector128<int>.Count));
    }
}
