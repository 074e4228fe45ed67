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
    private const int ObjectBytes = 256, BytesPerByte = 10; // a name is kept raw and, when printed, escaped
    private int _bytes;
    private readonly Dictionary<ulong, (byte[] Bytes, T Value)> _known = [];

    /// <summary>About how much memory all entries took that were ever decoded.</summary>
    public long DecodedBytes { get; private set; }

    public delegate T Decoder(ref MessagePackReader from);

    /// <summary>The array of entries at which the reader stands.</summary>
    public void ReadAll(ref MessagePackReader from, ReadOnlyMemory<byte> record, Room<T> into, int limit = TraceLimits.DictionaryEntries)
    {
        Span<T> entries = into.Take(RecordReader.ReadCount(ref from, limit));
        int begin = (int)from.Consumed, end = begin;
        foreach (ref T entry in entries)
        {
            int length = RecordReader.LengthIfSimple(record.Span[end..]);
            if (length == 0)
            {
                var rest = new MessagePackReader(record[end..]);
                RecordReader.Skip(ref rest);
                length = (int)rest.Consumed;
            }
            entry = Read(record.Slice(end, length));
            end += length;
        }
        from.ReadRaw(end - begin);
    }

    private T Read(ReadOnlyMemory<byte> bytes)
    {
        ulong hash = XxHash3.HashToUInt64(bytes.Span);
        if (_known.TryGetValue(hash, out (byte[] Bytes, T Value) entry) && bytes.Span.SequenceEqual(entry.Bytes))
            return entry.Value;
        var from = new MessagePackReader(bytes);
        T value = decode(ref from);
        DecodedBytes += ObjectBytes + bytes.Length * BytesPerByte;
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
