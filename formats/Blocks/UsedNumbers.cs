using System.Numerics;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Blocks;

/// <summary>
/// Tells which numbers were used once. It keeps parts of their hash codes: in a table that is small enough for the processor's cache, two
/// numbers are rarely taken for one.
/// </summary>
internal sealed class UsedNumbers
{
    private const ushort Several = 1; // the lowest bit of a mark; the others are of the hash code
    private const int SlotsOfNumber = 2, HashBits = 32, MarkBits = 16;
    private readonly ReusableArray<ushort> _marks = new();
    private int _mask;

    /// <summary>Forgets all numbers.</summary>
    /// <param name="most">So many may be used.</param>
    public void Begin(int most)
    {
        Span<ushort> marks = _marks.Take((int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, most * SlotsOfNumber)));
        marks.Clear();
        _mask = marks.Length - 1;
    }

    /// <summary>A number is used.</summary>
    public void Use(ulong number)
    {
        ref ushort slot = ref SlotOf(number, out ushort mark);
        slot = slot == 0 ? mark : (ushort)(slot | Several);
    }

    /// <summary>Whether a number was used once; false also by chance.</summary>
    public bool IsUsedOnce(ulong number) => SlotOf(number, out ushort mark) == mark;

    /// <summary>The slot that has a number, or the free one where it belongs.</summary>
    private ref ushort SlotOf(ulong number, out ushort mark)
    {
        Span<ushort> marks = _marks.All;
        uint hash = (uint)SeededHash.HashOf(number);
        mark = (ushort)((hash >> (HashBits - MarkBits) | 2) & ~Several); // never 0, which is a free slot
        for (int at = (int)hash & _mask; ; at = (at + 1) & _mask)
        {
            if (marks[at] == 0 || (marks[at] & ~Several) == mark)
                return ref marks[at];
        }
    }
}
