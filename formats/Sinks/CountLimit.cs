using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;

namespace TcpTracer.Formats.Sinks;

/// <summary>Passes everything on until a number of events has been counted, and no event after that.</summary>
/// <param name="limit">How many events; null: no limit.</param>
/// <param name="counted">Which events count; null: all.</param>
/// <param name="next">The sink that gets them.</param>
/// <param name="reached">Called once, when the last event has passed; null: nothing is.</param>
public sealed class CountLimit(long? limit, EventFilter? counted, IEventSink next, Action? reached = null) : PassingSink(next)
{
    private long _left = limit ?? long.MaxValue;

    /// <summary>Whether no more events are wanted.</summary>
    public bool IsReached => _left == 0;

    /// <summary>Events that came after the last one, and were not passed on.</summary>
    public long After { get; private set; }

    /// <inheritdoc/>
    public override void OnEvent(in TcpEvent e)
    {
        if (IsReached)
        {
            After++;
            return;
        }
        base.OnEvent(in e);
        if (limit is not null && counted?.Matches(in e) != false && --_left == 0)
            reached?.Invoke();
    }
}
