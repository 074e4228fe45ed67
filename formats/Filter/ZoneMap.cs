using System.Buffers.Binary;
using System.IO.Hashing;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Filter;

/// <summary>The kinds of item in a zone map. The value is the first byte of what is hashed.</summary>
internal enum ZoneItem : byte
{
    Address = (byte)'a',
    Port = (byte)'p',
    Pid = (byte)'i',
    Uid = (byte)'u',
    Comm = (byte)'c',
}

/// <summary>
/// The zone map of a block. It is a Bloom filter over the entries of the block's dictionaries, together with the range of the ports that
/// are in no dictionary. For most blocks it can tell that a process, an address or a port does not occur. As in Parquet, the filter is
/// split into buckets of 32 bytes, and each item sets eight bits of one bucket.
/// </summary>
internal static class ZoneMap
{
    private const int RangeBytes = 4, BucketBytes = 32, WordsInBucket = 8, BitsPerItem = 10;
    /// <summary>Bytes of a block header without its zone map.</summary>
    internal const int HeaderBytes = 92;

    private const int MostBuckets = (ushort.MaxValue - HeaderBytes - RangeBytes) / BucketBytes; // the length of a header has 16 bits

    private static ReadOnlySpan<uint> Salt =>
        [0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31];

    /// <summary>Collects the items of a block, and builds its zone map.</summary>
    public sealed class Builder
    {
        private readonly HashSet<ulong> _items = new(SeededHash.One);
        private readonly bool[] _ports = new bool[ushort.MaxValue + 1];
        private int _low = ushort.MaxValue, _high = -1;

        public void Add(ProcessIdentity process)
        {
            _items.Add(HashOf(ZoneItem.Pid, process.Pid));
            _items.Add(HashOf(ZoneItem.Uid, process.Uid));
            _items.Add(HashOf(ZoneItem.Comm, process.Comm.Raw));
        }

        public void Add(Address address) => _items.Add(HashOf(ZoneItem.Address, address.WireBytes));

        /// <summary>Adds a port of a dictionary; -1 is not a port.</summary>
        public void AddPort(int port)
        {
            if (port < 0 || _ports[port])
                return;
            _ports[port] = true;
            _items.Add(HashOf(ZoneItem.Port, (uint)port));
        }

        /// <summary>Adds a port that is in no dictionary, because only one connection has it.</summary>
        public void AddOwnPort(int port)
        {
            _low = Math.Min(_low, port);
            _high = Math.Max(_high, port);
        }

        /// <summary>Removes everything, for the next block.</summary>
        public void Clear()
        {
            _items.Clear();
            Array.Clear(_ports);
            (_low, _high) = (ushort.MaxValue, -1);
        }

        public byte[] Build()
        {
            int buckets = Math.Clamp((_items.Count * BitsPerItem + BucketBytes * 8 - 1) / (BucketBytes * 8), 1, MostBuckets);
            byte[] map = new byte[RangeBytes + buckets * BucketBytes];
            BinaryPrimitives.WriteUInt16LittleEndian(map, (ushort)_low);
            BinaryPrimitives.WriteUInt16LittleEndian(map.AsSpan(2), (ushort)Math.Max(0, _high));
            foreach (ulong item in _items)
            {
                Span<byte> bucket = Bucket(map.AsSpan(), item);
                for (int word = 0; word < WordsInBucket; word++)
                    bucket[word * 4 + Bit(item, word) / 8] |= (byte)(1 << (Bit(item, word) % 8));
            }
            return map;
        }
    }

    /// <summary>Whether a block may have an item. Without a map it may.</summary>
    public static bool MayHold(ReadOnlySpan<byte> map, ulong item)
    {
        if (map.Length < RangeBytes + BucketBytes)
            return true;
        ReadOnlySpan<byte> bucket = Bucket(map, item);
        for (int word = 0; word < WordsInBucket; word++)
        {
            if ((bucket[word * 4 + Bit(item, word) / 8] >> (Bit(item, word) % 8) & 1) == 0)
                return false;
        }
        return true;
    }

    /// <summary>Whether a block may have a port of this range that is in no dictionary. Without a map it may.</summary>
    public static bool MayHoldOwnPort(ReadOnlySpan<byte> map, uint first, uint last) =>
        map.Length < RangeBytes + BucketBytes
        || (last >= BinaryPrimitives.ReadUInt16LittleEndian(map) && first <= BinaryPrimitives.ReadUInt16LittleEndian(map[2..]));

    public static ulong HashOf(ZoneItem kind, uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return HashOf(kind, bytes);
    }

    public static ulong HashOf(ZoneItem kind, ReadOnlySpan<byte> value)
    {
        Span<byte> bytes = stackalloc byte[1 + TraceLimits.ZoneItemBytes];
        value = value[..Math.Min(value.Length, TraceLimits.ZoneItemBytes)];
        bytes[0] = (byte)kind;
        value.CopyTo(bytes[1..]);
        return XxHash64.HashToUInt64(bytes[..(1 + value.Length)]);
    }

    private static Span<byte> Bucket(Span<byte> map, ulong item) =>
        map.Slice(RangeBytes + BucketIndex(map.Length, item) * BucketBytes, BucketBytes);

    private static ReadOnlySpan<byte> Bucket(ReadOnlySpan<byte> map, ulong item) =>
        map.Slice(RangeBytes + BucketIndex(map.Length, item) * BucketBytes, BucketBytes);

    /// <summary>Picks the bucket by the upper half of the hash. <see cref="Bit"/> picks the bits by the lower half.</summary>
    private static int BucketIndex(int mapBytes, ulong item) =>
        (int)((item >> 32) * (ulong)((mapBytes - RangeBytes) / BucketBytes) >> 32);

    private static int Bit(ulong item, int word) => (int)(unchecked((uint)item * Salt[word]) >> 27);
}
