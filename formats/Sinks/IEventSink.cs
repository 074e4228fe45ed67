using TcpTracer.Formats.Events;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Sinks;

/// <summary>
/// Takes what a source gives, in the source's order and on one thread. A sink cannot tell whether the source is live or a file. References
/// are valid only during the call.
/// </summary>
public interface IEventSink
{
    /// <summary>Takes an event.</summary>
    void OnEvent(in TcpEvent e);

    /// <summary>What it takes of a batch beside its events.</summary>
    BatchParts Parts => BatchParts.None;

    /// <summary>Takes events that follow each other, as if they came one by one.</summary>
    void OnEvents(EventBatch batch)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            batch.Read(i, out TcpEvent e);
            OnEvent(in e);
        }
    }

    /// <summary>Takes a clock sample: from here on wall time follows from it.</summary>
    void OnClock(in ClockSample sample)
    {
    }

    /// <summary>Takes a loss: events were lost here.</summary>
    void OnLoss(in LossRecord loss)
    {
    }

    /// <summary>Takes names: they became known here.</summary>
    /// <param name="change">The new names.</param>
    /// <param name="view">All names that are known from here on.</param>
    void OnWorkloads(WorkloadChange change, WorkloadView view)
    {
    }

    /// <summary>The source has nothing more for now, so a sink may write what it has buffered.</summary>
    void OnPause()
    {
    }
}
