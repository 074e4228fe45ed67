using TcpTracer.Formats.Values;

namespace TcpTracer.Replay.Exports.Parquet;

/// <summary>What a column is in the schema of a file: a leaf of its tree.</summary>
/// <param name="Path">Its name; within a group, behind the group's.</param>
/// <param name="Physical">How values are stored.</param>
/// <param name="MaxLevel">How many of the names on its path may be absent; 0: each row has a value.</param>
internal sealed record ColumnPlace(string[] Path, PhysicalType Physical, int MaxLevel);

/// <summary>The values of one column of a row group, until they are written.</summary>
internal abstract class ParquetColumn(ColumnPlace place)
{
    private readonly List<byte> _levels = [];

    /// <summary>Where it is in the schema.</summary>
    public ColumnPlace Place => place;

    /// <summary>Values, without those that are absent.</summary>
    public abstract int Values { get; }

    /// <summary>Rows.</summary>
    public int Rows => place.MaxLevel == 0 ? Values : _levels.Count;

    /// <summary>Bytes of text that it holds.</summary>
    public virtual int TextBytes => 0;

    /// <summary>A row without a value.</summary>
    /// <param name="level">How many of the names on its path are there.</param>
    public void AddNull(byte level = 0) => _levels.Add(level);

    /// <summary>A row has a value: told before it is added.</summary>
    protected void AddLevel()
    {
        if (place.MaxLevel > 0)
            _levels.Add((byte)place.MaxLevel);
    }

    /// <summary>Writes for each row how many of the names on the path are there; nothing where each row has a value.</summary>
    public void WriteLevels(ByteBuffer to, ColumnScratch scratch)
    {
        if (place.MaxLevel == 0)
            return;
        Span<int> numbers = scratch.Numbers(_levels.Count);
        for (int row = 0; row < numbers.Length; row++)
            numbers[row] = _levels[row];
        int at = to.Length;
        to.AppendUInt32(0);
        BitPacking.WriteHybrid(to, numbers, BitPacking.WidthOf((ulong)place.MaxLevel));
        to.PatchUInt32(at, (uint)(to.Length - at - sizeof(uint)));
    }

    /// <summary>Chooses an encoding, and writes the dictionary if that has one.</summary>
    /// <returns>How many entries the dictionary has; 0: there is none.</returns>
    public abstract int WriteDictionary(ByteBuffer to, ColumnScratch scratch);

    /// <summary>Writes the values, after <see cref="WriteDictionary"/>.</summary>
    /// <returns>How.</returns>
    public abstract PageEncoding WriteValues(ByteBuffer to, ColumnScratch scratch);

    /// <summary>The least and the greatest value as they are stored.</summary>
    /// <returns>Whether they are told.</returns>
    public virtual bool TryWriteBounds(ByteBuffer least, ByteBuffer greatest, ColumnScratch scratch) => false;

    /// <summary>Starts anew.</summary>
    public virtual void Clear() => _levels.Clear();
}

/// <summary>What a thread needs to write a column, and uses again for the next.</summary>
internal sealed class ColumnScratch
{
    private const int Slots = 1 << SlotBits, SlotBits = 14;
    private readonly int[] _slots = new int[Slots];
    private int[] _numbers = [];

    /// <summary>The distinct numbers of the column, where these are few.</summary>
    public List<ulong> Distinct { get; } = [];

    /// <summary>Room for a small number for each row.</summary>
    public Span<int> Numbers(int count)
    {
        if (_numbers.Length < count)
            _numbers = new int[count];
        return _numbers.AsSpan(0, count);
    }

    /// <summary>Begins to number distinct values.</summary>
    public void BeginDistinct()
    {
        Array.Clear(_slots);
        Distinct.Clear();
    }

    /// <summary>The number of a value among the distinct ones; -1: it would be one too many.</summary>
    public int NumberOf(ulong value, int most)
    {
        int slot = (int)((uint)SeededHash.HashOf(value) >> 32 - SlotBits);
        for (; _slots[slot] is not 0 and var taken; slot = (slot + 1) & Slots - 1)
        {
            if (Distinct[taken - 1] == value)
                return taken - 1;
        }
        if (Distinct.Count == most)
            return -1;
        Distinct.Add(value);
        return (_slots[slot] = Distinct.Count) - 1;
    }
}
