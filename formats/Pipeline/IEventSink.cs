using TcpTracer.Formats.Events;

namespace TcpTracer.Formats.Pipeline;

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

    /// <summary>A pause: whatever is held back may be let go.</summary>
    void OnPause()
    {
    }
}
