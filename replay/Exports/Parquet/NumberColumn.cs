using System.Runtime.InteropServices;

namespace TcpTracer.Replay.Exports.Parquet;

/// <summary>A column of whole numbers.</summary>
/// <param name="place">Where it is in the schema.</param>
/// <param name="isSigned">How numbers compare.</param>
/// <param name="isSorted">Whether neighbours are near each other, as times are.</param>
internal sealed class NumberColumn(ColumnPlace place, bool isSigned, bool isSorted) : ParquetColumn(place)
{
    private const int LargestDictionary = 4096;
    private readonly List<ulong> _values = [];
    private bool _hasDictionary;

    private bool IsShort => Place.Physical == PhysicalType.Int32;

    public override int Values => _values.Count;

    /// <summary>A row with a value.</summary>
    public void Add(ulong value)
    {
        AddLevel();
        _values.Add(value);
    }

    public override int WriteDictionary(ByteBuffer to, ColumnScratch scratch)
    {
        _hasDictionary = !isSorted && _values.Count > 0 && TryNumber(scratch);
        if (!_hasDictionary)
            return 0;
        WritePlain(to, CollectionsMarshal.AsSpan(scratch.Distinct));
        return scratch.Distinct.Count;
    }

    public override PageEncoding WriteValues(ByteBuffer to, ColumnScratch scratch)
    {
        if (_hasDictionary)
        {
            int width = BitPacking.WidthOf((ulong)scratch.Distinct.Count - 1);
            to.Append((byte)width);
            BitPacking.WriteHybrid(to, scratch.Numbers(_values.Count), width);
            return PageEncoding.RleDictionary;
        }
        if (isSorted)
        {
            BitPacking.WriteDeltas(to, CollectionsMarshal.AsSpan(_values));
            return PageEncoding.DeltaBinaryPacked;
        }
        WritePlain(to, CollectionsMarshal.AsSpan(_values));
        return PageEncoding.Plain;
    }

    private void WritePlain(ByteBuffer to, ReadOnlySpan<ulong> values)
    {
        if (!IsShort)
        {
            to.Append(MemoryMarshal.AsBytes(values)); // this program runs where the lowest byte comes first
            return;
        }
        Span<uint> room = MemoryMarshal.Cast<byte, uint>(to.Room(values.Length * sizeof(uint)));
        for (int i = 0; i < values.Length; i++)
            room[i] = (uint)values[i];
        to.Advance(values.Length * sizeof(uint));
    }

    /// <summary>Numbers the distinct values.</summary>
    /// <returns>Whether these are few.</returns>
    private bool TryNumber(ColumnScratch scratch)
    {
        ReadOnlySpan<ulong> values = CollectionsMarshal.AsSpan(_values);
        Span<int> numbers = scratch.Numbers(values.Length);
        scratch.BeginDistinct();
        int most = Math.Min(LargestDictionary, Math.Max(1, values.Length / 2));
        for (int i = 0; i < values.Length; i++)
        {
            if (i > 0 && values[i] == values[i - 1])
                numbers[i] = numbers[i - 1];
            else if ((numbers[i] = scratch.NumberOf(values[i], most)) < 0)
                return false;
        }
        return true;
    }

    public override bool TryWriteBounds(ByteBuffer least, ByteBuffer greatest, ColumnScratch scratch)
    {
        ReadOnlySpan<ulong> values = CollectionsMarshal.AsSpan(_hasDictionary ? scratch.Distinct : _values);
        if (values.IsEmpty)
            return false;
        const ulong sign = 1ul << 63;
        ulong turn = isSigned ? sign : 0, low = ulong.MaxValue, high = 0;
        foreach (ulong value in values)
        {
            low = Math.Min(low, value ^ turn);
            high = Math.Max(high, value ^ turn);
        }
        WritePlain(least, [low ^ turn]);
        WritePlain(greatest, [high ^ turn]);
        return true;
    }

    public override void Clear()
    {
        base.Clear();
        _values.Clear();
    }
}
