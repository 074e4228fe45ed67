using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Targets;

/// <summary>One trace in one stream, which it owns.</summary>
public sealed class SingleTrace : RecordingTarget
{
    private readonly TraceWriter _writer;
    private readonly Action<TargetNews>? _news;

    /// <summary>Writes the beginning of the trace.</summary>
    /// <param name="to">The stream. A file gets its name only in <see cref="Place"/>.</param>
    /// <param name="description">The stream in words, for people.</param>
    /// <param name="settings">How the trace begins and is written.</param>
    /// <param name="news">Gets what became of an earlier file of that name.</param>
    public SingleTrace(Stream to, string description, TraceSettings settings, Action<TargetNews>? news = null)
    {
        To = to;
        Description = description;
        _writer = settings.Begin(to);
        _news = news;
    }

    /// <inheritdoc/>
    public override void Place()
    {
        if (To is TraceOutput file && file.Place() is { MovedTo: { } moved } displaced)
            _news?.Invoke(new TargetNews.MovedAside(Description, moved, displaced.ReplacedOlder));
    }

    /// <inheritdoc/>
    public override void Discard() => To.Dispose();

    /// <summary>The stream that the trace is written to. The target owns it.</summary>
    public Stream To { get; }

    /// <inheritdoc/>
    public override long BytesWritten => _writer.BytesWritten;

    /// <inheritdoc/>
    public override long Events => _writer.Events;

    /// <inheritdoc/>
    public override long EventsInMemory => _writer.EventsInHand;

    /// <inheritdoc/>
    public override string Description { get; }

    /// <inheritdoc/>
    public override string NewestFile => (To as TraceOutput)?.Name ?? "";

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
    public override void Flush() => _writer.FlushBlock();

    /// <inheritdoc/>
    public override void Finish(string cause, long captured, long lost, Unfinished? unfinished = null)
    {
        _writer.FlushBlock();
        _writer.Finish(new TraceEnd(cause, captured, _writer.Events, lost) { Unfinished = unfinished });
    }

    /// <inheritdoc/>
    public override void Dispose() => To.Dispose();
}
