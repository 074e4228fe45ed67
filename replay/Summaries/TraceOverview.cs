using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Replay.Summaries;

/// <summary>
/// What a person asks first about traces: how much, when, what failed, who broke what, who waited, who talks to whom, and what is not
/// known. Its memory is bounded.
/// </summary>
public sealed class TraceOverview : IEventSink
{
    /// <summary>So many connections are followed at once.</summary>
    public const int MostOpen = 16_384;

    private readonly long[] _operations = new long[(int)Operation.Unaccepted + 1]; // at place 0 those that this version does not know
    private readonly LossTimes _losses = new();

    /// <summary>Has seen nothing yet.</summary>
    public TraceOverview() =>
        Tracker = new ConnectionTracker(Connections, MostOpen)
        {
            IsNothingKept = true, CalledEnds = new CalledEnds(), Seen = Count,
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
    public void OnEvent(in TcpEvent e) => Tracker.OnEvent(in e);

    /// <inheritdoc/>
    public void OnEvents(EventBatch batch) => Tracker.OnEvents(batch);

    private void Count(in TcpEvent e)
    {
        Events++;
        _operations[(int)e.Operation < _operations.Length ? (int)e.Operation : 0]++;
        (FirstNs, LastNs) = (Math.Min(FirstNs, e.WallNs), Math.Max(LastNs, e.WallNs));
        Ownerless += e.Process.Comm.Raw.Length == 0 && e.Process.Pid == 0 ? 1 : 0;
        Podless += e.Workload.Pod.Equals(Workload.Unknown) || e.Workload.Namespace.Equals(Workload.Unknown) ? 1 : 0;
        Rate.Add(e.WallNs, e.Operation is Operation.ConnectFailed or Operation.Unaccepted);
    }

    /// <inheritdoc/>
    public void OnClock(in ClockSample sample) => _losses.Follow(in sample);

    /// <inheritdoc/>
    public void OnLoss(in LossRecord loss) => _losses.Add(in loss);

    /// <summary>All traces have been read.</summary>
    public void Finish() => Tracker.Finish();
}
