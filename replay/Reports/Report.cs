using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Calls;

namespace TcpTracer.Replay.Reports;

/// <summary>
/// Adds up traces for a page: who calls whom, when, how quickly, and what failed. Give it events, call <see cref="Finish"/>, then write it.
/// Its memory is bounded, however long the traces are.
/// </summary>
public sealed class Report : IEventSink
{
    /// <summary>Edges that are told apart while reading; what comes later is added to one edge.</summary>
    public const int MostEdges = 8192;

    /// <summary>Edges that the page lists; the others are one row.</summary>
    public const int MostListed = 2000;

    /// <summary>Connections with the slowest connects that the page lists.</summary>
    public const int MostSlow = 200;

    private const int MostLosses = 200;
    private readonly Parties _parties = new();
    private readonly List<LossSpan> _losses = [];
    private ClockSample _clock;

    /// <summary>An empty report.</summary>
    public Report()
    {
        Calls = new CallTable(_parties, MostEdges);
        Tracker = new ConnectionTracker(new Rows(this))
        {
            IsNothingKept = true, CalledEnds = new CalledEnds(),
        };
    }

    /// <summary>Who calls whom.</summary>
    public CallTable Calls { get; }

    /// <summary>Makes connections of the events.</summary>
    public ConnectionTracker Tracker { get; }

    /// <summary>Events that it was given.</summary>
    public long Events { get; private set; }

    /// <summary>Connections in it.</summary>
    public long Connections => Tracker.HandedOn;

    /// <summary>Connections that were counted before their end, because too many were open at once.</summary>
    public long LetGo => Tracker.LetGo;

    /// <summary>Whether some callers or called ones are not told apart.</summary>
    public bool HasOthers => Calls.HasOthers || _parties.HasOthers;

    /// <summary>The wall time of the first event, in nanoseconds since 1970; null: there is none.</summary>
    public long? FirstNs { get; private set; }

    /// <summary>The wall time of the last event, in nanoseconds since 1970; null: there is none.</summary>
    public long? LastNs { get; private set; }

    /// <summary>Edges that the page does not list one by one.</summary>
    public int Unlisted => Math.Max(0, Calls.Edges.Count - MostListed);

    /// <summary>
    /// Connections of which one end was seen, and whose flow is not known: if the other end was seen, too, it is a connection of its own.
    /// </summary>
    public long Unpaired { get; private set; }

    internal TimeGrid Times { get; } = new();

    internal SlowCalls Slow { get; } = new(MostSlow);

    internal IReadOnlyList<LossSpan> Losses => _losses;

    /// <inheritdoc/>
    public BatchParts Parts => BatchParts.Counts | Tracker.Parts;

    /// <inheritdoc/>
    public void OnEvent(in TcpEvent e)
    {
        Add(1, e.WallNs, e.WallNs);
        Tracker.OnEvent(in e);
    }

    /// <inheritdoc/>
    public void OnEvents(EventBatch batch)
    {
        Add(batch.Count, batch.Counts.FirstNs, batch.Counts.LastNs);
        Tracker.OnEvents(batch);
    }

    private void Add(int events, long firstNs, long lastNs)
    {
        Events += events;
        (FirstNs, LastNs) = (Math.Min(FirstNs ?? firstNs, firstNs), Math.Max(LastNs ?? lastNs, lastNs));
    }

    /// <inheritdoc/>
    public void OnClock(in ClockSample sample) => _clock = sample;

    /// <inheritdoc/>
    public void OnLoss(in LossRecord loss)
    {
        if (_losses.Count < MostLosses)
            _losses.Add(new LossSpan(_clock.ToWall(loss.FromNs), _clock.ToWall(loss.ToNs), loss.Source, loss.Count));
    }

    /// <inheritdoc/>
    public void OnWorkloads(WorkloadChange change, WorkloadView view) => Tracker.OnWorkloads(change, view);

    /// <summary>All events were given.</summary>
    public void Finish() => Tracker.Finish();

    private sealed class Rows(Report report) : IEventSink, IPlainConnections
    {
        private readonly List<Edge?> _edges = []; // of the calls of this batch

        public bool TakesEach => true;

        public void OnCall(EventBatch batch, int number)
        {
            while (_edges.Count <= number)
                _edges.Add(null);
            ref readonly BatchCall ends = ref batch.Calls[number];
            report.Unpaired += ends.Flowless;
            _edges[number] = report.Calls.Add(batch, in ends).Edge;
        }

        public void OnPlain(EventBatch batch, in WholeEnd end)
        {
            Edge edge = _edges[end.Call]!;
            report.Times.Add(in end, edge);
            report.Slow.Add(batch, in end, edge);
        }

        public void OnEvent(in TcpEvent row)
        {
            Connection connection = row.Connection!;
            if (connection is { Far: null, Near: { Flow: 0, HasFailed: false } })
                report.Unpaired++;
            Edge edge = report.Calls.Add(in row);
            report.Times.Add(in row, edge);
            report.Slow.Add(in row, edge);
        }
    }
}
