using System.Diagnostics;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Workloads;
using TcpTracer.Recorder.Targets;

namespace TcpTracer.Cli.Handlers.Agents;

/// <summary>Writes what is in memory to the files now and then.</summary>
/// <param name="target">Where the recording goes.</param>
/// <param name="next">Gets everything.</param>
/// <param name="period">How often; null: as often as the target does by itself.</param>
internal sealed class FlushingSink(RecordingTarget target, IEventSink next, Func<TimeSpan?> period) : IEventSink
{
    private long _flushed = Stopwatch.GetTimestamp();

    public void OnEvent(in TcpEvent e) => next.OnEvent(in e);

    public void OnClock(in ClockSample sample) => next.OnClock(in sample);

    public void OnWorkloads(WorkloadChange change, WorkloadView view) => next.OnWorkloads(change, view);

    public void OnLoss(in LossRecord loss) => next.OnLoss(in loss);

    public void OnPause()
    {
        next.OnPause();
        if (period() is not { } wanted || Stopwatch.GetElapsedTime(_flushed) < wanted)
            return;
        target.Flush();
        _flushed = Stopwatch.GetTimestamp();
    }
}
