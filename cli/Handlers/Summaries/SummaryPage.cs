using System.Globalization;
using System.Text;
using TcpTracer.Cli.Handlers.Inspection;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Values;
using TcpTracer.Replay.Calls;
using TcpTracer.Replay.Summaries;

namespace TcpTracer.Cli.Handlers.Summaries;

/// <summary>What a person asks first about traces, as a page.</summary>
internal sealed class SummaryPage
{
    /// <summary>Rows of each table, if nobody says how many.</summary>
    public const int UsualRows = 10;

    private const string Marks = " ▁▂▃▄▅▆▇█";
    private const int MostMarks = 80, MarksBegin = 11, ProseColumns = 100;
    private const int DateLength = 10, TimeStart = 11, MillisecondsEnd = 23, SecondsEnd = 19;
    private readonly TraceOverview _overview;
    private readonly ConnectionOverview _connections;
    private readonly TraceCaveats _caveats;
    private readonly SummaryRequest _request;
    private readonly StringBuilder _text = new();
    private readonly Listeners _listeners;
    private readonly bool _isOneDay;
    private readonly int _room = Terminal.OutputWidth ?? TableFit.Unlimited;

    private SummaryPage(TraceOverview overview, TraceCaveats caveats, SummaryRequest request)
    {
        (_overview, _connections, _caveats, _request) = (overview, overview.Connections, caveats, request);
        _listeners = _connections.Listeners;
        _isOneDay = Time(overview.FirstNs)[..DateLength] == Time(overview.LastNs)[..DateLength];
    }

    private int MostRows => _request.Limit ?? UsualRows;

    /// <summary>Prints the page.</summary>
    public static void Print(TraceOverview overview, TraceCaveats caveats, SummaryRequest request)
    {
        var page = new SummaryPage(overview, caveats, request);
        page.Write();
        using var output = new StandardOutput();
        output.Write(Encoding.UTF8.GetBytes(page._text.ToString()));
    }

    private void Write()
    {
        WriteHead();
        if (_overview.Events > 0)
        {
            WriteRate();
            WriteFailures();
            WriteBreaks();
            WriteLatencies("Slowest connects", "FROM", _connections.SlowestConnects,
                e => [Of(e.From), Called(e.To, e.Port)], e => e.Latency, "~FROM", "~TO");
            WriteLatencies("Longest waits for accept", "LISTENER", _connections.Queues, q => [Called(q.Key.Listener, q.Key.Port)],
                q => q.Value, "~LISTENER");
            WriteTalkers();
            WriteCalls();
        }
        WriteUnknown();
        if (_overview.Events > 0)
            SummaryHints.Write(_text, _overview, _request);
    }

    /// <summary>A line, which goes on below where it is too long: at a blank, as far as there is one.</summary>
    private void Line(string what, Sentence value)
    {
        const int indent = 14;
        int columns = Math.Max(1, (_room == TableFit.Unlimited ? ProseColumns : _room) - indent);
        string left = value.ToString();
        _text.Append(CultureInfo.InvariantCulture, $"  {what,-11} ");
        while (LineWidth.Of(left) > columns)
        {
            int at = LineWidth.Cut(left, columns).LastIndexOf(' ');
            if (at <= 0)
                break;
            _text.Append(left.AsSpan(0, at)).Append('\n').Append(' ', indent);
            left = left[(at + 1)..];
        }
        _text.Append(left).Append('\n');
    }

    private void Heading(Sentence heading) => _text.Append('\n').Append(heading).Append('\n');

    private void WriteHead()
    {
        const int few = 3;
        Sentence files = Sentence.Join(", ", _request.Files.Take(few).Select(Sentence.File));
        _text.Append(_request.Files.Count > few ? Sentence.Of($"{files} and {_request.Files.Count - few} more") : files).Append('\n');
        string selected = string.Join(' ', new[] { _request.Selection.Describe(), _request.Times.DescribeMoments() }
            .Where(w => w.Length > 0));
        if (selected.Length > 0)
            Line("selection", Sentence.AlreadyClean(Messages.Foreign(selected)));
        if (_overview.Events > 0)
        {
            ulong span = unchecked((ulong)(_overview.LastNs - _overview.FirstNs));
            Line("time", $"{Time(_overview.FirstNs)} to {Time(_overview.LastNs)}, {UnitText.Time(span)}");
        }
        Line("events", $"{_overview.Events}{InBrackets(": ", OperationCounts())}");
        if (_connections.Count > 0)
            Line("connections", $"{_connections.Count}: {string.Join(", ", StateCounts())}");
    }

    private static string InBrackets(string before, IEnumerable<string> words) => string.Join(", ", words) is { Length: > 0 } all
        ? before + all : "";

    private IEnumerable<string> OperationCounts()
    {
        foreach (Operation operation in Enum.GetValues<Operation>().Where(o => _overview.CountOf(o) > 0))
            yield return $"{_overview.CountOf(operation)} {OperationNames.NameOf(operation)}";
        if (_overview.CountOfOthers > 0)
            yield return $"{_overview.CountOfOthers} that this version does not know";
    }

    private IEnumerable<string> StateCounts()
    {
        foreach (ConnectionState state in new[] { ConnectionState.Closed, ConnectionState.Failed, ConnectionState.Open })
        {
            if (_connections.CountOf(state) is > 0 and var count)
                yield return $"{count} {(state == ConnectionState.Open ? OpenWord : state.ToString().ToLowerInvariant())}";
        }
        foreach ((Reason reason, long count) in _connections.Breaks)
            yield return $"{count} {BreakWord(reason)}";
    }

    /// <summary>Where the selection takes no ends, nobody can tell whether a connection ended.</summary>
    private string OpenWord => _overview.CountOf(Operation.Close) + _overview.CountOf(Operation.Unknown) == 0
        && _request.Selection.Describe().Length > 0 ? "whose ends are not selected" : "still open";

    /// <summary>How a connection broke, in a word.</summary>
    public static string BreakWord(Reason reason) => reason switch
    {
        Reason.ResetSent or Reason.Reset => "reset",
        Reason.None => "ended for an unknown reason",
        _ => Encoding.ASCII.GetString(EventWords.Of(reason)),
    };

    private void WriteRate()
    {
        if (_overview.Rate.Strip(Math.Clamp(_room - MarksBegin - 1, 1, MostMarks)) is not { } rates)
            return;
        string each = UnitText.Time((ulong)rates.WidthNs), most = Messages.Count(rates.Events.Max(), "event");
        Heading($"Rate: each mark is {each}, from {Clock(rates.StartNs)}; at most {most}");
        _text.Append(CultureInfo.InvariantCulture, $"  {"events",-7} |{Strip(rates.Events)}|\n");
        if (rates.Failed.Any(f => f > 0))
            _text.Append(CultureInfo.InvariantCulture, $"  {"failed",-7} |{Strip(rates.Failed)}|\n");
    }

    private static string Strip(long[] counts)
    {
        decimal most = Math.Max(1, counts.Max());
        return string.Concat(counts.Select(c => Marks[(int)Math.Ceiling(c * (Marks.Length - 1) / most)]));
    }

    private void WriteFailures()
    {
        long failed = _connections.CountOf(ConnectionState.Failed);
        if (failed == 0)
        {
            Heading($"Failed: none");
            return;
        }
        Heading($"Failed: {Share(failed)}");
        var table = new PageTable(">COUNT", "ERROR", "~TO", "~FROM", "FIRST FAILED", "-LAST FAILED");
        WriteTable(table, _connections.Failures, f => table.AddNoted(Examples(f.Value),
            $"{f.Value.Count}", ErrorOf(f.Key), Called(f.Key.To, f.Key.Port), CallersOf(f.Value), Clock(f.Value.FirstNs),
            Clock(f.Value.LastNs)));
    }

    /// <summary>The error of a failure, or what it was instead.</summary>
    public static string ErrorOf(FailureKey key) => key switch
    {
        { Error: not 0 } => Errno.NameOf(key.Error),
        { Operation: Operation.ConnectFailed } => EventWords.Aborted,
        { Operation: Operation.Unaccepted } => EventWords.NeverAccepted,
        _ => "(others)",
    };

    private static Sentence CallersOf(ProblemGroup problem)
    {
        (Party? caller, int others) = problem.Callers;
        string least = problem.HasMoreCallers ? "at least " : "";
        return others > 0 ? Sentence.Of($"{Of(caller!)} and {least}{others} more") : Of(caller!);
    }

    private static Sentence Examples(ProblemGroup problem) =>
        Sentence.Of($"conn {string.Join(", ", problem.Examples.Select(e => e.Conn))}");

    private void WriteBreaks()
    {
        long broken = _connections.CountOf(ConnectionState.Reset);
        if (broken == 0)
            return;
        Heading($"Broken: {Share(broken)}");
        var table = new PageTable(">COUNT", "HOW", "~BY", "~OTHER END", "FIRST BROKEN", "-LAST BROKEN");
        WriteTable(table, _connections.Broken, b =>
        {
            BreakKey key = b.Key;
            Sentence by = key.IsByCaller ? Of(key.By) : Called(key.By, key.Port);
            Sentence other = key.IsByCaller ? Called(key.Other, key.Port) : Of(key.Other);
            table.AddNoted(Examples(b.Value), $"{b.Value.Count}", BreakWord(key.Reason), key.Reason == Reason.ResetSent ? by : $"? ({by})",
                other, Clock(b.Value.FirstNs), Clock(b.Value.LastNs));
        });
    }

    private Sentence Share(long count) => $"{count} of {Messages.Count(_connections.Count, "connection")}";

    private void WriteLatencies<T>(
        string heading, string first, IEnumerable<T> rows, Func<T, Sentence[]> names, Func<T, ValueSketch> values, params string[] headers)
    {
        var table = new PageTable([.. headers, ">COUNT", "->P50", "->P90", "->P99", ">MAX"]);
        if (!rows.Any())
            return;
        Heading(heading);
        WriteTable(table, rows, r => table.Add([.. names(r), .. Percentiles(values(r))]));
    }

    private static Sentence[] Percentiles(ValueSketch values) =>
    [
        $"{values.Count}", UnitText.Time(values.Percentile(0.5)), UnitText.Time(values.Percentile(0.9)),
        UnitText.Time(values.Percentile(0.99)), UnitText.Time(values.Most),
    ];

    private void WriteTalkers()
    {
        IReadOnlyCollection<PartyTraffic> traffic = _connections.Traffic;
        WriteTraffic("Most bytes", SummaryOrder.ByBytes(traffic));
        WriteTraffic("Most connections", SummaryOrder.ByConnections(traffic));
    }

    private void WriteTraffic(string heading, IReadOnlyCollection<PartyTraffic> traffic)
    {
        if (traffic.Count == 0)
            return;
        Heading(heading);
        var table = new PageTable("~WHO", ">CALLS", ">CALLED", "->SENT", "->RECEIVED");
        WriteTable(table, traffic, t =>
            table.Add(Of(t.Party), $"{t.Calls}", $"{t.Called}", UnitText.Size(t.Sent), UnitText.Size(t.Received)));
    }

    private void WriteCalls()
    {
        Heading($"Who calls whom");
        var table = new PageTable("~FROM", "~TO", ">CALLS", ">FAILED", "->SENT", "->RECEIVED", "->RETRANS");
        WriteTable(table, _connections.MostCalls, e => table.Add(Of(e.From), Called(e.To, e.Port), $"{e.Calls}", $"{e.Failed}",
            e.Counted == 0 ? "-" : UnitText.Size(e.BytesThere), e.Counted == 0 ? "-" : UnitText.Size(e.BytesBack), $"{e.Retransmits}"));
        if (_connections.Guessed > 0)
        {
            _text.Append(Sentence.Of($"  {Messages.Count(_connections.Guessed, "connection")} of which neither connect nor accept was "
                + $"selected or recorded: who called is a guess\n"));
        }
        if (_connections.NotToldApart > 0)
        {
            string apart = Messages.Count(_connections.NotToldApart, "connection");
            _text.Append(Sentence.Of($"  {apart} more, of pairs that came after there were too many to tell apart: select fewer events\n"));
        }
        else if (_connections.HasOthers)
        {
            _text.Append("  there are more parties than a page can tell apart: what is beyond is (others)\n");
        }
    }

    private void WriteTable<T>(PageTable table, IEnumerable<T> rows, Action<T> add)
    {
        int more = 0, count = 0;
        foreach (T row in rows)
        {
            if (count++ < MostRows)
                add(row);
            else
                more++;
        }
        table.WriteTo(_text, _room);
        if (more > 0)
            _text.Append(CultureInfo.InvariantCulture, $"  ... and {more} more\n");
    }

    private void WriteUnknown()
    {
        Heading("Not known");
        Line("lost", Sentence.Join("; ", LossesOf()));
        foreach (Sentence incomplete in _caveats.Incomplete)
            Line("missing", incomplete);
        foreach (Sentence selected in _caveats.Selected)
            Line("selected", selected);
        if (_overview.Ownerless > 0)
            Line("no process", $"{Messages.Count(_overview.Ownerless, "event")} of {_overview.Events}: `attribution` is none");
        if (_connections.Flowless > 0)
            Line("ends", CallReading.OneEnded(_connections.Flowless, _connections.Count));
        if (_overview.Tracker.CountedTwice is > 0 and var twice)
            Line("two files", Messages.CountedTwice(twice));
        if (_overview.Podless > 0)
            Line("no pod name", $"{Messages.Count(_overview.Podless, "event")} of {_overview.Events}: `tcptracer help names` says why");
    }

    private IEnumerable<Sentence> LossesOf()
    {
        if (_overview.Losses.Count == 0)
            yield return _caveats.IsIncomplete ? "0 events while recording" : "0 events";
        foreach ((LossSource source, (long count, WallWindow times)) in _overview.Losses)
            yield return $"{Messages.Lost(source, count)} between {Clock(times.SinceNs)} and {Clock(times.UntilNs)}";
        if (_caveats.IsIncomplete)
            yield return "how many are missing in the files is not known";
    }

    /// <summary>A party, which is clean already.</summary>
    public static Sentence Of(Party party) => Sentence.AlreadyClean(party.ToString());

    /// <summary>A party and the port that was called; at an address, who answered there.</summary>
    private Sentence Called(Party party, ushort port)
    {
        if (port == 0)
            return Of(party);
        bool isBracketed = party.Name.Raw.AsSpan().Contains((byte)':') && party.Kind is PartyKind.Address or PartyKind.Block;
        Sentence place = isBracketed ? Sentence.Of($"[{Of(party)}]:{port}") : Sentence.Of($"{Of(party)}:{port}");
        return _listeners.At(party, port) is { } listener ? Sentence.Of($"{place} ({Of(listener)})") : place;
    }

    private static string Time(long ns) => InfoText.Time(ns);

    /// <summary>A moment, to the millisecond where all are of one day, else to the second.</summary>
    private string Clock(long ns)
    {
        string all = Time(ns);
        return _isOneDay ? all[TimeStart..MillisecondsEnd] : $"{all[..DateLength]} {all[TimeStart..SecondsEnd]}";
    }
}
