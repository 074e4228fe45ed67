using System.Globalization;
using System.Text;
using TcpTracer.Cli.Handlers.Inspection;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Replay.Calls;
using TcpTracer.Replay.Comparison;

namespace TcpTracer.Cli.Handlers.Comparison;

/// <summary>The differences as tables, a section for each kind. Every name was made visible by <see cref="Party"/>.</summary>
internal static class DiffText
{
    public static void Print(
        IReadOnlyList<EdgeChange> changes, ComparedTrace before, ComparedTrace after, DiffRequest request, Stream output)
    {
        var text = new StringBuilder();
        var listeners = new Listeners(before.Calls.Edges.Concat(after.Calls.Edges));
        text.Append(SpanOf("A", request.Before, before)).Append(SpanOf("B", request.After, after));
        foreach (IGrouping<ChangeKind, EdgeChange> kind in changes.GroupBy(c => c.Kind))
        {
            text.Append('\n').Append(TitleOf(kind.Key)).Append('\n');
            text.Append(PlainTable.Of([Header(kind.Key), .. kind.Select(c => Row(c, before, after, listeners))], names: 2,
                "EXAMPLE", "P", "A P50", "B P50", "A PER MINUTE", "B PER MINUTE", "PER MINUTE", "ERRORS"));
            output.Write(Encoding.UTF8.GetBytes(text.ToString()));
            text.Clear();
        }
    }

    private static string SpanOf(string side, string file, ComparedTrace trace)
    {
        Sentence name = Sentences.Messages.Input(file);
        long begun = trace.Calls.Edges.Sum(e => e.Begun), all = trace.Calls.Edges.Sum(e => e.Calls);
        string older = all > begun ? string.Create(CultureInfo.InvariantCulture, $" and {all - begun} that had begun before") : "";
        Sentence line = $"{side}: {name}, from {InfoText.Time(trace.SinceNs)} for {UnitText.Time((ulong)(trace.UntilNs - trace.SinceNs))}: "
            + $"{Sentences.Messages.Count(begun, "connection")}{older}";
        return line + "\n";
    }

    /// <summary>The heading of a section.</summary>
    public static string TitleOf(ChangeKind kind) => kind switch
    {
        ChangeKind.Appeared => "APPEARED",
        ChangeKind.Vanished => "VANISHED",
        ChangeKind.BeganToFail => "BEGAN TO FAIL",
        ChangeKind.StoppedFailing => "STOPPED FAILING",
        ChangeKind.Slower => "SLOWER",
        ChangeKind.Faster => "FASTER",
        ChangeKind.More => "MORE",
        ChangeKind.Fewer => "FEWER",
        ChangeKind.BrokeMore => "BROKE MORE",
        _ => "BROKE LESS",
    };

    private static string[] Header(ChangeKind kind) =>
    [
        "FROM", "TO", "PORT", .. kind switch
        {
            ChangeKind.Appeared or ChangeKind.Vanished => new[] { "CALLS", "FAILED", "PER MINUTE", "EXAMPLE", "P" },
            ChangeKind.BeganToFail or ChangeKind.StoppedFailing => ["A FAILED", "B FAILED", "ERRORS", "EXAMPLE", "P"],
            ChangeKind.Slower or ChangeKind.Faster => ["OF", "A P50", "B P50", "A P99", "B P99", "RATIO", "P"],
            ChangeKind.More or ChangeKind.Fewer => ["A CALLS", "B CALLS", "A PER MINUTE", "B PER MINUTE", "RATIO", "P"],
            _ => ["A BROKE", "B BROKE", "P"],
        },
    ];

    private static string[] Row(EdgeChange change, ComparedTrace before, ComparedTrace after, Listeners listeners)
    {
        Edge edge = change.Edge, a = change.Before ?? edge, b = change.After ?? edge;
        string p = Probability(change.Q);
        string by = listeners.At(edge.To, edge.Port) is { } listener ? $" ({listener})" : "";
        return [edge.From.ToString(), edge.To + by, Number(edge.Port), .. change.Kind switch
        {
            ChangeKind.Appeared or ChangeKind.Vanished => new[]
            {
                Number(edge.Calls), Number(edge.Failed),
                Rate(edge, change.After is null ? before : after), edge.Example?.Conn ?? "-", p,
            },
            ChangeKind.BeganToFail or ChangeKind.StoppedFailing =>
                [Share(a.Failed, a.Begun), Share(b.Failed, b.Begun), Errors(b.Failed > 0 ? b : a),
                    (change.Kind == ChangeKind.BeganToFail ? b : a).Failures is [var failure, ..] ? failure.Conn : "-", p],
            ChangeKind.Slower or ChangeKind.Faster =>
                [change.IsOfQueue ? "accept" : "connect",
                    UnitText.Time(change.TimesOf(a).Percentile(0.5)), UnitText.Time(change.TimesOf(b).Percentile(0.5)),
                    UnitText.Time(change.TimesOf(a).Percentile(0.99)), UnitText.Time(change.TimesOf(b).Percentile(0.99)),
                    Ratio(change.Ratio), p],
            ChangeKind.More or ChangeKind.Fewer =>
                [Number(a.Begun), Number(b.Begun), Rate(a, before), Rate(b, after), Ratio(change.Ratio), p],
            _ => [Share(a.Broken, a.Ended), Share(b.Broken, b.Ended), p],
        }];
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Short(double number) => number.ToString(number >= 100 ? "0" : "0.##", CultureInfo.InvariantCulture);

    private static string Ratio(double? ratio) => ratio is { } r and not double.PositiveInfinity ? $"x{Short(r)}" : "-";

    private static string Rate(Edge edge, ComparedTrace trace) => trace.Minutes > 0 ? Short(edge.Begun / trace.Minutes) : "-";

    private static string Share(long hits, long all) =>
        string.Create(CultureInfo.InvariantCulture, $"{hits} of {all}{(all > 0 ? $" ({Short(100.0 * hits / all)}%)" : "")}");

    private static string Probability(double p) =>
        p < 0.0001 ? "<0.0001" : p.ToString("0.####", CultureInfo.InvariantCulture);

    private static string Errors(Edge edge) => string.Join(' ',
        edge.Errors.OrderByDescending(e => e.Count).Take(3).Select(e => e.Why));
}
