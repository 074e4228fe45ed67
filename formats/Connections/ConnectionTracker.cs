using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Connections;

/// <summary>
/// Gathers the events of each connection, and hands on one row for it: when all of its ends that were seen have ended, or at the end of the
/// input. What it does depends on the events and their order alone, never on time or pauses, so that live output and replay give the same
/// rows.
/// </summary>
/// <param name="next">Gets the rows as events whose <see cref="TcpEvent.Connection"/> is set, and everything that is no event.</param>
/// <param name="limit">How many connections are followed at once.</param>
public sealed class ConnectionTracker(IEventSink next, int limit = ConnectionTracker.UsualLimit) : IEventSink
{
    /// <summary>So many take some 100 MB where both ends were seen.</summary>
    public const int UsualLimit = 100_000;

    private readonly LinkedList<Connection> _byAge = new();
    private readonly Dictionary<EndKey, Place> _ends = [];
    private readonly Dictionary<ulong, Place> _flows = new(SeededHash.One);

    /// <summary>Rows that were handed on.</summary>
    public long HandedOn { get; private set; }

    /// <summary>Rows that were handed on before their end, because there were too many at once.</summary>
    public long LetGo { get; private set; }

    /// <summary>One end by its identity. Two nodes may use the same.</summary>
    private readonly record struct EndKey(long StartNs, uint StartCpu, SafeText Node)
    {
        public bool Equals(EndKey other) =>
            StartNs == other.StartNs && StartCpu == other.StartCpu && (ReferenceEquals(Node, other.Node) || Node.Equals(other.Node));

        public override int GetHashCode() => SeededHash.HashOf((ulong)StartNs, StartCpu);
    }

    /// <summary>Where an end is: whose, and which place that has in the order of age.</summary>
    private sealed class Place(LinkedListNode<Connection> at, ConnectionEnd end)
    {
        public LinkedListNode<Connection> At { get; set; } = at;

        public ConnectionEnd End { get; } = end;
    }

    private static EndKey KeyOf(in TcpEvent e) => new(e.StartNs, e.StartCpu, e.Workload.Node);

    /// <inheritdoc/>
    public void OnEvent(in TcpEvent e)
    {
        if (_ends.TryGetValue(KeyOf(in e), out Place? place))
        {
            ulong before = place.End.Flow;
            place.End.Add(in e);
            if (before == 0)
                JoinByFlow(place);
        }
        else
        {
            var end = new ConnectionEnd(in e);
            place = new Place(_byAge.AddLast(new Connection(end)), end);
            _ends.Add(KeyOf(in e), place);
            JoinByFlow(place);
        }
        if (place.At.Value.IsEnded)
            HandOn(place.At);
        else if (_byAge.Count > limit)
            LetGoOldest();
    }

    /// <summary>Brings two ends of one flow together. A third one stays alone: that can only be another connection.</summary>
    private void JoinByFlow(Place place)
    {
        ulong flow = place.End.Flow;
        if (flow == 0 || place.At.Value.Far is not null || _flows.TryAdd(flow, place))
            return;
        Place other = _flows[flow];
        if (other == place || other.At.Value.Far is not null)
            return;
        other.At.Value.Join(place.End);
        _byAge.Remove(place.At);
        place.At = other.At;
    }

    private void LetGoOldest()
    {
        LetGo++;
        HandOn(_byAge.First!);
    }

    private void HandOn(LinkedListNode<Connection> at)
    {
        Connection connection = at.Value;
        _byAge.Remove(at);
        Forget(connection.Near);
        if (connection.Far is { } far)
            Forget(far);
        HandOn(connection);
    }

    private void HandOn(Connection connection)
    {
        HandedOn++;
        TcpEvent row = connection.ToRow();
        next.OnEvent(in row);
    }

    private void Forget(ConnectionEnd end)
    {
        _ends.Remove(KeyOf(in end.Opening));
        if (end.Flow != 0 && _flows.TryGetValue(end.Flow, out Place? place) && place.End == end)
            _flows.Remove(end.Flow);
    }

    /// <summary>The input has ended: hands on what is left, in the order in which it began.</summary>
    public void Finish()
    {
        foreach (Connection left in _byAge.OrderBy(c => c.StartNs).ToArray()) // stable, so those of one moment keep their order
            HandOn(left);
        _byAge.Clear();
        _ends.Clear();
        _flows.Clear();
        next.OnPause();
    }

    /// <inheritdoc/>
    public void OnClock(in ClockSample sample) => next.OnClock(in sample);

    /// <inheritdoc/>
    public void OnLoss(in LossRecord loss) => next.OnLoss(in loss);

    /// <inheritdoc/>
    public void OnWorkloads(WorkloadChange change, WorkloadView view) => next.OnWorkloads(change, view);

    /// <inheritdoc/>
    public void OnPause() => next.OnPause();
}
