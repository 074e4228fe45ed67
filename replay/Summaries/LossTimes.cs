using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;

namespace TcpTracer.Replay.Summaries;

/// <summary>What was lost, and between which times. It is told the clocks, because losses have boot time.</summary>
internal sealed class LossTimes
{
    private readonly SortedDictionary<LossSource, (long Count, WallWindow Times)> _all = [];
    private ClockSample _clock;

    /// <summary>The losses, by their sources.</summary>
    public IReadOnlyDictionary<LossSource, (long Count, WallWindow Times)> All => _all;

    /// <summary>From here on wall time follows from this sample.</summary>
    public void Follow(in ClockSample sample) => _clock = sample;

    /// <summary>Adds a loss.</summary>
    public void Add(in LossRecord loss)
    {
        long from = _clock.ToWall(loss.FromNs), to = _clock.ToWall(loss.ToNs);
        _all[loss.Source] = _all.TryGetValue(loss.Source, out (long Count, WallWindow Times) before)
            ? (unchecked(before.Count + loss.Count), new WallWindow(
                Math.Min(before.Times.SinceNs, from), Math.Max(before.Times.UntilNs, to)))
            : (loss.Count, new WallWindow(from, to));
    }
}
