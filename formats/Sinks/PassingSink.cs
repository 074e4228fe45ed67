using TcpTracer.Formats.Events;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Sinks;

/// <summary>Passes everything on. What stands between a source and a sink derives from it, and overrides what it is about.</summary>
/// <param name="next">Gets everything.</param>
public abstract class PassingSink(IEventSink next) : IEventSink
{
    /// <inheritdoc/>
    public virtual void OnEvent(in TcpEvent e) => next.OnEvent(in e);

    /// <inheritdoc/>
    public virtual void OnClock(in ClockSample sample) => next.OnClock(in sample);

    /// <inheritdoc/>
    public virtual void OnLoss(in LossRecord loss) => next.OnLoss(in loss);

    /// <inheritdoc/>
    public virtual void OnWorkloads(WorkloadChange change, WorkloadView view) => next.OnWorkloads(change, view);

    /// <inheritdoc/>
    public virtual void OnPause() => next.OnPause();
}
