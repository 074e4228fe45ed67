using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;

namespace TcpTracer.Recorder.Targets;

/// <summary>Whether a trace is empty: no event, no loss, no damage.</summary>
internal sealed class EmptyTrace : ITraceVisitor
{
    private bool _hasContent;

    /// <summary>Examines a file. One that cannot be read does not count as empty.</summary>
    public static bool Is(string file)
    {
        var look = new EmptyTrace();
        try
        {
            using FileStream trace = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            var reader = new TraceReader(trace, EventReading.Choose, readAhead: 4096);
            while (!look._hasContent && reader.ReadNext(look))
            {
                // up to the first record that is not empty
            }
        }
        catch (Exception e) when (e is TraceException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
        return !look._hasContent;
    }

    bool ITraceVisitor.PassesOver(BlockHeader header) => _hasContent = true;

    void ITraceVisitor.OnEvents(EventBlock block) => _hasContent = true;

    void ITraceVisitor.OnLoss(in LossRecord loss) => _hasContent = true;

    void ITraceVisitor.OnDamage(TraceDamage damage) => _hasContent = true;

    void ITraceVisitor.OnUnknown(string kind) => _hasContent = true;

    void ITraceVisitor.OnHeader(TraceHeader header)
    {
        // every trace has a header
    }
}
