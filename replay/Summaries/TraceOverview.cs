using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Sinks;

namespace TcpTracer.Replay.Summaries;

/// <summary>
/// What a person asks first about traces: how much, when, what failed, who broke what, who waited, who talks to whom, and what is not
/// known. Its memory is bounded.
/// </summary>
public sealed class TraceOverview : IEventSink
{
    /// <summary>So many connections are followed at once.</summary>
    public const int MostOpen = 16_384;

    private readonly EventCounts _single = new();
    private readonly long[] _operations = new long[(int)Operation.Unaccepted + 1]; // at place 0 those that this version does not know
    private readonly LossTimes _losses = new();

    /// <summary>Has seen nothing yet.</summary>
    public TraceOverview() =>
        Tracker = new ConnectionTracker(Connections, MostOpen)
        {
            IsNothingKept = true, CalledEnds = new CalledEnds(),
        };

    /// <summary>What is known of connections, after <see cref="Finish"/>.</summary>
    public ConnectionOverview Connections { get; } = new();

    /// <summary>Makes connections of the events.</summary>
    public ConnectionTracker Tracker { get; }

    /// <summary>Events over time.</summary>
    public RateStrip Rate { get; } = new();

    /// <summary>Events.</summary>
    public long Events { get; private set; }

    /// <summary>When the first event was, in nanoseconds since 1970.</summary>
    public long FirstNs { get; private set; } = long.MaxValue;

    /// <summary>When the last event was, in nanoseconds since 1970.</summary>
    public long LastNs { get; private set; } = long.MinValue;

    /// <summary>Events whose process is not known.</summary>
    public long Ownerless { get; private set; }

    /// <summary>Events whose process may be in a pod of which no name is known.</summary>
    public long Podless { get; private set; }

    /// <summary>What was lost, and between which times.</summary>
    public IReadOnlyDictionary<LossSource, (long Count, WallWindow Times)> Losses => _losses.All;

    /// <summary>Events of an operation.</summary>
    public long CountOf(Operation operation) => _operations[(int)operation];

    /// <summary>Events of operations that this version does not know.</summary>
    public long CountOfOthers => _operations[0];

    /// <inheritdoc/>
    public BatchParts Parts => BatchParts.Counts | Tracker.Parts;

    /// <inheritdoc/>
    public void OnEvent(in TcpEvent e)
    {
        _single.Clear();
        _single.Add(e.Operation, e.WallNs);
        _single.AddOwner(e.Process, e.Workload);
        Add(_single);
        Tracker.OnEvent(in e);
    }

    /// <inheritdoc/>
    public void OnEvents(EventBatch batch)
    {
        Add(batch.Counts);
        Tracker.OnEvents(batch);
    }

    private void Add(EventCounts counts)
    {
        for (int i = 0; i < _operations.Length; i++)
        {
            _operations[i] += counts.Operations[i];
            Events += counts.Operations[i];
        }
        (FirstNs, LastNs) = (Math.Min(FirstNs, counts.FirstNs), Math.Max(LastNs, counts.LastNs));
        Ownerless += counts.Ownerless;
        Podless += counts.Podless;
        foreach (ref readonly EventSpan span in counts.Spans)
            Rate.Add(span.WallNs, span.Events, span.Failed);
    }

    /// <inheritdoc/>
    public void OnClock(in ClockSample sample) => _losses.Follow(in sample);

    /// <inheritdoc/>
    public void OnLoss(in LossRecord loss) => _losses.Add(in loss);

    /// <summary>All traces have been read.</summary>
    public void Finish() => Tracker.Finish();
}
