using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Values;

namespace TcpTracer.Replay.Calls;

/// <summary>All calls from one party to a port of another.</summary>
/// <param name="from">The caller.</param>
/// <param name="to">Whom it called.</param>
/// <param name="port">The port that it called.</param>
public sealed class Edge(Party from, Party to, ushort port)
{
    private const int MostExamples = 3, MostReached = 64;
    private SortedDictionary<ushort, long>? _errors; // most edges have none
    private long _neverAccepted;
    private List<CallExample>? _failures;

    /// <summary>The caller.</summary>
    public Party From => from;

    /// <summary>Whom it called.</summary>
    public Party To => to;

    /// <summary>The port that it called; 0: of many callers that are not told apart, any.</summary>
    public ushort Port => port;

    /// <summary>Who answered behind a service or at an address, and how often.</summary>
    public Dictionary<Party, long> Reached { get; } = [];

    /// <summary>Connections, also those that failed.</summary>
    public long Calls { get; private set; }

    /// <summary>Connections whose beginning is in the trace: those that are older than the recorder, or than the window, are not.</summary>
    public long Begun { get; private set; }

    /// <summary>Connections that came to be and have ended.</summary>
    public long Ended => Calls - Failed - Open;

    /// <summary>Connections that ended otherwise than in an orderly way.</summary>
    public long Broken => ResetByCaller + ResetByCalled + BrokenOtherwise;

    /// <summary>Connections that never came to be.</summary>
    public long Failed { get; private set; }

    /// <summary>How many failed for which reason: an errno, aborted, or never accepted.</summary>
    public IEnumerable<(string Why, long Count)> Errors
    {
        get
        {
            foreach ((ushort error, long count) in _errors ?? [])
                yield return (error == 0 ? EventWords.Aborted : Errno.NameOf(error), count);
            if (_neverAccepted > 0)
                yield return (EventWords.NeverAccepted, _neverAccepted);
        }
    }

    /// <summary>Connections that the caller reset.</summary>
    public long ResetByCaller { get; private set; }

    /// <summary>Connections that the called end reset.</summary>
    public long ResetByCalled { get; private set; }

    /// <summary>Connections that ended otherwise than in an orderly way, and by no reset whose sender is known.</summary>
    public long BrokenOtherwise { get; private set; }

    /// <summary>Connections that were still open at the end.</summary>
    public long Open { get; private set; }

    /// <summary>Connections whose bytes are known.</summary>
    public long Counted { get; private set; }

    /// <summary>Payload from the caller, in bytes.</summary>
    public ulong BytesThere { get; private set; }

    /// <summary>Payload to the caller, in bytes.</summary>
    public ulong BytesBack { get; private set; }

    /// <summary>Segments that the near ends sent again, also those of connects that failed.</summary>
    public ulong Retransmits { get; private set; }

    /// <summary>Whether <see cref="Retransmits"/> is known of any.</summary>
    public bool HasRetransmits => Counted + Failed > 0;

    /// <summary>How long the callers' connects took that succeeded, in nanoseconds.</summary>
    public ValueSketch Latency { get; } = new();

    /// <summary>How long connections waited to be accepted, in nanoseconds.</summary>
    public ValueSketch Queue { get; } = new();

    /// <summary>When the first one began, in nanoseconds since 1970.</summary>
    public long FirstNs { get; private set; } = long.MaxValue;

    /// <summary>When the last one began, in nanoseconds since 1970.</summary>
    public long LastNs { get; private set; } = long.MinValue;

    /// <summary>When the first one failed, in nanoseconds since 1970; null: none has.</summary>
    public long? FirstFailedNs { get; private set; }

    /// <summary>When the last one failed, in nanoseconds since 1970; null: none has.</summary>
    public long? LastFailedNs { get; private set; }

    /// <summary>The first connection; null: none.</summary>
    public CallExample? Example { get; private set; }

    /// <summary>The first few that failed.</summary>
    public IReadOnlyList<CallExample> Failures => _failures ?? [];

    /// <summary>Adds a connection.</summary>
    internal void Add(in TcpEvent row, in Call call)
    {
        Connection connection = row.Connection!;
        long start = connection.StartNs;
        Calls++;
        if (connection.Near.IsCaller || connection.Near.IsCalled)
            Begun++;
        (FirstNs, LastNs) = (Math.Min(FirstNs, start), Math.Max(LastNs, start));
        Example ??= CallExample.Of(in row);
        AddReached(call.Reached);
        if (connection.State == ConnectionState.Failed)
            AddFailure(in row);
        else if (!connection.IsEnded)
            Open++;
        ConnectionEnd near = connection.Near;
        bool isCalled = Call.TurnOf(connection).IsNearCalled;
        AddEnd(near, isCalled);
        if (connection.Far is { } far)
            AddTimes(in far.Opening);
        if (connection.State == ConnectionState.Reset)
            AddBreak(connection, isCalled);
    }

    /// <summary>Adds the connections of which plain ends were seen.</summary>
    internal void Add(EventBatch batch, in BatchCall ends, Party? reached)
    {
        Calls += ends.Ends;
        Begun += ends.Ends;
        (FirstNs, LastNs) = (Math.Min(FirstNs, ends.FirstNs), Math.Max(LastNs, ends.LastNs));
        Example ??= CallExample.Of(batch, in batch.Ends[ends.FirstToEnd]);
        AddReached(reached, ends.Ends);
        (ends.IsCalled ? Queue : Latency).Add(batch.AgesOf(in ends));
        Counted += ends.Counted;
        Retransmits += ends.Retransmits;
        BytesThere += ends.BytesThere;
        BytesBack += ends.BytesBack;
    }

    private void AddReached(Party? party, int count = 1)
    {
        if (party is not null && (Reached.Count < MostReached || Reached.ContainsKey(party)))
            Reached[party] = Reached.GetValueOrDefault(party) + count;
    }

    private void AddFailure(in TcpEvent row)
    {
        Failed++;
        FirstFailedNs = Math.Min(FirstFailedNs ?? row.WallNs, row.WallNs);
        LastFailedNs = Math.Max(LastFailedNs ?? row.WallNs, row.WallNs);
        if (row.Error == 0 && row.Operation != Operation.ConnectFailed)
            _neverAccepted++;
        else
            (_errors ??= [])[row.Error] = _errors.GetValueOrDefault(row.Error) + 1;
        if ((_failures ??= []).Count < MostExamples)
            _failures.Add(CallExample.Of(in row));
    }

    private void AddEnd(ConnectionEnd end, bool isCalled)
    {
        ref readonly TcpEvent latest = ref end.Latest;
        AddTimes(in end.Opening);
        if (latest.IsCounted || latest.Operation == Operation.ConnectFailed)
            Retransmits += latest.Retransmits;
        if (!latest.IsCounted)
            return;
        Counted++;
        BytesThere += isCalled ? latest.Received : latest.Sent;
        BytesBack += isCalled ? latest.Sent : latest.Received;
    }

    private void AddTimes(in TcpEvent opening)
    {
        if (!opening.IsTimed)
            return;
        if (opening.Operation == Operation.Connect)
            Latency.Add(opening.AgeNs);
        else if (opening.Operation == Operation.Accept)
            Queue.Add(opening.AgeNs);
    }

    private void AddBreak(Connection connection, bool isNearCalled)
    {
        if (connection.IsResetByNear is not { } isByNear)
            BrokenOtherwise++;
        else if (isByNear == isNearCalled)
            ResetByCalled++;
        else
            ResetByCaller++;
    }
}
