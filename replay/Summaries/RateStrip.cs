using TcpTracer.Formats.Sinks;

namespace TcpTracer.Replay.Summaries;

/// <summary>
/// Counts events over time, in bounded memory however long the time is: marks become wider as it grows. Events may come in any order.
/// </summary>
public sealed class RateStrip
{
    private const int MostMarks = 1_200;
    private const long Ms = EventCounts.SpanNs, Second = 1_000 * Ms, Minute = 60 * Second, Hour = 60 * Minute, Day = 24 * Hour;

    /// <summary>Each is a multiple of the one before, so that marks can be put together.</summary>
    private static readonly long[] s_widths =
    [
        Ms, 10 * Ms, 100 * Ms, Second, 10 * Second, Minute, 10 * Minute, Hour, 6 * Hour, Day,
        10 * Day, 100 * Day, 1_000 * Day, 10_000 * Day, 100_000 * Day,
    ];

    /// <summary>By how much the marks of a strip may be wider than those that are kept.</summary>
    private static readonly int[] s_multiples = [1, 2, 5, 10, 15, 20, 30, 60, 100, 200, 300, 600, MostMarks];

    private SortedDictionary<long, Mark> _marks = [];
    private int _width;
    private long _first, _last, _latestNumber;
    private Mark? _latest;

    private sealed class Mark
    {
        public long Events, Failed;
    }

    /// <summary>Counts events of the same <see cref="EventCounts.SpanNs"/>: no mark is narrower.</summary>
    /// <param name="wallNs">When one of them was, in nanoseconds since 1970.</param>
    /// <param name="events">How many.</param>
    /// <param name="failed">How many of them count as failed, too.</param>
    public void Add(long wallNs, long events, long failed)
    {
        long number = Floor(wallNs, s_widths[_width]);
        if (_latest is null || number != _latestNumber)
            _latest = MarkAt(wallNs, number);
        _latest.Events += events;
        _latest.Failed += failed;
    }

    private Mark MarkAt(long wallNs, long number)
    {
        (_first, _last) = _marks.Count == 0 ? (number, number) : (Math.Min(_first, number), Math.Max(_last, number));
        while (unchecked((ulong)(_last - _first)) >= MostMarks && _width < s_widths.Length - 1)
        {
            Widen();
            number = Floor(wallNs, s_widths[_width]);
        }
        _latestNumber = number;
        if (!_marks.TryGetValue(number, out Mark? mark))
            _marks.Add(number, mark = new Mark());
        return mark;
    }

    private void Widen()
    {
        long multiple = s_widths[_width + 1] / s_widths[_width];
        _width++;
        var wider = new SortedDictionary<long, Mark>();
        foreach ((long number, Mark mark) in _marks)
        {
            if (!wider.TryAdd(Floor(number, multiple), mark))
            {
                Mark same = wider[Floor(number, multiple)];
                same.Events += mark.Events;
                same.Failed += mark.Failed;
            }
        }
        _marks = wider;
        (_first, _last) = (Floor(_first, multiple), Floor(_last, multiple));
    }

    private static long Floor(long value, long by) => value / by - (value % by < 0 ? 1 : 0);

    /// <summary>The counts, in at most so many marks of equal width; null: there are no events.</summary>
    /// <param name="most">At least 20.</param>
    public Rates? Strip(int most)
    {
        if (_marks.Count == 0)
            return null;
        int multiple = s_multiples.First(m => m == MostMarks || Floor(_last, m) - Floor(_first, m) < most);
        long first = Floor(_first, multiple);
        int count = (int)(Floor(_last, multiple) - first) + 1;
        long width = s_widths[_width] * multiple;
        var rates = new Rates(first * s_widths[_width] * multiple, width, new long[count], new long[count]);
        foreach ((long number, Mark mark) in _marks)
        {
            rates.Events[(int)(Floor(number, multiple) - first)] += mark.Events;
            rates.Failed[(int)(Floor(number, multiple) - first)] += mark.Failed;
        }
        return rates;
    }
}

/// <summary>Events over time.</summary>
/// <param name="StartNs">When the first mark begins, in nanoseconds since 1970.</param>
/// <param name="WidthNs">How much time each mark stands for, in nanoseconds.</param>
/// <param name="Events">Events of each mark.</param>
/// <param name="Failed">Those of them that tell of a failure.</param>
public sealed record Rates(long StartNs, long WidthNs, long[] Events, long[] Failed);
