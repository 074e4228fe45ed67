using System.CommandLine;
using TcpTracer.Cli.Handlers.Summaries;
using TcpTracer.Cli.Help;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Values;
using TcpTracer.Replay.Summaries;

namespace TcpTracer.Cli.Commands;

internal static class SummaryCommand
{
    private const string Examples = """
          tcptracer summary trace.tct                          the page: what failed, who reset whom, what is slow, who talks to whom
          tcptracer summary trace.tct --since 14:30 -n shop    of a time and a namespace
          tcptracer summary trace.tct -o json | jq .failures   the same for programs
          tcptracer summary trace.tct --by comm                a row for each command
          tcptracer summary trace.tct --by daddr --limit 10    the ten busiest far ends
          tcptracer summary trace.tct --every 10s              a row for every ten seconds
          tcptracer summary trace.tct --every 1m --by comm --limit 3 -o csv    the three busiest of each minute
          tcptracer summary trace.tct --by comm,dst --sort=-latency_p99    the slowest first
          tcptracer summary trace.tct --connections --by src,dst,state    connections, each once, by how they ended
          tcptracer summary trace.tct --connections --every 10s --by state
          tcptracer summary trace.tct --explain 'dport == 5433 and comm == psql'    was nothing there, or did nobody look?
          tcptracer summary trace.tct --by comm,error --failed    what fails, and how
          tcptracer summary trace.tct --op C,F --by comm,daddr,dport    who calls what
          tcptracer summary trace.tct --op C,F --by pod,comm -F 'dst =~ ^svc/shop/db:'    who calls this service
        """;

    private const string Notes = """
        Without --by it prints a page. There a connection counts once, also if both its ends are in the traces.

        With --by it prints a row for each group of events. There both ends of a connection count: OPENED is connects and accepts,
        RESET_ENDS the ends that a reset ended. JSON and CSV call them connections and resets. --op C,F counts the calling end only.

        With --connections and --by it adds up rows of `show --connections`: each counts once, in the interval in which it began.

        SENT and RECEIVED add up connections that have ended; - means that none has.

        LATENCY_P50 and LATENCY_P99 are of connects that succeeded, to within 1.6 %. JSON and CSV have nanoseconds and bytes.

        On a terminal it fits the width: names are shortened in the middle, then columns left out. In a pipe nothing is.
        """;

    public static Command Create()
    {
        var files = new FileArguments();
        var by = new TextOption("--by", "FIELDS", "Add up by these fields, as in comm,daddr");
        var connections = new Option<bool>("--connections") { Description = "Add up connections, not events: each counts once" };
        by.CompletionSources.Add([.. Fields.All.Select(f => f.Name)]);
        var every = new TextOption("--every", "TIME", "Cut the time into intervals, as in 10s: a row for each, or for each group in each");
        var sort = new TextOption("--sort", "COLUMN", "In the order of this column; the largest first with -COLUMN or COLUMN:desc");
        var explain = new TextOption("--explain", "EXPR", "Why nothing, or what, matches this filter");
        var limit = new Option<string?>("--limit")
        {
            HelpName = "N", Description = "Only the first N groups, with --every of each interval; of the page, N rows a table",
        };
        var output = new ChoiceOption("--output", ["-o"], "FORMAT", "columns, json, or for --by csv", "columns", "json", "csv");
        var selection = new SelectionOptions();
        var times = new TimeOptions();
        var enrich = new EnrichOption();
        var summary = new DocumentedCommand("summary", "What a person asks first: what failed, what is slow, who talks to whom", Examples)
        {
            by, every, sort, limit, connections, explain, output,
        };
        summary.Notes = Notes;
        files.AddTo(summary);
        selection.AddTo(summary);
        times.AddTo(summary);
        enrich.AddTo(summary);
        summary.SetAction(parsed =>
        {
            SummaryFormat format = FormatOf(output.Read(parsed));
            bool areConnections = parsed.GetValue(connections);
            FieldSet set = areConnections ? ConnectionFields.OfConnections : Fields.OfEvents;
            IReadOnlyList<Field> fields = parsed.GetValue(by) is { } list ? ReadFields(list, format, set) : [];
            TimeSpan? interval = parsed.GetValue(every) is { } time ? Quantity.Time("--every", time) : null;
            bool isPage = fields.Count == 0 && interval is null;
            if (isPage && format == SummaryFormat.Csv)
                throw new SelectionException("a page has no form for -o csv: add up with --by FIELDS or --every TIME, or take -o json");
            if (isPage && parsed.GetValue(sort) is not null)
                throw new SelectionException("--sort orders the rows of --by FIELDS: add one of these");
            if (fields.Count == 0 && interval is not null && parsed.GetValue(limit) is not null)
                throw new SelectionException("--limit counts the groups of each interval, and without --by FIELDS that is one: add --by");
            if (isPage && areConnections && parsed.GetValue(explain) is null)
            {
                throw new SelectionException(
                    "--connections has no effect without --by FIELDS or --every TIME: the page counts connections anyway");
            }
            var request = new SummaryRequest
            {
                Files = files.Read(parsed),
                By = fields,
                Connections = areConnections,
                Every = interval,
                Order = parsed.GetValue(sort) is { } order ? GroupOrder.Parse(order, fields, interval is not null, set) : null,
                Limit = parsed.GetValue(limit) is { } n ? Quantity.Number("--limit", n) : null,
                Format = format,
                Selection = Widened(selection.Read(parsed), isPage, areConnections),
                Times = times.Read(parsed),
                Enrichment = enrich.Read(parsed),
            };
            if (parsed.GetValue(explain) is not { } expression)
                return SummaryHandler.Run(request);
            Option? idle = new Option[] { by, every, sort, limit, connections, output }
                .FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false });
            return idle is null ? ExplainHandler.Run(request, expression)
                : throw new SelectionException($"{idle.Name} has no effect with --explain, which prints sentences");
        });
        return summary;
    }

    /// <summary>
    /// The page is about connections, so it takes also those that are older than the recording, or open. Rows of connections take them as
    /// <c>show</c> does.
    /// </summary>
    private static Selection Widened(Selection selection, bool isPage, bool areConnections) =>
        areConnections || isPage ? selection.ForConnections() : selection;

    private static SummaryFormat FormatOf(string word) => word switch
    {
        "json" => SummaryFormat.Json,
        "csv" => SummaryFormat.Csv,
        _ => SummaryFormat.Columns,
    };

    private static IReadOnlyList<Field> ReadFields(string list, SummaryFormat format, FieldSet set)
    {
        IReadOnlyList<Field> fields = [.. set.FindAll("--by", list).Select(set.ExactOf)];
        if (fields.GroupBy(f => f).FirstOrDefault(g => g.Skip(1).Any()) is { } twice)
            throw new SelectionException($"--by '{list}' names {twice.Key.Name} twice");
        if (format == SummaryFormat.Columns)
            return fields;
        string name = $"{format}".ToLowerInvariant();
        IReadOnlyList<TotalsColumn> totals = set == Fields.OfEvents ? TotalsColumn.OfEvents : TotalsColumn.OfConnections;
        return fields.FirstOrDefault(f => totals.Any(t => t.JsonKey == f.JsonKey)) is not { } both
            ? Fields.RequireUniqueKeys(fields, name)
            : throw new SelectionException($"--by {both.Name} has the key {both.JsonKey}, and so has what is added up: "
                + $"leave out -o {name}, or choose another field");
    }
}
