using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;

namespace TcpTracer.Cli.Handlers.Cluster;

/// <summary>Puts what one node streams among what all of them do.</summary>
internal sealed class WindowSink(MergeWindow window) : IEventSink
{
    private ClockSample _clock;

    public void OnEvent(in TcpEvent e) => window.Add(in e);

    public void OnClock(in ClockSample sample) => _clock = sample;

    public void OnLoss(in LossRecord loss) => window.Add(in loss, _clock.ToWall(loss.ToNs));
}
