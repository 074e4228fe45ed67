using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;

namespace TcpTracer.Replay.Printing;

/// <summary>Lets through so many rows, and everything that is no row.</summary>
/// <param name="limit">How many; null: all.</param>
/// <param name="next">Where to.</param>
public sealed class RowLimit(long? limit, IEventSink next) : IEventSink
{
    private long _passed;

    /// <summary>Whether no more rows are wanted.</summary>
    public bool IsReached => _passed >= limit;

    /// <inheritdoc/>
    public void OnEvent(in TcpEvent e)
    {
        if (IsReached)
            return;
        _passed++;
        next.OnEvent(in e);
    }

    /// <inheritdoc/>
    public void OnClock(in ClockSample sample) => next.OnClock(in sample);

    /// <inheritdoc/>
    public void OnLoss(in LossRecord loss) => next.OnLoss(in loss);

    /// <inheritdoc/>
    public void OnPause() => next.OnPause();
}
