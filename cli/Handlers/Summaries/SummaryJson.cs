using System.Text;
using System.Text.Json;
using TcpTracer.Cli.Handlers.Inspection;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Replay.Calls;
using TcpTracer.Replay.Summaries;

namespace TcpTracer.Cli.Handlers.Summaries;

/// <summary>The page of <c>summary</c> for programs: one object. Scripts rely on names and order. A key that is null is left out.</summary>
internal sealed record SummaryJson
{
    private const int StripMarks = 80;

    public required IEnumerable<string> Files { get; init; }
    public string? Selection { get; init; }
    public string? First { get; init; }
    public string? Last { get; init; }
    public long? SpanNs { get; init; }
    public required long Events { get; init; }
    public required IReadOnlyDictionary<string, long> Operations { get; init; }
    public required long Connections { get; init; }
    public required IReadOnlyDictionary<string, long> States { get; init; }
    public required RateJson? Rate { get; init; }
    public required TopJson<FailureJson> Failures { get; init; }
    public required TopJson<BreakJson> Broken { get; init; }
    public required TopJson<LatencyJson> SlowestConnects { get; init; }
    public required TopJson<QueueJson> AcceptQueues { get; init; }
    public required TopJson<TrafficJson> MostBytes { get; init; }
    public required TopJson<TrafficJson> MostConnections { get; init; }
    public required TopJson<CallJson> Calls { get; init; }
    public required long CallsNotToldApart { get; init; }
    public required long GuessedCallers { get; init; }
    public required long ConnectionsWithoutFlow { get; init; }
    public required long ConnectionsCountedTwice { get; init; }
    public required IEnumerable<InfoJson.LossJson> Losses { get; init; }
    public required long EventsWithoutProcess { get; init; }
    public required long EventsWithoutPodName { get; init; }

    /// <summary>Whether every trace is whole. If not, how many events are missing is not known.</summary>
    public required bool Complete { get; init; }
    public required IEnumerable<string> Missing { get; init; }
    public required IEnumerable<string> Selected { get; init; }

    /// <summary>One line.</summary>
    public static string Write(TraceOverview overview, TraceCaveats caveats, SummaryRequest request) =>
        JsonSerializer.Serialize(Of(overview, caveats, request), ResultJson.Default.SummaryJson);

    private static SummaryJson Of(TraceOverview overview, TraceCaveats caveats, SummaryRequest request)
    {
        ConnectionOverview connections = overview.Connections;
        bool hasEvents = overview.Events > 0;
        int most = request.Limit ?? SummaryPage.UsualRows;
        string selection = request.Selection.Describe();
        return new SummaryJson
        {
            Files = request.Files.Select(f => Encoding.UTF8.GetString(FileNames.ToBytes(f))),
            Selection = selection.Length > 0 ? selection : null,
            First = hasEvents ? InfoText.Time(overview.FirstNs) : null,
            Last = hasEvents ? InfoText.Time(overview.LastNs) : null,
            SpanNs = hasEvents ? unchecked(overview.LastNs - overview.FirstNs) : null,
            Events = overview.Events,
            Operations = InOrder(Enum.GetValues<Operation>().Select(o => (OperationNames.NameOf(o), overview.CountOf(o)))),
            Connections = connections.Count,
            States = InOrder(Enum.GetValues<ConnectionState>().Select(s => (s.ToString().ToLowerInvariant(), connections.CountOf(s)))),
            Rate = overview.Rate.Strip(StripMarks) is { } r ? new RateJson(InfoText.Time(r.StartNs), r.WidthNs, r.Events, r.Failed) : null,
            Failures = TopJson.Of(connections.Failures, most, FailureJson.Of),
            Broken = TopJson.Of(connections.Broken, most, BreakJson.Of),
            SlowestConnects = TopJson.Of(connections.SlowestConnects, most, e =>
                new LatencyJson($"{e.From}", $"{e.To}", e.Port, PercentilesJson.Of(e.Latency))),
            AcceptQueues = TopJson.Of(connections.Queues, most, q =>
                new QueueJson($"{q.Key.Listener}", q.Key.Port, PercentilesJson.Of(q.Value))),
            MostBytes = TopJson.Of(SummaryOrder.ByBytes(connections.Traffic), most, TrafficJson.Of),
            MostConnections = TopJson.Of(SummaryOrder.ByConnections(connections.Traffic), most, TrafficJson.Of),
            Calls = TopJson.Of(connections.MostCalls, most, CallJson.Of),
            CallsNotToldApart = connections.NotToldApart,
            GuessedCallers = connections.Guessed,
            ConnectionsWithoutFlow = connections.Flowless,
            ConnectionsCountedTwice = overview.Tracker.CountedTwice,
            Losses = overview.Losses.Select(l => new InfoJson.LossJson(LossWords.Of(l.Key), l.Value.Count,
                InfoText.Time(l.Value.Times.SinceNs), InfoText.Time(l.Value.Times.UntilNs))),
            EventsWithoutProcess = overview.Ownerless,
            EventsWithoutPodName = overview.Podless,
            Complete = !caveats.IsIncomplete,
            Missing = caveats.Incomplete.Select(s => s.ToString()),
            Selected = caveats.Selected.Select(s => s.ToString()),
        };
    }

    private static OrderedDictionary<string, long> InOrder(IEnumerable<(string Name, long Count)> counts) =>
        new(counts.Where(c => c.Count > 0).Select(c => KeyValuePair.Create(c.Name, c.Count)));

    internal sealed record RateJson(string Start, long WidthNs, long[] Events, long[] Failed);

    internal sealed record FailureJson(
        string? Error, string? Operation, string To, int Port, string? From, int OtherCallers, bool? HasMoreCallers, long Count,
        string First, string Last, IEnumerable<string> Conn)
    {
        public static FailureJson Of(KeyValuePair<FailureKey, ProblemGroup> failure)
        {
            (FailureKey key, ProblemGroup problem) = failure;
            return new FailureJson(key.Error == 0 ? null : SummaryPage.ErrorOf(key),
                key.Operation == 0 ? null : OperationNames.NameOf(key.Operation), $"{key.To}", key.Port, problem.Callers.Caller?.ToString(),
                problem.Callers.Others, problem.HasMoreCallers ? true : null, problem.Count, InfoText.Time(problem.FirstNs),
                InfoText.Time(problem.LastNs),
                problem.Examples.Select(e => e.Conn));
        }
    }

    internal sealed record BreakJson(
        string How, string? By, string From, string To, int Port, long Count, string First, string Last, IEnumerable<string> Conn)
    {
        public static BreakJson Of(KeyValuePair<BreakKey, ProblemGroup> broken)
        {
            (BreakKey key, ProblemGroup problem) = broken;
            (Party from, Party to) = key.IsByCaller ? (key.By, key.Other) : (key.Other, key.By);
            return new BreakJson(SummaryPage.BreakWord(key.Reason), key.Reason == Reason.ResetSent ? $"{key.By}" : null, $"{from}", $"{to}",
                key.Port, problem.Count, InfoText.Time(problem.FirstNs), InfoText.Time(problem.LastNs),
                problem.Examples.Select(e => e.Conn));
        }
    }

    internal sealed record PercentilesJson(long Count, ulong P50Ns, ulong P90Ns, ulong P99Ns, ulong MaxNs)
    {
        public static PercentilesJson Of(ValueSketch values) => new(
            values.Count, values.Percentile(0.5), values.Percentile(0.9), values.Percentile(0.99), values.Most);
    }

    internal sealed record LatencyJson(string From, string To, int Port, PercentilesJson Latency);

    internal sealed record QueueJson(string Listener, int Port, PercentilesJson Waited);

    internal sealed record TrafficJson(string Who, long Calls, long Called, ulong SentBytes, ulong ReceivedBytes)
    {
        public static TrafficJson Of(PartyTraffic traffic) =>
            new($"{traffic.Party}", traffic.Calls, traffic.Called, traffic.Sent, traffic.Received);
    }

    internal sealed record CallJson(
        string From, string To, int Port, IReadOnlyDictionary<string, long>? AnsweredBy, long Calls, long Failed, ulong? SentBytes,
        ulong? ReceivedBytes, ulong? Retransmits)
    {
        public static CallJson Of(Edge e) => new($"{e.From}", $"{e.To}", e.Port,
            e.Reached.Count > 0 ? InOrder(e.Reached.OrderByDescending(r => r.Value).Select(r => ($"{r.Key}", r.Value))) : null,
            e.Calls, e.Failed, e.Counted > 0 ? e.BytesThere : null, e.Counted > 0 ? e.BytesBack : null,
            e.HasRetransmits ? e.Retransmits : null);
    }
}

/// <summary>The first rows of a table, and how many more there are.</summary>
internal sealed record TopJson<T>(IReadOnlyList<T> Rows, int More);

/// <summary>Makes <see cref="TopJson{T}"/>.</summary>
internal static class TopJson
{
    public static TopJson<TRow> Of<T, TRow>(IEnumerable<T> all, int most, Func<T, TRow> row)
    {
        T[] rows = [.. all];
        return new TopJson<TRow>([.. rows.Take(most).Select(row)], Math.Max(0, rows.Length - most));
    }
}
