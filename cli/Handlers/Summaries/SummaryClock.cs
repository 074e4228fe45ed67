using TcpTracer.Cli.Handlers.Inspection;

namespace TcpTracer.Cli.Handlers.Summaries;

/// <summary>Writes moments short: without the day where all are of one day, and never finer than milliseconds.</summary>
internal sealed class SummaryClock
{
    private const int DateLength = 10, TimeStart = 11, SecondsEnd = 19, MillisecondsEnd = 23;
    private long _firstNs = long.MaxValue, _lastNs = long.MinValue;

    /// <summary>Widens the time that is written about.</summary>
    public void Add(long firstNs, long lastNs) => (_firstNs, _lastNs) = (Math.Min(_firstNs, firstNs), Math.Max(_lastNs, lastNs));

    /// <summary>A moment: to the millisecond where all are of one day, else to the second.</summary>
    /// <param name="moment">As <see cref="InfoText.Time"/> writes it.</param>
    public string Short(string moment)
    {
        bool isOneDay = InfoText.Time(_firstNs)[..DateLength] == InfoText.Time(_lastNs)[..DateLength];
        return isOneDay ? moment[TimeStart..MillisecondsEnd] : $"{moment[..DateLength]} {moment[TimeStart..SecondsEnd]}";
    }
}
