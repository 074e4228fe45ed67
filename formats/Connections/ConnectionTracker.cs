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

    /// <summary>So many connections whose caller is not known wait for the end of the input; they take some 4 MB.</summary>
    private const int MostWaiting = 4_096;

    /// <summary>So many ended connections wait for their other end; they take some 60 MB.</summary>
    private const int UsualMostParked = 100_000;

    private const int MostFlowsOfGone = 1_000_000;
    private readonly ConnectionsByAge _parked = new();
    private readonly HashSet<ulong> _flowsOfGone = new(SeededHash.One);
    private readonly ConnectionsByAge _byAge = new();
    private readonly Dictionary<EndKey, ConnectionEnd> _ends = [];
    private readonly Dictionary<ulong, ConnectionEnd> _flows = new(SeededHash.One);
    private readonly Queue<Connection> _waiting = new();
    private readonly Stack<ConnectionEnd> _freeEnds = new();
    private readonly Stack<Connection> _free = new();
    private readonly RowsApart? _apart;
    private readonly ReusableArray<ConnectionEnd> _begun = new(); // whole ends, at the places of their first events

    /// <summary>
    /// Whether the sink keeps no connection after it has returned. Then its objects serve the next connections: a trace has
    /// millions.
    /// </summary>
    public bool IsNothingKept { get; init; }

    /// <summary>
    /// Whether another thread hands on the rows, in their order, while the next connections are gathered. Then <see cref="Finish"/> waits
    /// for the last one, and the sink gets nothing else while there are rows.
    /// </summary>
    public bool AreRowsApart
    {
        get => _apart is not null;
        init => _apart = value ? new RowsApart(next) : null;
    }

    /// <summary>
    /// Guesses who called, where neither connect nor accept was seen. Such rows are handed on last, when all called ends are known, unless
    /// there are too many of them. null: nobody asks who called.
    /// </summary>
    public CalledEnds? CalledEnds { get; init; }

    /// <summary>
    /// The wall time, in nanoseconds since 1970, at which the first of the files begins that are still to be read. A connection of which
    /// one end was seen, and which ends after that, waits: its other end may be in one of them.
    /// </summary>
    public long NextFileNs { get; set; } = long.MaxValue;

    /// <summary>How many connections wait for an end in another file.</summary>
    public int MostParked { get; init; } = UsualMostParked;

    /// <summary>
    /// Connections that count twice: too many waited for an end in another file, and these could not. It is not complete where there are
    /// very many.
    /// </summary>
    public long CountedTwice { get; private set; }

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
        Seen?.Invoke(in e);
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
            CalledEnds?.Learn(in e);
            _byAge.Add(at.Connection);
            JoinByFlow(at);
        }
        if (at.Connection.IsEnded)
            OnEnded(at.Connection);
        else if (_byAge.Count > limit)
            LetGoOldest();
    }

    /// <summary>Gets each event before it is added to its connection; null: nobody asks.</summary>
    public EventAction? Seen { get; init; }

    /// <inheritdoc/>
    public void OnEvents(EventBatch batch)
    {
        bool isRoomForAll = _byAge.Count + batch.Ends <= limit; // nothing has to be let go meanwhile
        Span<ConnectionEnd> begun = _begun.Take(batch.Count);
        for (int i = 0; i < batch.Count; i++)
        {
            batch.Read(i, out TcpEvent e);
            int first = batch.FirstOf(i);
            if (first == i && !(isRoomForAll && IsNew(in e)))
            {
                batch.Part(i);
                first = -1;
            }
            if (first < 0)
            {
                OnEvent(in e);
                continue;
            }
            Seen?.Invoke(in e);
            if (first == i)
            {
                CalledEnds?.Learn(in e);
                begun[i] = NewEnd(in e);
            }
            else if (e.IsLast)
                begun[first].Add(in e);
            if (e.IsLast)
                OnWhole(begun[first]);
        }
    }

    /// <summary>Whether nothing is known of an event's end, nor of the other end of its connection.</summary>
    private bool IsNew(in TcpEvent e) => !_ends.ContainsKey(KeyOf(in e))
        && (e.Flow == 0 || !(_flows.ContainsKey(e.Flow) || (_flowsOfGone.Count > 0 && _flowsOfGone.Contains(e.Flow))));

    /// <summary>A whole end has ended. No event after it will look for it, unless its other end is in one of the next files.</summary>
    private void OnWhole(ConnectionEnd end)
    {
        Connection connection = end.Connection;
        if (end.Flow == 0 || connection.EndNs < NextFileNs)
        {
            Pass(connection);
            return;
        }
        _ends.Add(KeyOf(in end.Opening), end);
        _byAge.Add(connection);
        JoinByFlow(end);
        OnEnded(connection);
    }

    private void OnEnded(Connection connection)
    {
        if (connection.IsParked)
            return;
        if (connection.Far is not null || connection.Near.Flow == 0 || connection.EndNs < NextFileNs)
        {
            HandOn(connection);
            return;
        }
        _byAge.Remove(connection);
        _parked.Add(connection);
        connection.IsParked = true;
        if (_parked.Count <= MostParked)
            return;
        Connection oldest = _parked.Oldest!;
        if (_flowsOfGone.Count < MostFlowsOfGone)
            _flowsOfGone.Add(oldest.Near.Flow);
        HandOn(oldest);
    }

    private void TakeOut(Connection connection)
    {
        (connection.IsParked ? _parked : _byAge).Remove(connection);
        connection.IsParked = false;
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
        if (other is null && _flowsOfGone.Count > 0 && _flowsOfGone.Remove(end.Flow))
            CountedTwice++;
        other ??= end;
        if (other == end || other.Connection.Far is not null)
            return;
        Connection alone = end.Connection;
        TakeOut(alone);
        if (other.Connection.IsParked)
        {
            TakeOut(other.Connection);
            _byAge.Add(other.Connection);
        }
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
        TakeOut(connection);
        (ConnectionEnd near, ConnectionEnd? far) = (connection.Near, connection.Far);
        Forget(near);
        if (far is not null)
            Forget(far);
        Pass(connection);
    }

    private void Pass(Connection connection)
    {
        if (CalledEnds is null || connection.IsTurnKnown)
            Give(connection);
        else if (_waiting.Count < MostWaiting)
            _waiting.Enqueue(connection);
        else
            GiveGuessed(connection);
    }

    private void GiveGuessed(Connection connection)
    {
        connection.IsNearGuessedCalled = CalledEnds!.IsOwnEndCalled(in connection.Near.Opening);
        Give(connection);
    }

    private void Give(Connection connection)
    {
        HandedOn++;
        if (_apart is not null)
        {
            _apart.Add(connection);
            if (_apart.IsFull)
                HandOnApart(_apart);
            return;
        }
        TcpEvent row = connection.ToRow();
        next.OnEvent(in row);
        Reuse(connection);
    }

    private void HandOnApart(RowsApart apart)
    {
        List<Connection> done = apart.Start();
        done.ForEach(Reuse);
        done.Clear();
    }

    private void Reuse(Connection connection)
    {
        (ConnectionEnd near, ConnectionEnd? far) = (connection.Near, connection.Far);
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
        // stable, so those of one moment keep their order
        foreach (Connection left in _byAge.Concat(_parked).OrderBy(c => c.StartNs).ToArray())
            HandOn(left);
        while (_waiting.TryDequeue(out Connection? waiting))
            GiveGuessed(waiting);
        _apart?.Finish();
        next.OnPause();
    }

    /// <inheritdoc/>
    public void OnClock(in ClockSample sample)
    {
        if (_apart is null)
            next.OnClock(in sample);
    }

    /// <inheritdoc/>
    public void OnLoss(in LossRecord loss)
    {
        if (_apart is null)
            next.OnLoss(in loss);
    }

    /// <inheritdoc/>
    public void OnWorkloads(WorkloadChange change, WorkloadView view)
    {
        if (_apart is null)
            next.OnWorkloads(change, view);
    }

    /// <inheritdoc/>
    public void OnPause()
    {
        if (_apart is null)
            next.OnPause();
    }
}
