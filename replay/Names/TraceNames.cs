using TcpTracer.Formats.Records;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Findings;
using TcpTracer.Replay.Streams;

namespace TcpTracer.Replay.Names;

/// <summary>The state of knowledge by which the events of a trace are named.</summary>
public enum Enrichment
{
    /// <summary>As known when each event was recorded: the names that live printed.</summary>
    AsSeen,

    /// <summary>As known when each event was recorded; what was not known then is filled with what became known later.</summary>
    Hindsight,
}

/// <summary>The names of pods and addresses that hold at the place where a trace is read.</summary>
internal sealed class TraceNames
{
    private readonly NamesAhead? _ahead;
    private readonly TraceFindings? _findings;
    private WorkloadView _seen = WorkloadView.Empty;
    private WorkloadView? _all;

    private TraceNames(NamesAhead? ahead, TraceFindings? findings)
    {
        _ahead = ahead;
        _findings = findings;
    }

    /// <summary>The names for the events that are read now.</summary>
    public WorkloadView View { get; private set; } = WorkloadView.Empty;

    /// <summary>For one file; hindsight reads each trace of it once before.</summary>
    /// <param name="file">At its beginning.</param>
    /// <param name="enrichment">By what events are named.</param>
    /// <param name="findings">Where it is noted if hindsight is not possible.</param>
    /// <exception cref="ReadOnceException">Hindsight reads twice, and this is a pipe, or packed.</exception>
    public static TraceNames For(Stream file, Enrichment enrichment, TraceFindings? findings = null) =>
        new(enrichment == Enrichment.Hindsight ? new NamesAhead(file) : null, findings);

    /// <summary>A trace begins.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="offset">Where reading goes on behind it.</param>
    public void OnHeader(TraceHeader header, long offset)
    {
        _all = _ahead?.Of(offset);
        if (_findings is not null && _ahead is { IsTooMuch: true })
            _findings.IsTooMuchForHindsight = true;
        Take(header.NewView());
    }

    public void OnWorkloads(WorkloadChange change) => Take(_seen.With(change));

    private void Take(WorkloadView seen)
    {
        _seen = seen;
        View = _all is null ? seen : seen.FilledBy(_all);
    }
}
