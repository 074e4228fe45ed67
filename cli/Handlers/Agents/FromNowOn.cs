using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Sinks;

namespace TcpTracer.Cli.Handlers.Agents;

/// <summary>Keeps back the losses of a file that are older than a moment: whoever reads along from then on has not lost these.</summary>
/// <param name="next">Gets everything else.</param>
/// <param name="window">Begins at the moment.</param>
internal sealed class FromNowOn(IEventSink next, TimeWindow window) : PassingSink(next)
{
    private readonly long _sinceNs = window.From(0).SinceNs;
    private ClockSample _clock;

    /// <summary>What was lost since, by cause.</summary>
    public Dictionary<LossSource, long> Lost { get; } = [];

    public override void OnClock(in ClockSample sample)
    {
        _clock = sample;
        base.OnClock(in sample);
    }

    public override void OnLoss(in LossRecord loss)
    {
        if (_clock.ToWall(loss.ToNs) < _sinceNs)
            return;
        Lost[loss.Source] = Lost.GetValueOrDefault(loss.Source) + loss.Count;
        base.OnLoss(in loss);
    }
}
