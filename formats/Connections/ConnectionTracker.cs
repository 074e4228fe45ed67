using System.Runtime.InteropServices;
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

    private readonly ConnectionsByAge _byAge = new();
    private readonly Dictionary<EndKey, ConnectionEnd> _ends = [];
    private readonly Dictionary<ulong, ConnectionEnd> _flows = new(SeededHash.One);
    private readonly Stack<ConnectionEnd> _freeEnds = new();
    private readonly Stack<Connection> _free = new();

    /// <summary>
    /// Whether the sink keeps no connection after it has returned. Then its objects serve the next connections: a trace has
    /// millions.
    /// </summary>
    public bool IsNothingKept { get; init; }

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

    private static EndKey KeyOf(in TcpEvent e) => new(e.StartNs, e.StartCpu, e.Workload.Node);

    /// <inheritdoc/>
    public void OnEvent(in TcpEvent e)
    {
        ref ConnectionEnd? end = ref CollectionsMarshal.GetValueRefOrAddDefault(_ends, KeyOf(in e), out bool isKnown);
        ConnectionEnd at;
        if (isKnown)
        {
            at = end!;
            bool hadFlow = at.Flow != 0;
            at.Add(in e);
            if (!hadFlow)
                JoinByFlow(at);
        }
        else
        {
            at = end = NewEnd(in e);
            _byAge.Add(at.Connection);
            JoinByFlow(at);
        }
        if (at.Connection.IsEnded)
            HandOn(at.Connection);
        else if (_byAge.Count > limit)
            LetGoOldest();
    }

    private ConnectionEnd NewEnd(in TcpEvent e)
    {
        ConnectionEnd end = _freeEnds.TryPop(out ConnectionEnd? used) ? used : new ConnectionEnd();
        end.Begin(in e);
        end.Connection = _free.TryPop(out Connection? free) ? free : new Connection();
        end.Connection.Begin(end);
        return end;
    }

    /// <summary>Brings two ends of one flow together. A third one stays alone: that can only be another connection.</summary>
    private void JoinByFlow(ConnectionEnd end)
    {
        if (end.Flow == 0 || end.Connection.Far is not null)
            return;
        ref ConnectionEnd? other = ref CollectionsMarshal.GetValueRefOrAddDefault(_flows, end.Flow, out _);
        other ??= end;
        if (other == end || other.Connection.Far is not null)
            return;
        Connection alone = end.Connection;
        _byAge.Remove(alone);
        other.Connection.Join(end);
        end.Connection = other.Connection;
        KeepForReuse(alone);
    }

    private void LetGoOldest()
    {
        LetGo++;
        HandOn(_byAge.Oldest!);
    }

    private void HandOn(Connection connection)
    {
        _byAge.Remove(connection);
        (ConnectionEnd near, ConnectionEnd? far) = (connection.Near, connection.Far);
        Forget(near);
        if (far is not null)
            Forget(far);
        HandedOn++;
        TcpEvent row = connection.ToRow();
        next.OnEvent(in row);
        if (!IsNothingKept)
            return;
        KeepForReuse(connection);
        _freeEnds.Push(near);
        if (far is not null)
            _freeEnds.Push(far);
    }

    private void KeepForReuse(Connection connection)
    {
        if (IsNothingKept)
            _free.Push(connection);
    }

    private void Forget(ConnectionEnd end)
    {
        _ends.Remove(KeyOf(in end.Opening));
        if (end.Flow != 0 && _flows.TryGetValue(end.Flow, out ConnectionEnd? other) && other == end)
            _flows.Remove(end.Flow);
    }

    /// <summary>The input has ended: hands on what is left, in the order in which it began.</summary>
    public void Finish()
    {
        foreach (Connection left in _byAge.OrderBy(c => c.StartNs).ToArray()) // stable, so those of one moment keep their order
            HandOn(left);
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
