using System.Runtime.InteropServices;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
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
public sealed partial class ConnectionTracker(IEventSink next, int limit = ConnectionTracker.UsualLimit) : IEventSink
{
    /// <summary>So many take some 100 MB where both ends were seen.</summary>
    public const int UsualLimit = 100_000;

    /// <summary>So many connections whose caller is not known wait for the end of the input; they take some 4 MB.</summary>
    private const int MostWaiting = 4_096;

    /// <summary>So many ended connections wait for their other end; they take some 60 MB.</summary>
    private const int UsualMostParked = 100_000;

    private const int MostFlowsOfGone = 1_000_000;
    private const long CutWaitNs = 1_000_000_000; // both ends of most connections end within a round trip

    private readonly ConnectionsByAge _parked = new(), _cut = new();
    private readonly HashSet<ulong> _flowsOfGone = new(SeededHash.One);
    private readonly ConnectionsByAge _byAge = new();
    private readonly Dictionary<EndKey, ConnectionEnd> _ends = [];
    private readonly Dictionary<ulong, ConnectionEnd> _flows = new(SeededHash.One);
    private readonly Queue<Connection> _waiting = new();
    private readonly Stack<ConnectionEnd> _freeEnds = new();
    private readonly Stack<Connection> _free = new();

    /// <summary>
    /// Whether the sink keeps no connection after it has returned. Then its objects serve the next connections: a trace has
    /// millions.
    /// </summary>
    public bool IsNothingKept { get; init; }

    /// <summary>
    /// Guesses who called, where neither connect nor accept was seen. Such rows are handed on last, when all called ends are known, unless
    /// there are too many of them. null: nobody asks who called.
    /// </summary>
    public CalledEnds? CalledEnds { get; init; }

    /// <summary>For rows that are printed as connections end.</summary>
    public static ConnectionTracker OfPrintedRows(IEventSink next) => new(next) { CalledEnds = new CalledEnds(), IsGuessedAtOnce = true };

    /// <summary>
    /// Whether that is guessed by what is known when a row is handed on: rows that are printed cannot wait for the last event.
    /// </summary>
    public bool IsGuessedAtOnce { get; init; }

    /// <summary>
    /// Whether an end waits a second after its end, by the time of the events, for the other end, if that is still to come. It is if
    /// nothing but the end was seen: where the input begins in the middle of a connection, both ends of it may be cut like that. And it is
    /// if a caller has ended before it was accepted where others were accepted.
    /// </summary>
    public bool JoinsCutEnds { get; init; } = true;

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

    /// <inheritdoc/>
    public void OnEvent(in TcpEvent e)
    {
        HandOnCut(e.WallNs);
        Add(in e);
    }

    private void Add(in TcpEvent e)
    {
        ref ConnectionEnd? end = ref CollectionsMarshal.GetValueRefOrAddDefault(_ends, EndKey.Of(in e), out bool isKnown);
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

    /// <summary>An event has come: time goes on.</summary>
    private void HandOnCut(long wallNs)
    {
        while (_cut.Oldest is { } cut && wallNs - cut.EndNs > CutWaitNs)
            HandOn(cut);
    }

    private void OnEnded(Connection connection)
    {
        if (connection.Wait != ConnectionWait.Nothing)
            return;
        ConnectionWait wait = WaitOf(connection);
        if (wait == ConnectionWait.OtherFile)
            Park(connection);
        else if (wait == ConnectionWait.OtherEnd)
            Hold(connection, wait);
        else
            HandOn(connection);
    }

    /// <summary>What a connection waits for of which every end that was seen has ended.</summary>
    private ConnectionWait WaitOf(Connection connection)
    {
        if (connection.Far is not null || connection.Near.Flow == 0)
            return ConnectionWait.Nothing;
        if (connection.EndNs >= NextFileNs)
            return ConnectionWait.OtherFile;
        bool comes = JoinsCutEnds && _cut.Count < MostParked && (connection.Near.Opening.IsEnd || IsAcceptedLater(connection));
        return comes ? ConnectionWait.OtherEnd : ConnectionWait.Nothing;
    }

    /// <summary>Whether the caller was done before the other end, which is seen here as well, was accepted.</summary>
    private bool IsAcceptedLater(Connection connection) =>
        connection.Near is { IsCaller: true, HasFailed: false } near && CalledEnds?.IsOtherEndSeen(in near.Opening) == true;

    private ConnectionsByAge ListOf(ConnectionWait wait) => wait switch
    {
        ConnectionWait.OtherFile => _parked,
        ConnectionWait.OtherEnd => _cut,
        _ => _byAge,
    };

    private void Hold(Connection connection, ConnectionWait wait)
    {
        TakeOut(connection);
        ListOf(wait).Add(connection);
        connection.Wait = wait;
    }

    private void Park(Connection connection)
    {
        Hold(connection, ConnectionWait.OtherFile);
        if (_parked.Count <= MostParked)
            return;
        Connection oldest = _parked.Oldest!;
        if (_flowsOfGone.Count < MostFlowsOfGone)
            _flowsOfGone.Add(oldest.Near.Flow);
        HandOn(oldest);
    }

    private void TakeOut(Connection connection)
    {
        ListOf(connection.Wait).Remove(connection);
        connection.Wait = ConnectionWait.Nothing;
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
        if (other.Connection.Wait != ConnectionWait.Nothing)
            Hold(other.Connection, ConnectionWait.Nothing);
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
        else if (!IsGuessedAtOnce && _waiting.Count < MostWaiting)
            _waiting.Enqueue(connection);
        else
            GiveGuessed(connection);
    }

    private void GiveGuessed(Connection connection)
    {
        ref readonly TcpEvent opening = ref connection.Near.Opening;
        connection.IsNearGuessedCalled = CalledEnds!.IsOwnEndCalled(in opening);
        connection.IsTurnDoubtful = CalledEnds.IsOwnEndCalledElsewhere(in opening) is null;
        Give(connection);
    }

    private void Give(Connection connection)
    {
        (ConnectionEnd near, ConnectionEnd? far) = (connection.Near, connection.Far);
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
        _ends.Remove(EndKey.Of(in end.Opening));
        if (end.Flow != 0 && _flows.TryGetValue(end.Flow, out ConnectionEnd? other) && other == end)
            _flows.Remove(end.Flow);
    }

    /// <summary>The input has ended: hands on what is left, in the order in which it began.</summary>
    public void Finish()
    {
        // stable, so those of one moment keep their order
        foreach (Connection left in _byAge.Concat(_parked).Concat(_cut).OrderBy(c => c.StartNs).ToArray())
            HandOn(left);
        while (_waiting.TryDequeue(out Connection? waiting))
            GiveGuessed(waiting);
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
