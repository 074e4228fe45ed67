using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Replay.Calls;

namespace TcpTracer.Replay.Summaries;

/// <summary>
/// What <c>summary</c> says of connections: how they ended, what failed, who reset whom, who waited. It takes the rows of a
/// <see cref="ConnectionTracker"/>. Its memory is bounded.
/// </summary>
public sealed class ConnectionOverview : IEventSink, IPlainConnections
{
    private const int MostParties = 8_192, MostEdges = 4_096, MostProblems = 1_024, MostListeners = 1_024;
    private readonly Parties _parties = new(most: MostParties);
    private readonly CallTable _calls;
    private readonly List<PartyTraffic?> _traffic = []; // by the numbers of the parties
    private readonly long[] _states = new long[Enum.GetValues<ConnectionState>().Length];
    private readonly SortedDictionary<Reason, long> _breaks = [];
    private readonly LimitedTable<FailureKey, ProblemGroup> _failures = new(MostProblems, new FailureKey(default, 0, Party.Others, 0));
    private readonly LimitedTable<BreakKey, ProblemGroup> _broken =
        new(MostProblems, new BreakKey(Reason.None, Party.Others, Party.Others, 0, false));

    private readonly LimitedTable<(Party, ushort), ValueSketch> _queues = new(MostListeners, (Party.Others, 0));

    /// <summary>Has seen nothing yet.</summary>
    public ConnectionOverview() => _calls = new CallTable(_parties, MostEdges);

    /// <summary>Connections.</summary>
    public long Count { get; private set; }

    /// <summary>How many connections are in a state.</summary>
    public long CountOf(ConnectionState state) => _states[(int)state];

    /// <summary>How the connections ended that did not end in an orderly way, and did not fail.</summary>
    public IReadOnlyDictionary<Reason, long> Breaks => _breaks;

    /// <summary>Who calls whom.</summary>
    public IReadOnlyCollection<Edge> Edges => _calls.Edges;

    /// <summary>Who answered at addresses; as of now.</summary>
    public Listeners Listeners => new(Edges);

    /// <summary>Connections whose caller is a guess by the ports.</summary>
    public long Guessed => _calls.Guessed;

    /// <summary>
    /// Connections that came to be, and of which no event tells the flow: their two ends cannot be brought together.
    /// </summary>
    public long Flowless { get; private set; }

    /// <summary>Whether some parties or calls are not told apart, because there were too many.</summary>
    public bool HasOthers => _calls.HasOthers || _parties.HasOthers;

    /// <summary>What failed, most of it first.</summary>
    public IEnumerable<KeyValuePair<FailureKey, ProblemGroup>> Failures => _failures.Groups.OrderByDescending(f => f.Value.Count)
        .ThenBy(f => f.Value.FirstNs).ThenBy(f => f.Key.To.ToString(), StringComparer.Ordinal).ThenBy(f => f.Key.Port);

    /// <summary>What was broken, most of it first.</summary>
    public IEnumerable<KeyValuePair<BreakKey, ProblemGroup>> Broken => _broken.Groups.OrderByDescending(f => f.Value.Count)
        .ThenBy(f => f.Value.FirstNs).ThenBy(f => f.Key.By.ToString(), StringComparer.Ordinal).ThenBy(f => f.Key.Port);

    /// <summary>How long connections waited until they were accepted, by who accepts them and on which port; the longest first.</summary>
    public IEnumerable<KeyValuePair<(Party Listener, ushort Port), ValueSketch>> Queues =>
        _queues.Groups.OrderByDescending(q => q.Value.Most).ThenBy(q => q.Key.Item1.ToString(), StringComparer.Ordinal);

    /// <summary>Calls whose connects succeeded, the slowest first.</summary>
    public IEnumerable<Edge> SlowestConnects => InOrder(Edges.Where(e => e.Latency.Count > 0), e => e.Latency.Most);

    /// <summary>Calls of those who are told apart, the most frequent first.</summary>
    public IEnumerable<Edge> MostCalls => InOrder(Edges.Where(e => e.From != Party.Others || e.To != Party.Others), e => (ulong)e.Calls);

    /// <summary>Connections that are in none of <see cref="MostCalls"/>, because there were too many pairs of caller and called.</summary>
    public long NotToldApart => Edges.Where(e => e.From == Party.Others && e.To == Party.Others).Sum(e => e.Calls);

    private static IOrderedEnumerable<Edge> InOrder(IEnumerable<Edge> edges, Func<Edge, ulong> largest) =>
        edges.OrderByDescending(largest).ThenBy(e => e.From.ToString(), StringComparer.Ordinal)
            .ThenBy(e => e.To.ToString(), StringComparer.Ordinal).ThenBy(e => e.Port);

    /// <summary>
    /// What each party sent and received, in no order. It is counted apart from the calls, because there are many more pairs than parties.
    /// </summary>
    public IReadOnlyCollection<PartyTraffic> Traffic => [.. _traffic.OfType<PartyTraffic>()];

    /// <inheritdoc/>
    public void OnEvent(in TcpEvent e)
    {
        Connection connection = e.Connection!;
        ConnectionState state = connection.State;
        Count++;
        _states[(int)state]++;
        Flowless += connection.Near.Flow == 0 && state != ConnectionState.Failed ? 1 : 0;
        Call call = Call.Of(in e, _parties);
        _calls.Add(in e, in call);
        AddTraffic(connection, in call);
        AddQueue(connection.Near, in call);
        if (connection.Far is { } far)
            AddQueue(far, in call);
        if (state == ConnectionState.Failed)
            AddFailure(in e, in call);
        else if (state == ConnectionState.Reset)
            AddBreak(in e, in call, connection);
    }

    /// <inheritdoc/>
    public void OnCall(EventBatch batch, int number)
    {
        ref readonly BatchCall ends = ref batch.Calls[number];
        Count += ends.Ends;
        _states[(int)ConnectionState.Closed] += ends.Ends;
        Flowless += ends.Flowless;
        Call call = _calls.Add(batch, in ends).Call;
        TrafficOf(call.From).AddCalls(ends.Ends, ends.BytesThere, ends.BytesBack);
        TrafficOf(call.To).AddCalled(ends.Ends, ends.BytesThere, ends.BytesBack);
        if (ends.IsCalled && ends.Timed > 0)
            _queues[(ListenerOf(call), call.Port)].Add(batch.AgesOf(in ends));
    }

    private void AddTraffic(Connection connection, in Call call)
    {
        ref readonly TcpEvent latest = ref connection.Near.Latest;
        (ulong sent, ulong received) = latest.IsCounted ? (latest.Sent, latest.Received) : (0, 0);
        (ulong there, ulong back) = Call.TurnOf(connection).IsNearCalled ? (received, sent) : (sent, received);
        TrafficOf(call.From).AddCalls(1, there, back);
        TrafficOf(call.To).AddCalled(1, there, back);
    }

    private PartyTraffic TrafficOf(Party party)
    {
        while (_traffic.Count <= party.Number)
            _traffic.Add(null);
        return _traffic[party.Number] ??= new PartyTraffic(party);
    }

    /// <summary>Behind a service it is the pod that accepts.</summary>
    private static Party ListenerOf(Call call) => call is { To.Kind: PartyKind.Service, Reached: { } reached } ? reached : call.To;

    private void AddQueue(ConnectionEnd end, in Call call)
    {
        ref readonly TcpEvent opening = ref end.Opening;
        if (opening is { Operation: Operation.Accept, IsTimed: true })
            _queues[(ListenerOf(call), opening.Sport)].Add(opening.AgeNs);
    }

    private void AddFailure(in TcpEvent row, in Call call)
    {
        Operation operation = row.Operation is Operation.ConnectFailed or Operation.Unaccepted ? row.Operation : Operation.Unaccepted;
        _failures[new FailureKey(operation, row.Error, call.To, call.Port)].Add(in row, call.From);
    }

    private void AddBreak(in TcpEvent row, in Call call, Connection connection)
    {
        bool? isByNear = connection.IsResetByNear;
        bool isByCaller = isByNear is not { } sent || sent != Call.TurnOf(connection).IsNearCalled;
        ConnectionEnd? broken = connection.Near.WasReset ? connection.Near : connection.Far;
        Reason reason = isByNear is not null ? Reason.ResetSent : broken?.Latest.Reason ?? Reason.None;
        _breaks[reason] = _breaks.GetValueOrDefault(reason) + 1;
        (Party by, Party other) = isByCaller ? (call.From, call.To) : (ListenerOf(call), call.From);
        _broken[new BreakKey(reason, by, other, call.Port, isByCaller)].Add(in row, call.From);
    }
}
