using TcpTracer.Bpf;
using TcpTracer.Formats.Events;

namespace TcpTracer.Recorder.Live;

/// <summary>Turns counters that have risen into loss records: at most one for each cause at each call.</summary>
internal sealed class LossMeter
{
    private readonly Dictionary<LossSource, long> _totals = new()
    {
        [LossSource.RingFull] = 0,
        [LossSource.ConnectionsFull] = 0,
        [LossSource.ProcessesFull] = 0,
        [LossSource.ListenersFull] = 0,
        [LossSource.Evicted] = 0,
    };

    private long _since = KernelClock.Boottime;

    /// <summary>All losses so far, by cause.</summary>
    public IReadOnlyDictionary<LossSource, long> Totals => _totals;

    /// <summary>What was lost since the last call.</summary>
    /// <param name="counters">The counters now.</param>
    /// <param name="now">Boot time in nanoseconds.</param>
    public IReadOnlyList<LossRecord> Update(in ProbeCounters counters, long now)
    {
        var losses = new List<LossRecord>();
        Add(losses, LossSource.RingFull, counters.RingFull, now);
        Add(losses, LossSource.ConnectionsFull, counters.ConnectionsFull, now);
        Add(losses, LossSource.ProcessesFull, counters.ProcessesFull, now);
        Add(losses, LossSource.ListenersFull, counters.ListenersFull, now);
        Add(losses, LossSource.Evicted, counters.Evicted, now);
        _since = now;
        return losses;
    }

    private void Add(List<LossRecord> losses, LossSource source, long total, long now)
    {
        long count = total - _totals[source];
        if (count <= 0)
            return;
        _totals[source] = total;
        losses.Add(new LossRecord(_since, now, source, count, total));
    }
}
