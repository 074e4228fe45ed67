using System.Buffers.Binary;
using MessagePack;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Blocks;

/// <summary>
/// Remembers decoded dictionary entries, because they repeat from block to block. So an entry is decoded once, and is mostly one object. It
/// is a bounded hash table that looks at eight slots only. If a stranger makes entries collide, they are merely decoded again.
/// </summary>
internal sealed class EntryCache<T>(EntryCache<T>.Decoder decode) where T : class
{
    private const int FirstSlots = 1 << 10, LastSlots = 1 << 12, Probes = 8, LimitBytes = 1 << 20;
    private const int ObjectBytes = 256, BytesPerByte = 10; // a name is kept as raw bytes, and also escaped once it was printed
    private (byte[]? Bytes, T Value)[] _slots = [];
    private int _count, _bytes;

    /// <summary>Roughly the bytes of memory of all entries that were ever decoded.</summary>
    public long DecodedBytes { get; private set; }

    public delegate T Decoder(ref MessagePackReader from);

    /// <summary>Reads an array of entries.</summary>
    /// <param name="from">Stands before the array.</param>
    /// <param name="record">The whole record.</param>
    /// <param name="into">Gets the entries.</param>
    /// <param name="limit">The most entries that are allowed.</param>
    /// <exception cref="BadRecordException">There are more entries, or one cannot be decoded.</exception>
    public void ReadAll(ref MessagePackReader from, ReadOnlyMemory<byte> record, ReusableArray<T> into,
        int limit = TraceLimits.DictionaryEntries)
    {
        Span<T> entries = into.Take(RecordReader.ReadCount(ref from, limit));
        ReadOnlySpan<byte> bytes = record.Span;
        int begin = (int)from.Consumed, end = begin;
        foreach (ref T entry in entries)
        {
            int length = RecordReader.LengthIfSimple(bytes[end..]);
            if (length == 0)
            {
                var rest = new MessagePackReader(record[end..]);
                RecordReader.Skip(ref rest);
                length = (int)rest.Consumed;
            }
            entry = Find(bytes.Slice(end, length)) ?? Add(record.Slice(end, length));
            end += length;
        }
        from.ReadRaw(end - begin);
    }

    private T? Find(ReadOnlySpan<byte> entry)
    {
        if (_slots.Length == 0)
            return null;
        uint at = HashOf(entry);
        for (int probe = 0; probe < Probes; probe++)
        {
            ref (byte[]? Bytes, T Value) slot = ref _slots[at++ & (uint)(_slots.Length - 1)];
            if (slot.Bytes is null)
                return null;
            if (entry.SequenceEqual(slot.Bytes))
                return slot.Value;
        }
        return null;
    }

    private T Add(ReadOnlyMemory<byte> entry)
    {
        var from = new MessagePackReader(entry);
        T value = decode(ref from);
        DecodedBytes += ObjectBytes + entry.Length * BytesPerByte;
        if (_bytes + entry.Length > LimitBytes)
        {
            Array.Clear(_slots);
            _count = _bytes = 0;
        }
        if (_count >= _slots.Length / 2 && _slots.Length < LastSlots)
            Grow();
        Put(entry.ToArray(), value);
        return value;
    }

    private void Grow()
    {
        (byte[]? Bytes, T Value)[] old = _slots;
        _slots = new (byte[]?, T)[Math.Max(FirstSlots, old.Length * 2)];
        _count = _bytes = 0;
        foreach ((byte[]? bytes, T value) in old)
        {
            if (bytes is not null)
                Put(bytes, value);
        }
    }

    /// <summary>Puts an entry into the first free slot; if all are taken, it replaces the entry in the last one.</summary>
    private void Put(byte[] bytes, T value)
    {
        uint at = HashOf(bytes);
        int probe = 0;
        while (probe < Probes - 1 && _slots[(at + probe) & (_slots.Length - 1)].Bytes is not null)
            probe++;
        ref (byte[]? Bytes, T Value) slot = ref _slots[(at + probe) & (_slots.Length - 1)];
        _count += slot.Bytes is null ? 1 : 0;
        _bytes += bytes.Length - (slot.Bytes?.Length ?? 0);
        slot = (bytes, value);
    }

    /// <summary>
    /// Hashes both ends of an entry: a process begins with its pid and ends with its cgroup, and an address ends with its host part.
    /// </summary>
    private static uint HashOf(ReadOnlySpan<byte> entry)
    {
        ulong first, last;
        if (entry.Length >= sizeof(ulong))
        {
            first = BinaryPrimitives.ReadUInt64LittleEndian(entry);
            last = BinaryPrimitives.ReadUInt64LittleEndian(entry[^sizeof(ulong)..]);
        }
        else if (entry.Length >= sizeof(uint))
        {
            first = BinaryPrimitives.ReadUInt32LittleEndian(entry);
            last = BinaryPrimitives.ReadUInt32LittleEndian(entry[^sizeof(uint)..]);
        }
        else
            return (uint)entry.Length;
        return (uint)((first * 0x9E37_79B9_7F4A_7C15 ^ last) * 0xC2B2_AE3D_27D4_EB4F >> 32);
    }
}

/// <summary>The caches of one thread for decoded dictionary entries.</summary>
public sealed class EntryCaches
{
    internal EntryCache<ProcessIdentity> Processes { get; } = new(ProcessCodec.Read);

    internal EntryCache<ProcessName> Others { get; } = new(ProcessCodec.ReadName);

    internal EntryCache<Address> Addresses { get; } = new(BlockDictionaries.ReadAddress);

    /// <summary>Roughly the bytes of memory of all entries that were ever decoded.</summary>
    public long DecodedBytes => Processes.DecodedBytes + Others.DecodedBytes + Addresses.DecodedBytes;

    private long _seenBytes;

    /// <summary>
    /// Reports the memory of a decoded record to <see cref="GarbageBudget"/>. Entries live just long enough to be promoted to an
    /// old generation. If they never repeat, they would pile up there.
    /// </summary>
    internal void CollectIfNeedBe()
    {
        GarbageBudget.Add(DecodedBytes - _seenBytes);
        _seenBytes = DecodedBytes;
    }
}
