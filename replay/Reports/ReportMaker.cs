using System.Text;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Replay.Calls;

namespace TcpTracer.Replay.Reports;

/// <summary>Makes the data of the page from what a report has added up.</summary>
/// <param name="report">The report.</param>
/// <param name="words">What it says in words.</param>
internal sealed class ReportMaker(Report report, ReportWords words)
{
    private const int MostCharacters = 160, MostErrors = 8, MostReached = 8, MostListeners = 3, NsPerUs = 1000;
    private readonly Listeners _listeners = new(report.Calls.Edges);
    private readonly Dictionary<Party, int> _parties = [];
    private readonly List<PartyData> _partyData = [];

    /// <summary>The edges that are listed: those that are among the first by connections, bytes or failures.</summary>
    public static (Edge[] Listed, Edge[] Others) Choose(IReadOnlyCollection<Edge> edges, int most)
    {
        Edge[] ordered = [.. edges.OrderByDescending(e => e.Calls).ThenBy(NameOf, StringComparer.Ordinal)];
        if (ordered.Length <= most)
            return (ordered, []);
        var best = new Dictionary<Edge, int>(ReferenceEqualityComparer.Instance);
        void Rank(IEnumerable<Edge> by)
        {
            foreach ((int place, Edge edge) in by.Index())
                best[edge] = Math.Min(best.GetValueOrDefault(edge, int.MaxValue), place);
        }
        Rank(ordered);
        Rank(ordered.OrderByDescending(e => e.BytesThere + (double)e.BytesBack));
        Rank(ordered.Where(e => e.Failed > 0).OrderByDescending(e => e.Failed));
        HashSet<Edge> listed = new(ordered.OrderBy(e => best[e]).Take(most), ReferenceEqualityComparer.Instance);
        return ([.. ordered.Where(listed.Contains)], [.. ordered.Where(e => !listed.Contains(e))]);
    }

    private static string NameOf(Edge edge) => $"{edge.From} {edge.To} {edge.Port}";

    /// <summary>All of it.</summary>
    public ReportData Make()
    {
        (Edge[] listed, Edge[] others) = Choose(report.Calls.Edges, Report.MostListed);
        List<EdgeData> edges = [.. listed.Select(Of)];
        if (others.Length > 0)
            edges.Add(SumOf(others));
        Dictionary<Edge, int> numbers = new(ReferenceEqualityComparer.Instance);
        foreach ((int number, Edge edge) in listed.Index())
            numbers.Add(edge, number);
        foreach (Edge edge in others)
            numbers.Add(edge, listed.Length);
        return new ReportData
        {
            Title = words.Title,
            Facts = words.Facts,
            Notices = words.Notices,
            Events = report.Events,
            From = (report.FirstNs ?? 0) / NsPerUs,
            To = (report.LastNs ?? 0) / NsPerUs,
            GridFrom = report.Times.Intervals == 0 ? 0 : report.Times.First * (report.Times.WidthNs / (double)NsPerUs),
            GridWidth = report.Times.WidthNs / (double)NsPerUs,
            Intervals = report.Times.Intervals,
            Edges = edges,
            Parties = _partyData,
            Slow = [.. report.Slow.All.Select(s => Of(s, numbers[s.Edge]))],
            Losses = [.. report.Losses.Select(l => new LossData(l.FromNs / NsPerUs, l.ToNs / NsPerUs, LossWords.Of(l.Source), l.Count))],
        };
    }

    private EdgeData Of(Edge edge) => new()
    {
        From = NumberOf(edge.From),
        To = NumberOf(edge.To),
        Port = edge.Port,
        Calls = edge.Calls,
        Failed = edge.Failed,
        ResetByCaller = edge.ResetByCaller,
        ResetByCalled = edge.ResetByCalled,
        Broken = edge.BrokenOtherwise,
        Open = edge.Open,
        There = edge.BytesThere,
        Back = edge.BytesBack,
        Retransmits = edge.Retransmits,
        P50 = edge.Latency.Percentile(0.5),
        P99 = edge.Latency.Percentile(0.99),
        Queue99 = edge.Queue.Percentile(0.99),
        First = edge.FirstNs / NsPerUs,
        Last = edge.LastNs / NsPerUs,
        FirstFailed = (edge.FirstFailedNs ?? 0) / NsPerUs,
        LastFailed = (edge.LastFailedNs ?? 0) / NsPerUs,
        Errors = ErrorsOf(edge.Errors),
        Reached = edge.Reached.Count == 0 ? null : Largest(edge.Reached.Select(r => (TextOf(r.Key.ToString()), r.Value)), MostReached),
        Example = edge.Example is { } example ? Of(example) : null,
        Failures = edge.Failures.Count == 0 ? null : [.. edge.Failures.Select(Of)],
        Times = TimesOf(report.Times.Of(edge)),
    };

    /// <summary>All edges that are not listed, as one from and to the others.</summary>
    private EdgeData SumOf(Edge[] edges)
    {
        ValueSketch latency = new(), queue = new();
        var series = new TimeSeries();
        var errors = new Dictionary<string, long>();
        foreach (Edge edge in edges)
        {
            latency.Add(edge.Latency);
            queue.Add(edge.Queue);
            if (report.Times.Of(edge) is { } own)
                series.Add(own);
            foreach ((string error, long count) in edge.Errors)
                errors[error] = errors.GetValueOrDefault(error) + count;
        }
        int others = NumberOf(Party.Others);
        return new EdgeData
        {
            From = others,
            To = others,
            SumOf = edges.Length,
            Calls = edges.Sum(e => e.Calls),
            Failed = edges.Sum(e => e.Failed),
            ResetByCaller = edges.Sum(e => e.ResetByCaller),
            ResetByCalled = edges.Sum(e => e.ResetByCalled),
            Broken = edges.Sum(e => e.BrokenOtherwise),
            Open = edges.Sum(e => e.Open),
            There = edges.Sum(e => (double)e.BytesThere),
            Back = edges.Sum(e => (double)e.BytesBack),
            Retransmits = edges.Sum(e => (double)e.Retransmits),
            P50 = latency.Percentile(0.5),
            P99 = latency.Percentile(0.99),
            Queue99 = queue.Percentile(0.99),
            First = edges.Min(e => e.FirstNs) / NsPerUs,
            Last = edges.Max(e => e.LastNs) / NsPerUs,
            FirstFailed = (edges.Min(e => e.FirstFailedNs) ?? 0) / NsPerUs,
            LastFailed = (edges.Max(e => e.LastFailedNs) ?? 0) / NsPerUs,
            Errors = ErrorsOf(errors.Select(e => (e.Key, e.Value))),
            Times = TimesOf(series),
        };
    }

    private static Dictionary<string, long>? ErrorsOf(IEnumerable<(string Why, long Count)> errors) =>
        errors.Any() ? Largest(errors, MostErrors) : null;

    /// <summary>The largest counts; the others are one.</summary>
    private static Dictionary<string, long> Largest(IEnumerable<(string Name, long Count)> counts, int most)
    {
        var largest = new Dictionary<string, long>();
        foreach ((int place, (string name, long count)) in counts.OrderByDescending(c => c.Count).Index())
        {
            string key = place < most ? name : Party.Others.ToString();
            largest[key] = largest.GetValueOrDefault(key) + count;
        }
        return largest;
    }

    private List<int>? TimesOf(TimeSeries? series)
    {
        if (series is null || series.Cells.Count == 0)
            return null;
        var flat = new List<int>();
        long before = report.Times.First;
        foreach (TimeCell cell in series.Cells)
        {
            flat.AddRange([(int)(cell.Interval - before), cell.Calls, cell.Failed, cell.Resets, cell.Latency?.Count ?? 0]);
            foreach ((byte bin, int count) in cell.Latency?.All ?? [])
                flat.AddRange([bin, count]);
            before = cell.Interval;
        }
        return flat;
    }

    private static SlowData Of(SlowCall call, int edge) => new()
    {
        Edge = edge,
        Latency = call.LatencyNs,
        Duration = call.DurationNs,
        State = call.State switch
        {
            ConnectionState.Closed => "closed",
            ConnectionState.Reset => "reset",
            ConnectionState.Failed => "failed",
            _ => "open",
        },
        Where = Of(call.Where),
    };

    private static ExampleData Of(CallExample example) =>
        new(example.Conn, TextOf(example.Node), TextOf(example.Comm), example.Pid, example.StartNs / NsPerUs);

    private int NumberOf(Party party)
    {
        if (_parties.TryGetValue(party, out int number))
            return number;
        number = _partyData.Count;
        _parties.Add(party, number);
        string kind = party.Kind == PartyKind.Owner ? TextOf(new SafeText(party.OwnerKind)) : party.Kind.ToString().ToLowerInvariant();
        string answered = string.Join(", ", _listeners.At(party).Take(MostListeners).Select(TextOf));
        string by = answered.Length == 0 ? "" : $" ({answered})";
        _partyData.Add(new PartyData(TextOf(party.ToString()) + by, kind,
            party.Namespace.Raw.Length == 0 ? null : TextOf(party.Namespace), TextOf(party.Name) + by));
        return number;
    }

    private static string TextOf(SafeText text) => TextOf(Encoding.UTF8.GetString(text.Text));

    /// <summary>A name is as long as a stranger likes.</summary>
    private static string TextOf(string text) => text.Length <= MostCharacters
        ? text : text[..(char.IsHighSurrogate(text[MostCharacters - 1]) ? MostCharacters - 1 : MostCharacters)] + "...";
}
