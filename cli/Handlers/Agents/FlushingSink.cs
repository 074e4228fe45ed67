using System.Diagnostics;
using TcpTracer.Formats.Sinks;
using TcpTracer.Recorder.Targets;

namespace TcpTracer.Cli.Handlers.Agents;

/// <summary>Writes what is in memory to the files now and then.</summary>
/// <param name="target">Where the recording goes.</param>
/// <param name="next">Gets everything.</param>
/// <param name="period">How often; null: as often as the target does by itself.</param>
internal sealed class FlushingSink(RecordingTarget target, IEventSink next, Func<TimeSpan?> period) : PassingSink(next)
{
    private long _flushed = Stopwatch.GetTimestamp();

    public override void OnPause()
    {
        base.OnPause();
        if (period() is not { } wanted || Stopwatch.GetElapsedTime(_flushed) < wanted)
            return;
        target.Flush();
        _flushed = Stopwatch.GetTimestamp();
    }
}
