using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Calls;

namespace TcpTracer.Replay.Comparison;

/// <summary>
/// One of the two traces that are compared: its calls, and the time that it covers. Its limits are lower than usual, because there are two
/// of them. Feed it with events, then call <see cref="Finish"/>.
/// </summary>
public sealed class ComparedTrace : IEventSink
{
    private const int MostEdges = 5_000, MostParties = 16_384, MostConnections = 20_000;
    private readonly Parties _parties = new(areOutsideInBlocks: true, MostParties);
    private long _first = long.MaxValue, _last = long.MinValue, _firstEvent = long.MaxValue, _lastEvent = long.MinValue;

    /// <summary>Nothing was read yet.</summary>
    public ComparedTrace()
    {
        Calls = new CallTable(_parties, MostEdges);
        Tracker = new ConnectionTracker(Calls, MostConnections)
        {
            IsNothingKept = true, CalledEnds = new CalledEnds(),
        };
    }

    /// <summary>Who called whom.</summary>
    public CallTable Calls { get; }

    /// <summary>Makes connections of the events.</summary>
    public ConnectionTracker Tracker { get; }

    /// <summary>Whether some edges or parties were not told apart.</summary>
    public bool HasOthers => Calls.HasOthers || _parties.HasOthers;

    /// <summary>When its time begins, in nanoseconds since 1970.</summary>
    public long SinceNs { get; private set; }

    /// <summary>When its time ends, in nanoseconds since 1970.</summary>
    public long UntilNs { get; private set; }

    /// <summary>How long it is, in minutes.</summary>
    public double Minutes => (UntilNs - (double)SinceNs) / TimeSpan.NanosecondsPerTick / TimeSpan.TicksPerMinute;

    /// <inheritdoc/>
    public BatchParts Parts => BatchParts.Counts | Tracker.Parts;

    /// <inheritdoc/>
    public void OnEvent(in TcpEvent e)
    {
        ReachEvents(e.WallNs, e.WallNs);
        Tracker.OnEvent(in e);
    }

    /// <inheritdoc/>
    public void OnEvents(EventBatch batch)
    {
        ReachEvents(batch.Counts.FirstNs, batch.Counts.LastNs);
        Tracker.OnEvents(batch);
    }

    private void ReachEvents(long firstNs, long lastNs)
    {
        Reach(firstNs);
        Reach(lastNs);
        (_firstEvent, _lastEvent) = (Math.Min(_firstEvent, firstNs), Math.Max(_lastEvent, lastNs));
    }

    /// <summary>Clocks tell the time of a trace in which nothing is selected.</summary>
    public void OnClock(in ClockSample sample) => Reach(sample.WallNs);

    /// <inheritdoc/>
    public void OnWorkloads(WorkloadChange change, WorkloadView view) => Tracker.OnWorkloads(change, view);

    private void Reach(long wallNs) => (_first, _last) = (Math.Min(_first, wallNs), Math.Max(_last, wallNs));

    /// <summary>All is read.</summary>
    /// <param name="window">The part of the time that was selected; null: all.</param>
    /// <param name="isCopy">
    /// Whether it is a copy of a part of a recording. Such a copy has the clocks of the whole, so only its events tell its time.
    /// </param>
    public void Finish(WallWindow? window, bool isCopy = false)
    {
        Tracker.Finish();
        if (isCopy && _firstEvent <= _lastEvent)
            (_first, _last) = (_firstEvent, _lastEvent);
        if (_first > _last)
            return;
        SinceNs = Math.Max(_first, window?.SinceNs ?? long.MinValue);
        UntilNs = Math.Max(SinceNs, Math.Min(_last, window?.UntilNs ?? long.MaxValue));
    }
}
