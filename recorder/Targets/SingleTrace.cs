using TcpTracer.Formats.Events;
using TcpTracer.Formats.TraceFile;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Targets;

/// <summary>One trace into one stream.</summary>
public sealed class SingleTrace(Stream to, string description, TraceSettings settings) : RecordingTarget
{
    private readonly TraceWriter _writer = settings.Begin(to);

    /// <summary>Where it goes.</summary>
    public Stream To => to;

    /// <inheritdoc/>
    public override long BytesWritten => _writer.BytesWritten;

    /// <inheritdoc/>
    public override long Events => _writer.Events;

    /// <inheritdoc/>
    public override string Description => description;

    /// <inheritdoc/>
    public override string NewestFile => (to as FileStream)?.Name ?? "";

    /// <inheritdoc/>
    public override void OnEvent(in TcpEvent e) => _writer.OnEvent(in e);

    /// <inheritdoc/>
    public override void OnClock(in ClockSample sample) => _writer.OnClock(in sample);

    /// <inheritdoc/>
    public override void OnLoss(in LossRecord loss) => _writer.OnLoss(in loss);

    /// <inheritdoc/>
    public override void OnWorkloads(WorkloadChange change, WorkloadView view) => _writer.OnWorkloads(change, view);

    /// <inheritdoc/>
    public override void OnPause() => _writer.OnPause();

    /// <inheritdoc/>
    public override void Finish(string cause, long captured, long lost) => _writer.Finish(new TraceEnd(cause, captured, _writer.Events, lost));

    /// <inheritdoc/>
    public override void Dispose() => to.Dispose();
}
