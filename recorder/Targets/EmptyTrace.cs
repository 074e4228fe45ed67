using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;

namespace TcpTracer.Recorder.Targets;

/// <summary>Whether a trace tells of nothing: no event, no loss, no damage.</summary>
internal sealed class EmptyTrace : ITraceVisitor
{
    private bool _tellsSomething;

    /// <summary>Of a file; what cannot be read is not taken for empty.</summary>
    public static bool Is(string file)
    {
        var look = new EmptyTrace();
        try
        {
            using FileStream trace = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            var reader = new TraceReader(trace, EventReading.Choose, readAhead: 4096);
            while (!look._tellsSomething && reader.ReadNext(look))
            {
                // up to the first that tells something
            }
        }
        catch (Exception e) when (e is TraceException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
        return !look._tellsSomething;
    }

    bool ITraceVisitor.PassesOver(BlockHeader header) => _tellsSomething = true;

    void ITraceVisitor.OnEvents(EventBlock block) => _tellsSomething = true;

    void ITraceVisitor.OnLoss(in LossRecord loss) => _tellsSomething = true;

    void ITraceVisitor.OnDamage(TraceDamage damage) => _tellsSomething = true;

    void ITraceVisitor.OnUnknown(string kind) => _tellsSomething = true;

    void ITraceVisitor.OnHeader(TraceHeader header)
    {
        // every trace has one
    }

    void ITraceVisitor.OnClock(in ClockSample sample)
    {
        // likewise
    }

    void ITraceVisitor.OnEnd(TraceEnd end)
    {
        // likewise
    }
}
