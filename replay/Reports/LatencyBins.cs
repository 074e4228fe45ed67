using System.Numerics;

namespace TcpTracer.Replay.Reports;

/// <summary>
/// How many connects took how long, for one interval of the timeline: four bins for each power of two, so the page can add up those of
/// any edges and find their percentiles within some 10 %.
/// </summary>
internal sealed class LatencyBins
{
    private const int BitsOfBin = 2, PerPower = 1 << BitsOfBin;
    private readonly List<(byte Bin, int Count)> _bins = [];

    /// <summary>How many bins have values.</summary>
    public int Count => _bins.Count;

    /// <summary>The bins that have values, in no order.</summary>
    public IReadOnlyList<(byte Bin, int Count)> All => _bins;

    /// <summary>The bin of a value in nanoseconds. The script of the page has the other direction.</summary>
    public static byte BinOf(ulong ns)
    {
        if (ns < PerPower)
            return (byte)ns;
        int shift = BitOperations.Log2(ns) - BitsOfBin;
        return (byte)(shift * PerPower + (int)(ns >> shift));
    }

    /// <summary>Counts values of a bin.</summary>
    public void Add(byte bin, int count = 1)
    {
        int at = _bins.FindIndex(b => b.Bin == bin);
        if (at < 0)
            _bins.Add((bin, count));
        else
            _bins[at] = (bin, _bins[at].Count + count);
    }

    /// <summary>Adds all values of others.</summary>
    public void Add(LatencyBins other)
    {
        foreach ((byte bin, int count) in other._bins)
            Add(bin, count);
    }
}
