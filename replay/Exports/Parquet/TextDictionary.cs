using System.Buffers.Binary;
using System.Numerics;

namespace TcpTracer.Replay.Exports.Parquet;

/// <summary>The distinct texts of a column, numbered in the order in which they came.</summary>
internal sealed class TextDictionary
{
    private const int FewestSlots = 64;
    private static readonly ulong s_seed = (ulong)Random.Shared.NextInt64();
    private readonly ByteBuffer _texts = new();
    private readonly List<int> _ends = [];
    private readonly List<uint> _hashes = [];
    private int[] _slots = new int[FewestSlots]; // number + 1; 0: free

    /// <summary>How many there are.</summary>
    public int Count => _ends.Count;

    /// <summary>How many bytes they have together.</summary>
    public int Bytes => _texts.Length;

    /// <summary>A text by its number.</summary>
    public ReadOnlySpan<byte> this[int number]
    {
        get
        {
            int start = number == 0 ? 0 : _ends[number - 1];
            return _texts.Written[start.._ends[number]];
        }
    }

    /// <summary>The number of a text; a new one where it is new.</summary>
    public int NumberOf(ReadOnlySpan<byte> text)
    {
        uint hash = HashOf(text);
        int mask = _slots.Length - 1, slot = (int)hash & mask;
        for (; _slots[slot] is not 0 and var taken; slot = (slot + 1) & mask)
        {
            if (_hashes[taken - 1] == hash && this[taken - 1].SequenceEqual(text))
                return taken - 1;
        }
        _texts.Append(text);
        _ends.Add(_texts.Length);
        _hashes.Add(hash);
        _slots[slot] = Count;
        if (Count * 2 > _slots.Length)
            Grow();
        return Count - 1;
    }

    /// <summary>Forgets all of them.</summary>
    public void Clear()
    {
        _texts.Clear();
        _ends.Clear();
        _hashes.Clear();
        Array.Clear(_slots);
    }

    private void Grow()
    {
        _slots = new int[_slots.Length * 2];
        int mask = _slots.Length - 1;
        for (int number = 0; number < Count; number++)
        {
            int slot = (int)_hashes[number] & mask;
            while (_slots[slot] != 0)
                slot = (slot + 1) & mask;
            _slots[slot] = number + 1;
        }
    }

    /// <summary>Seeded anew in each process: nobody can make a file full of names with one hash.</summary>
    private static uint HashOf(ReadOnlySpan<byte> text)
    {
        const ulong factor = 0x9e3779b97f4a7c15;
        ulong hash = s_seed ^ (ulong)text.Length * factor;
        for (; text.Length >= sizeof(ulong); text = text[sizeof(ulong)..])
            hash = (BitOperations.RotateLeft(hash, 5) ^ BinaryPrimitives.ReadUInt64LittleEndian(text)) * factor;
        ulong rest = 0;
        foreach (byte b in text)
            rest = rest << 8 | b;
        hash = (BitOperations.RotateLeft(hash, 5) ^ rest) * factor;
        return (uint)(hash >> 32);
    }
}
