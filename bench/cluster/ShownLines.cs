using System.Globalization;

namespace TcpTracer.Bench.Cluster;

/// <summary>
/// Reads JSON lines of which the first key is the timestamp: counts them, looks at their order, and how long after the event each line
/// came.
/// </summary>
internal sealed class ShownLines
{
    private const int MostMs = 60_000, PrefixLength = 14, TimeLength = 30; // {"timestamp":"2023-11-14T22:13:20.000009342Z"
    private readonly long[] _delays = new long[MostMs + 1];
    private readonly byte[] _day = new byte[PrefixLength + 10];
    private long _dayNs, _lastNs = long.MinValue;

    /// <summary>Lines so far.</summary>
    public long Count { get; private set; }

    /// <summary>Lines whose time is before that of an earlier line.</summary>
    public long OutOfOrder { get; private set; }

    /// <summary>Reads all of them.</summary>
    public void Read(Stream from)
    {
        byte[] buffer = new byte[1 << 20];
        int length = 0;
        while (from.Read(buffer, length, buffer.Length - length) is > 0 and var count)
        {
            length += count;
            long nowNs = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
            int start = 0;
            while (buffer.AsSpan(start, length - start).IndexOf((byte)'\n') is >= 0 and var end)
            {
                Take(buffer.AsSpan(start, end), nowNs);
                start += end + 1;
            }
            buffer.AsSpan(start, length - start).CopyTo(buffer);
            length -= start;
        }
    }

    private void Take(ReadOnlySpan<byte> line, long nowNs)
    {
        long ns = TimeOf(line);
        Count++;
        if (ns < _lastNs)
            OutOfOrder++;
        _lastNs = Math.Max(_lastNs, ns);
        _delays[Math.Clamp((nowNs - ns) / 1_000_000, 0, MostMs)]++;
    }

    private long TimeOf(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith(_day)) // it is another day, or the first line
        {
            line[.._day.Length].CopyTo(_day);
            string day = System.Text.Encoding.ASCII.GetString(line.Slice(PrefixLength, 10));
            _dayNs = (DateTime.ParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture) - DateTime.UnixEpoch).Ticks * 100;
        }
        ReadOnlySpan<byte> time = line.Slice(PrefixLength + 11, TimeLength - 12);
        long seconds = Number(time[..2]) * 3600 + Number(time.Slice(3, 2)) * 60 + Number(time.Slice(6, 2));
        return _dayNs + seconds * 1_000_000_000 + Number(time.Slice(9, 9));
    }

    private static long Number(ReadOnlySpan<byte> digits)
    {
        long number = 0;
        foreach (byte digit in digits)
            number = number * 10 + (digit - '0');
        return number;
    }

    /// <summary>So many milliseconds after its event came the line at this place in the order of delays, from 0 to 1.</summary>
    public int DelayMs(double place)
    {
        long left = (long)(place * (Count - 1)) + 1;
        int ms = 0;
        while (ms < MostMs && (left -= _delays[ms]) > 0)
            ms++;
        return ms;
    }
}
