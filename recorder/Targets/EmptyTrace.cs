using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;

namespace TcpTracer.Recorder.Targets;

/// <summary>Whether a trace has nothing to tell: no event, no loss, no damage.</summary>
internal sealed class EmptyTrace : ITraceVisitor
{
    private bool _tellsSomething;

    /// <summary>Examines a file. One that cannot be read does not count as empty.</summary>
    public static bool Is(string file)
    {
        var look = new EmptyTrace();
        try
        {
            using FileStream trace = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            var reader = new TraceReader(trace, EventReading.Choose, readAhead: 4096);
            while (!look._tellsSomething && reader.ReadNext(look))
            {
                // up to the first record that has something to tell
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
        // every trace has a header
    }
}
