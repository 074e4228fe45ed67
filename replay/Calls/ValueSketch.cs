using System.Buffers.Binary;
using System.Numerics;
using TcpTracer.Formats.Values;

namespace TcpTracer.Replay.Calls;

/// <summary>
/// Counts values so that percentiles can be asked for, in bounded memory however many there are. Each power of two has 32 equal buckets, so
/// a percentile is at most 1.6 % away from the value itself. The smallest and the largest value are exact. Two sketches add up to what one
/// sketch of all values would be. Only buckets that have values take memory, because there may be millions of sketches; with all of them it
/// takes 20 kB. Values wait until there are some of them, because the buckets of a sketch among thousands are not in the processor's cache.
/// </summary>
public sealed class ValueSketch : IEquatable<ValueSketch>
{
    /// <summary>How much memory it takes beside its buckets, about.</summary>
    internal const int OwnBytes = 160;

    /// <summary>Bytes of a bucket, in memory and in a file.</summary>
    internal const int BucketBytes = sizeof(ushort) + sizeof(long);

    /// <summary>The most buckets that there can be.</summary>
    internal const int MostBuckets = (64 - BitsOfBucket + 1) * Buckets;

    private const int BitsOfBucket = 5, Buckets = 1 << BitsOfBucket, EndsBytes = 2 * sizeof(ulong), FirstBuckets = 2;
    private const int MostWaiting = 64;
    private ushort[] _places = [];
    private long[] _counts = [];
    private ushort[] _waiting = []; // the places of values
    private int _waitingCount, _bucketCount;

    /// <summary>How many values were added.</summary>
    public long Count { get; private set; }

    /// <summary>The smallest value; 0: there is none.</summary>
    public ulong Least { get; private set; }

    /// <summary>The largest value; 0: there is none.</summary>
    public ulong Most { get; private set; }

    /// <summary>How many buckets have values.</summary>
    internal int BucketCount
    {
        get
        {
            Settle();
            return _bucketCount;
        }
    }

    /// <summary>How much memory it takes, about, in bytes.</summary>
    internal int Bytes => OwnBytes + _places.Length * BucketBytes + _waiting.Length * sizeof(ushort);

    /// <summary>Counts a value.</summary>
    public void Add(ulong value) => Add([value]);

    /// <summary>Counts values.</summary>
    public void Add(ReadOnlySpan<ulong> values)
    {
        if (values.IsEmpty)
            return;
        ulong least = ulong.MaxValue, most = 0;
        foreach (ulong value in values)
        {
            if (_waitingCount == _waiting.Length)
                MakeRoom();
            _waiting[_waitingCount++] = PlaceOf(value);
            (least, most) = (Math.Min(least, value), Math.Max(most, value));
        }
        (Least, Most) = Count == 0 ? (least, most) : (Math.Min(Least, least), Math.Max(Most, most));
        Count += values.Length;
    }

    private void MakeRoom()
    {
        if (_waitingCount < MostWaiting)
            Array.Resize(ref _waiting, Math.Max(FirstBuckets, 2 * _waitingCount));
        else
            Settle();
    }

    /// <summary>Counts the values that wait in their buckets: both are in order, and so put together from the end on.</summary>
    private void Settle()
    {
        if (_waitingCount == 0)
            return;
        Span<ushort> waiting = _waiting.AsSpan(0, _waitingCount);
        waiting.Sort();
        int from = _bucketCount - 1, to = _bucketCount + CountNew(waiting) - 1;
        Reserve(to + 1);
        _bucketCount = to + 1;
        for (int i = waiting.Length - 1; i >= 0; i--)
        {
            ushort place = waiting[i];
            for (; from >= 0 && _places[from] > place; from--, to--)
                (_places[to], _counts[to]) = (_places[from], _counts[from]);
            long count = 1;
            for (; i > 0 && waiting[i - 1] == place; i--)
                count++;
            if (from >= 0 && _places[from] == place)
                count += _counts[from--];
            (_places[to], _counts[to]) = (place, count);
            to--;
        }
        _waitingCount = 0;
    }

    /// <summary>How many places have no bucket yet.</summary>
    private int CountNew(ReadOnlySpan<ushort> inOrder)
    {
        int count = 0, at = 0;
        for (int i = 0; i < inOrder.Length; i++)
        {
            if (i > 0 && inOrder[i] == inOrder[i - 1])
                continue;
            while (at < _bucketCount && _places[at] < inOrder[i])
                at++;
            count += at < _bucketCount && _places[at] == inOrder[i] ? 0 : 1;
        }
        return count;
    }

    private void Reserve(int buckets)
    {
        if (buckets <= _places.Length)
            return;
        int room = Math.Max(buckets, _bucketCount + _bucketCount / 2 + FirstBuckets);
        Array.Resize(ref _places, room);
        Array.Resize(ref _counts, room);
    }

    /// <summary>Adds all values of another one.</summary>
    public void Add(ValueSketch other)
    {
        if (other.Count == 0)
            return;
        Settle();
        for (int i = 0; i < other.BucketCount; i++)
            Add(other._places[i], other._counts[i]);
        (Least, Most) = Count == 0 ? (other.Least, other.Most) : (Math.Min(Least, other.Least), Math.Max(Most, other.Most));
        Count += other.Count;
    }

    private void Add(ushort place, long count)
    {
        int at = FirstFrom(place);
        if (at < _bucketCount && _places[at] == place)
        {
            _counts[at] += count;
            return;
        }
        Reserve(_bucketCount + 1);
        Array.Copy(_places, at, _places, at + 1, _bucketCount - at);
        Array.Copy(_counts, at, _counts, at + 1, _bucketCount - at);
        (_places[at], _counts[at]) = (place, count);
        _bucketCount++;
    }

    /// <summary>
    /// The first bucket that has this place or a later one. It has no branch, because a processor could not predict which way it goes.
    /// </summary>
    private int FirstFrom(ushort place)
    {
        ReadOnlySpan<ushort> places = _places.AsSpan(0, _bucketCount);
        int first = 0, count = places.Length;
        while (count > 0)
        {
            int half = (count + 1) >> 1;
            int isBefore = (places[first + half - 1] - place) >> 31; // all bits set, or none
            first += half & isBefore;
            count -= half;
        }
        return first;
    }

    /// <summary>The value below or at which a share of all values lies.</summary>
    /// <param name="share">From 0 to 1, such as 0.99.</param>
    /// <returns>0: there are no values.</returns>
    public ulong Percentile(double share)
    {
        long rank = Math.Max(1, (long)Math.Ceiling(share * Count)), seen = 0;
        if (rank >= Count)
            return Most;
        for (int i = 0; i < BucketCount; i++)
        {
            seen += _counts[i];
            if (seen >= rank)
            {
                return Math.Clamp(MiddleOf(_places[i]), Least, Most);
            }
        }
        return Most;
    }

    /// <summary>The buckets that have values, the lowest first: the middle of each, and how many.</summary>
    public IEnumerable<(ulong Value, long Count)> Shape =>
        Enumerable.Range(0, BucketCount).Select(i => (MiddleOf(_places[i]), _counts[i]));

    /// <summary>How many bytes a sketch of so many buckets takes in a file.</summary>
    internal static int BytesInFile(int buckets) => buckets == 0 ? 0 : EndsBytes + buckets * BucketBytes;

    internal void WriteTo(Span<byte> to)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(to, Least);
        BinaryPrimitives.WriteUInt64LittleEndian(to[sizeof(ulong)..], Most);
        to = to[EndsBytes..];
        for (int i = 0; i < BucketCount; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(to[(i * BucketBytes)..], _places[i]);
            BinaryPrimitives.WriteInt64LittleEndian(to[(i * BucketBytes + sizeof(ushort))..], _counts[i]);
        }
    }

    internal static ValueSketch Read(ReadOnlySpan<byte> from, int buckets)
    {
        var sketch = new ValueSketch
        {
            Least = BinaryPrimitives.ReadUInt64LittleEndian(from), Most = BinaryPrimitives.ReadUInt64LittleEndian(from[sizeof(ulong)..]),
            _bucketCount = buckets, _places = new ushort[buckets], _counts = new long[buckets],
        };
        from = from[EndsBytes..];
        for (int i = 0; i < buckets; i++)
        {
            sketch._places[i] = BinaryPrimitives.ReadUInt16LittleEndian(from[(i * BucketBytes)..]);
            sketch._counts[i] = BinaryPrimitives.ReadInt64LittleEndian(from[(i * BucketBytes + sizeof(ushort))..]);
            sketch.Count += sketch._counts[i];
        }
        return sketch;
    }

    /// <inheritdoc/>
    public bool Equals(ValueSketch? other) => other is not null
        && (Count, Least, Most, BucketCount) == (other.Count, other.Least, other.Most, other.BucketCount)
        && _places.AsSpan(0, _bucketCount).SequenceEqual(other._places.AsSpan(0, _bucketCount))
        && _counts.AsSpan(0, _bucketCount).SequenceEqual(other._counts.AsSpan(0, _bucketCount));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ValueSketch);

    /// <inheritdoc/>
    public override int GetHashCode() => SeededHash.HashOf(Least, Most);

    /// <summary>The number of a value's bucket. Values below 32 have a bucket each: they are the first group.</summary>
    private static ushort PlaceOf(ulong value)
    {
        if (value < Buckets)
            return (ushort)value;
        int group = BitOperations.Log2(value) - BitsOfBucket;
        return (ushort)(group * Buckets + (int)(value >> group));
    }

    private static ulong MiddleOf(ushort place)
    {
        (int group, int bucket) = Math.DivRem((int)place, Buckets);
        if (group == 0)
            return place;
        int shift = group - 1;
        return ((ulong)(bucket + Buckets) << shift) + ((1UL << shift) >> 1);
    }
}
