using System.IO.Hashing;
using MessagePack;

namespace TcpTracer.Formats.TraceFile;

/// <summary>
/// Dictionary entries repeat from block to block: each is decoded once, and one entry is one object. Bounded; a hash that a stranger made
/// collide only costs time.
/// </summary>
internal sealed class EntryCache<T>(EntryCache<T>.Decoder decode) where T : class
{
    private const int Limit = 2_048, LimitBytes = 1 << 20;
    private int _bytes;
    private readonly Dictionary<ulong, (byte[] Bytes, T Value)> _known = [];

    public delegate T Decoder(ref MessagePackReader from);

    /// <summary>The entry at which the reader stands.</summary>
    public T Read(ref MessagePackReader from, ReadOnlyMemory<byte> record)
    {
        MessagePackReader start = from;
        int begin = (int)from.Consumed;
        RecordReader.Skip(ref from);
        ReadOnlySpan<byte> bytes = record.Span[begin..(int)from.Consumed];
        ulong hash = XxHash3.HashToUInt64(bytes);
        if (_known.TryGetValue(hash, out (byte[] Bytes, T Value) entry) && bytes.SequenceEqual(entry.Bytes))
            return entry.Value;
        T value = decode(ref start);
        if (_known.Count >= Limit || _bytes > LimitBytes)
        {
            _known.Clear();
            _bytes = 0;
        }
        _bytes += bytes.Length;
        _known[hash] = (bytes.ToArray(), value);
        return value;
    }
}
