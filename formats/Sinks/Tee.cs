using TcpTracer.Formats.Events;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Sinks;

/// <summary>Passes everything on to two sinks, first one, then the other.</summary>
public sealed class Tee(IEventSink first, IEventSink second) : IEventSink
{
    /// <inheritdoc/>
    public void OnEvent(in TcpEvent e)
    {
        first.OnEvent(in e);
        second.OnEvent(in e);
    }

    /// <inheritdoc/>
    public void OnClock(in ClockSample sample)
    {
        first.OnClock(in sample);
        second.OnClock(in sample);
    }

    /// <inheritdoc/>
    public void OnLoss(in LossRecord loss)
    {
        first.OnLoss(in loss);
        second.OnLoss(in loss);
    }

    /// <inheritdoc/>
    public void OnWorkloads(WorkloadChange change, WorkloadView view)
    {
        first.OnWorkloads(change, view);
        second.OnWorkloads(change, view);
    }

    /// <inheritdoc/>
    public void OnPause()
    {
        first.OnPause();
        second.OnPause();
    }
}
