using TcpTracer.Formats.Events;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Sinks;

/// <summary>
/// Takes what a source gives, in its order: live or from a file, a sink cannot tell. References are good only during the call.
/// </summary>
public interface IEventSink
{
    /// <summary>One event.</summary>
    void OnEvent(in TcpEvent e);

    /// <summary>From here on wall time follows this sample.</summary>
    void OnClock(in ClockSample sample)
    {
    }

    /// <summary>Events were lost here.</summary>
    void OnLoss(in LossRecord loss)
    {
    }

    /// <summary>Names of pods and containers became known here.</summary>
    /// <param name="change">What is new.</param>
    /// <param name="view">What is known from here on.</param>
    void OnWorkloads(WorkloadChange change, WorkloadView view)
    {
    }

    /// <summary>A pause: whatever is held back may be let go.</summary>
    void OnPause()
    {
    }
}
