using TcpTracer.Cli.Handlers.Inspection;
using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Replay.Reading;
using TcpTracer.Replay.Reports;
using TcpTracer.Replay.Streams;

namespace TcpTracer.Cli.Handlers.Reports;

/// <summary>What a report says in words: what was recorded where, and what is missing. What is missing is said on stderr as well.</summary>
/// <param name="request">What was asked for.</param>
internal sealed class ReportStory(ReportRequest request)
{
    private const int MostTraces = 20, MostNotices = 200, MostTexts = 20;
    private readonly List<string> _notices = [];
    private bool _isIncomplete;
    private readonly List<ReportFact> _details = [];
    private readonly List<string> _read = [];
    private readonly SortedSet<string> _nodes = new(StringComparer.Ordinal);

    /// <summary>Whether any trace could be read.</summary>
    public bool IsAnyRead => _read.Count > 0;

    /// <summary>Says something on stderr, and in the page.</summary>
    public void Say(IEnumerable<Sentence> sentences)
    {
        foreach (Sentence sentence in sentences)
        {
            Messages.Say(sentence);
            Note(sentence);
        }
    }

    /// <summary>Says what is damaged, cut off or unfinished.</summary>
    public void SayIncomplete(IEnumerable<Sentence> sentences)
    {
        int before = _notices.Count;
        Say(sentences);
        _isIncomplete |= _notices.Count > before;
    }

    private void Note(Sentence sentence)
    {
        if (_notices.Count < MostNotices)
            _notices.Add(sentence.ToString());
    }

    /// <summary>One trace was read.</summary>
    public void AddTrace(string file, TraceHeader? header, PackedTrace? packed)
    {
        _read.Add(file);
        if (packed is { Fault: not PackingFault.None })
        {
            _isIncomplete = true;
            Note($"{Sentence.File(file)}: {Messages.Of(packed)}"); // is said on stderr by whoever opened it
        }
        if (_read.Count > MostTraces)
            return;
        Detail("trace", Sentence.File(file));
        if (header is not { Tool.Length: > 0 })
        {
            Detail("recorded by", "not known: the trace has no header");
            return;
        }
        Detail("recorded by", Messages.Foreign(header.Tool));
        foreach (Sentence selected in RecordedSelection.Sentences(file, header).Take(MostTexts))
            Note(selected);
        IEnumerable<TraceHeader> recorders = header.Merged.Count == 0 ? [header] : header.Merged.Select(m => m.Header);
        foreach (TraceHeader recorder in recorders.Take(MostTraces))
        {
            _nodes.Add(Messages.Foreign(recorder.Node));
            Detail("node", $"{Messages.Foreign(recorder.Node)}, Linux {Messages.Foreign(recorder.Kernel)}, "
                + $"{Messages.Foreign(recorder.Machine)}, {Messages.Count(recorder.Cpus, "processor")}");
        }
        Detail("started", InfoText.Time(header.Clock.WallNs));
        Detail("command", Messages.Foreign(Sentence.Command(header.CommandLine.Take(MostTexts)).ToString()));
        foreach (CopyNote copy in header.Copies.Take(MostTexts))
            Detail("copy", $"by {Messages.Foreign(copy.Tool)} {copy.How} {Messages.Foreign(copy.Options)}");
        Detail("hooks", Messages.Foreign(string.Join(", ", header.Hooks)));
        foreach (string source in header.Sources.Take(MostTexts))
            Detail("sources", Messages.Foreign(source));
        foreach (string refused in header.Refused.Take(MostTexts))
            Note($"{Sentence.File(file)}: recorded without {Messages.Foreign(refused)}");
    }

    private void Detail(string name, Sentence value) => _details.Add(new ReportFact(name, value.ToString(), IsDetail: true));

    /// <summary>All traces were read: what the report leaves out, and what it is not sure of.</summary>
    public void AddReport(Report report, TraceSelection selection, TimeWindow times)
    {
        foreach (string file in request.Files.Except(_read))
            Note($"{Sentence.File(file)}: could not be read, and is not in this report");
        foreach (Sentence sentence in TraceEnds.LostIn(selection.Findings).Concat(TraceEnds.UnknownIn(selection.Findings, "passed over")))
            Note(sentence);
        Say(LeftOut(report));
        if (selection.Hidden > 0 && IsSelectedBy(selection))
            Note($"{SelectedBy(selection, times)} hides {Messages.Count(selection.Hidden, "event")}");
    }

    private static IEnumerable<Sentence> LeftOut(Report report)
    {
        if (report.Unlisted > 0)
        {
            yield return $"{Messages.Count(report.Unlisted, "pair")} of caller and called with few connections are one row, \"(others)\": "
                + $"a selection of fewer events shows them";
        }
        if (report.HasOthers)
            yield return $"there are too many callers and called ones to tell all apart: those that came last are one row, \"(others)\"";
        if (report.Calls.Guessed > 0)
        {
            yield return $"{Messages.Count(report.Calls.Guessed, "connection")} of which neither connect nor accept was selected or "
                + $"recorded: who called is a guess, by ends that were called elsewhere and by ports";
        }
        if (report.Unpaired > 0)
        {
            yield return CallReading.OneEnded(report.Unpaired, report.Connections);
        }
        if (report.Tracker.CountedTwice is > 0 and var twice)
            yield return Messages.CountedTwice(twice);
        if (report.LetGo > 0)
        {
            yield return $"too many connections were open at once: {Messages.Count(report.LetGo, "connection")} counted before the "
                + $"end, and what came later of these counts once more";
        }
    }

    private static bool IsSelectedBy(TraceSelection selection) => selection.Filter.Description.Length > 0 || selection.Window is not null;

    private static Sentence SelectedBy(TraceSelection selection, TimeWindow times)
    {
        string time = selection.Window is { } window ? times.Describe(window) : "";
        string all = string.Join(' ', new[] { selection.Filter.Description, time }.Where(w => w.Length > 0));
        return all.Length == 0 ? Sentence.Of($"the selection") : Sentence.Of($"the selection ({Messages.Foreign(all)})");
    }

    /// <summary>All words of the page.</summary>
    public ReportWords Words(Report report, TraceSelection selection, TimeWindow times)
    {
        string nodes = _nodes.Count == 0 ? "unknown node"
            : _nodes.Count <= 3 ? string.Join(", ", _nodes) : $"{_nodes.First()} and {_nodes.Count - 1} more nodes";
        var facts = new List<ReportFact>();
        void Fact(string name, Sentence value) => facts.Add(new ReportFact(name, value.ToString()));
        Fact("recorded on", nodes);
        if (report is { FirstNs: { } first, LastNs: { } last })
            Fact("time", $"{InfoText.Time(first)} to {InfoText.Time(last)}");
        string more = _read.Count > MostTraces ? $" and {Messages.Count(_read.Count - MostTraces, "more")}" : "";
        Fact(_read.Count == 1 ? "trace" : "traces", $"{Sentence.Join(", ", _read.Take(MostTraces).Select(Sentence.File))}{more}");
        Fact("events", $"{Messages.Count(report.Events, "event")}, {Messages.Count(report.Connections, "connection")}");
        if (IsSelectedBy(selection))
            Fact("selected", $"{SelectedBy(selection, times)} hides {Messages.Count(selection.Hidden, "event")}");
        else if (selection.Hidden > 0)
            Fact("left out", Messages.OnlyIfAsked(selection.Hidden));
        string lost = selection.Findings.Lost.Values.Any(n => n > 0) ? Messages.Lost(selection.Findings.Lost) : "0 events";
        Fact("lost", _isIncomplete ? $"{lost} while recording; how many are missing in the files is not known" : lost);
        Fact("page by", ProgramVersion.NameAndVersion);
        return new ReportWords(Sentence.Of($"TCP connections on {nodes}").ToString(), [.. facts, .. _details], _notices);
    }
}
