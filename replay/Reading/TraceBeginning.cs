using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;

namespace TcpTracer.Replay.Reading;

/// <summary>When a trace begins: at its first event, else where its header says. Reads no further than to that.</summary>
public sealed class TraceBeginning : ITraceVisitor
{
    private ClockSample _clock;
    private long? _header, _event;

    private TraceBeginning()
    {
    }

    /// <summary>Nanoseconds since 1970; null: it is no trace.</summary>
    public static long? Of(Stream trace)
    {
        var beginning = new TraceBeginning();
        try
        {
            var reader = new TraceReader(trace, EventReading.Choose, readAhead: 4096);
            while (beginning._event is null && reader.ReadNext(beginning))
            {
                // header, names, and the first block's header
            }
        }
        catch (TraceException)
        {
            // reported when it is read
        }
        return beginning._event ?? beginning._header;
    }

    bool ITraceVisitor.PassesOver(BlockHeader header)
    {
        _event ??= _clock.ToWall(header.MinTimestamp);
        return true;
    }

    void ITraceVisitor.OnEvents(EventBlock block)
    {
        for (int row = 0; row < block.Rows; row++)
            _event = Math.Min(_event ?? long.MaxValue, block.WallNs(row));
    }

    void ITraceVisitor.OnHeader(TraceHeader header)
    {
        _clock = header.Clock;
        _header ??= header.Clock.WallNs;
    }

    void ITraceVisitor.OnClock(in ClockSample sample) => _clock = sample;

    void ITraceVisitor.OnDamage(TraceDamage damage)
    {
        // reported when it is read
    }
}
