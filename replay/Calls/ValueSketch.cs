using System.Numerics;

namespace TcpTracer.Replay.Calls;

/// <summary>
/// Counts values so that percentiles can be asked for, in bounded memory however many there are. Each power of two has 32 equal buckets, so
/// a percentile is at most 1.6 % away from the value itself. The smallest and the largest value are exact. Two sketches add up to what one
/// sketch of all values would be.
/// </summary>
public sealed class ValueSketch
{
    internal const int BitsOfBucket = 5, Buckets = 1 << BitsOfBucket;
    private readonly long[]?[] _counts = new long[]?[64 - BitsOfBucket + 1];

    /// <summary>How many values were added.</summary>
    public long Count { get; private set; }

    /// <summary>The smallest value; 0: there is none.</summary>
    public ulong Least { get; private set; }

    /// <summary>The largest value; 0: there is none.</summary>
    public ulong Most { get; private set; }

    /// <summary>Counts a value.</summary>
    public void Add(ulong value)
    {
        (int group, int bucket) = PlaceOf(value);
        (_counts[group] ??= new long[Buckets])[bucket]++;
        (Least, Most) = Count++ == 0 ? (value, value) : (Math.Min(Least, value), Math.Max(Most, value));
    }

    /// <summary>Adds all values of another sketch.</summary>
    public void Add(ValueSketch other)
    {
        if (other.Count == 0)
            return;
        for (int group = 0; group < _counts.Length; group++)
        {
            if (other._counts[group] is not { } counts)
                continue;
            long[] own = _counts[group] ??= new long[Buckets];
            for (int i = 0; i < Buckets; i++)
                own[i] += counts[i];
        }
        (Least, Most) = Count == 0 ? (other.Least, other.Most) : (Math.Min(Least, other.Least), Math.Max(Most, other.Most));
        Count += other.Count;
    }

    /// <summary>The value below or at which a share of all values lies.</summary>
    /// <param name="share">From 0 to 1, such as 0.99.</param>
    /// <returns>0: there are no values.</returns>
    public ulong Percentile(double share)
    {
        long rank = Math.Max(1, (long)Math.Ceiling(share * Count));
        if (Count == 0 || rank >= Count)
            return Most;
        long seen = 0;
        for (int group = 0; group < _counts.Length; group++)
        {
            for (int bucket = 0; bucket < (_counts[group]?.Length ?? 0); bucket++)
            {
                seen += _counts[group]![bucket];
                if (seen >= rank)
                    return Math.Clamp(MiddleOf(group, bucket), Least, Most);
            }
        }
        return Most;
    }

    /// <summary>The buckets that have values, the lowest first: the middle of each, and how many.</summary>
    public IEnumerable<(ulong Value, long Count)> Shape =>
        from @group in Enumerable.Range(0, _counts.Length)
        where _counts[@group] is not null
        from bucket in Enumerable.Range(0, Buckets)
        where _counts[@group]![bucket] > 0
        select (MiddleOf(@group, bucket), _counts[@group]![bucket]);

    /// <summary>Values below 32 have a bucket each: they are the first group.</summary>
    internal static (int Group, int Bucket) PlaceOf(ulong value)
    {
        if (value < Buckets)
            return (0, (int)value);
        int group = BitOperations.Log2(value) - BitsOfBucket;
        return (group + 1, (int)(value >> group) - Buckets);
    }

    internal static ulong MiddleOf(int group, int bucket)
    {
        if (group == 0)
            return (ulong)bucket;
        int shift = group - 1;
        return ((ulong)(bucket + Buckets) << shift) + ((1UL << shift) >> 1);
    }
}
