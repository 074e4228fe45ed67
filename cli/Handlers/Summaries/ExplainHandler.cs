using System.Globalization;
using TcpTracer.Cli.Handlers.Inspection;
using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Filter.Expressions;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Replay.Findings;
using TcpTracer.Replay.Reading;
using TcpTracer.Replay.Summaries;

namespace TcpTracer.Cli.Handlers.Summaries;

/// <summary>Why nothing matches an expression: was nothing there, or did nobody look?</summary>
internal sealed class ExplainHandler
{
    private const string Option = "--explain";
    private const int MostValues = 3, MostHeaders = 8, NsPerUs = 1000;
    private readonly SummaryRequest _request;
    private readonly string _expression;
    private readonly FilterExplanation _found;
    private readonly TraceSelection _selection;
    private readonly List<(string File, TraceHeader Header)> _headers = [];
    private readonly IReadOnlyCollection<Operation> _named;

    private ExplainHandler(SummaryRequest request, string expression)
    {
        (_request, _expression) = (request, expression);
        IReadOnlyList<FilterPart> parts = FilterPart.Split(expression, Option, request.Selection.UserNumber);
        _ = FilterExpression.Compile(expression, Option, request.Selection.UserNumber, out _named);
        var all = new EventFilter(new Selection { Existing = true, Progress = true });
        _selection = new TraceSelection(all, TimeWindow.Everything) { Enrichment = request.Enrichment };
        _found = new FilterExplanation(parts, new EventFilter(request.Selection), request.Times, Allowance);
    }

    private Allowance Allowance { get; } = new();

    public static int Run(SummaryRequest request, string expression)
    {
        TraceFiles.RequireFiles(request.Files, request.Enrichment);
        request = request with { Times = EachTrace.Settle(request.Times, request.Files) };
        return new ExplainHandler(request, expression).Run();
    }

    private int Run()
    {
        var source = new TraceEventSource(_selection, _found, Environment.ProcessorCount) { Allowance = Allowance };
        TraceFindings findings = _selection.Findings;
        int worst = EachTrace.Read(_request.Files, findings, (file, trace) =>
        {
            source.Run(trace);
            if (source.Header is { } header && _headers.Count < MostHeaders)
                _headers.Add((file, header));
        });
        if (_headers.Count > 0 || _found.Events > 0)
            Explain();
        return EachTrace.Worse(worst, findings.Damages.IsBeyondACut ? ExitCode.LostOrDamaged : ExitCode.Done);
    }

    private void Explain()
    {
        string count = Messages.Count(_found.Events, "event");
        if (_found.Matching > 0)
        {
            Messages.Print($"{_found.Matching} of {count} match `{_expression}`, from {Time(_found.MatchingSpan.SinceNs)} to "
                + $"{Time(_found.MatchingSpan.UntilNs)}");
            if (_found.MatchingUnshown > 0)
            {
                Messages.Print($"  {_found.MatchingUnshown} of them are `existing` or `progress`: "
                    + $"`tcptracer show` has them only with --existing or --op");
            }
            return;
        }
        string span = _found.Events == 0 ? "" : $" from {Time(_found.Span.SinceNs)} to {Time(_found.Span.UntilNs)}";
        Messages.Print($"`{_expression}` matches none of {count}{span}");
        Print("What is there", [.. WhatIsThere()]);
        Sentence[] reasons = [.. WhatWasNotLookedAt()];
        Print("What was not looked at", reasons.Length > 0 ? reasons
            : ["the recording selected nothing, lost nothing and had all its hooks: what it does not have was not there"]);
    }

    private static void Print(Sentence heading, Sentence[] lines)
    {
        if (lines.Length == 0)
            return;
        Messages.Print(heading);
        foreach (Sentence line in lines)
            Messages.Print($"  {line}");
    }

    private IEnumerable<Sentence> WhatIsThere()
    {
        foreach (PartFinding part in _found.Parts.Where(p => p.Holds == 0))
            yield return OfPart(part);
        if (_found.Parts.Count > 1 && _found.Parts.All(p => p.Holds > 0) && _found.AtOtherTimes + _found.NotSelected == 0)
            yield return "each condition holds for some events, but no event fulfils all of them";
        foreach (PartFinding part in _found.Parts.Where(p => p.Alone > 0 && _found.Parts.Count > 1))
            yield return $"without `{part.Part.Text}`: {Messages.Count(part.Alone, "event")}";
        if (_found.AtOtherTimes > 0)
        {
            yield return $"at other times: {Messages.Count(_found.AtOtherTimes, "event")}, from {Time(_found.OtherTimes.SinceNs)} to "
                + $"{Time(_found.OtherTimes.UntilNs)}; wanted is {_request.Times.Describe(_found.Window ?? default)}";
        }
        if (_found.NotSelected > 0)
            yield return $"without {OtherOptions}: {Messages.Count(_found.NotSelected, "event")}";
        if (_found.Window is { } window && _found.Events > 0 && !window.Overlaps(_found.Span.SinceNs, _found.Span.UntilNs))
            yield return $"no event at all is in the time of {_request.Times.Describe(window)}{_request.Times.SinceNextDay(window)}";
    }

    private Sentence OtherOptions => Sentence.AlreadyClean(Messages.Foreign(_request.Selection.Describe()));

    private static Sentence OfPart(PartFinding finding)
    {
        FilterPart part = finding.Part;
        Sentence none = $"`{part.Text}`: no event has it";
        if (part.Fields.Count == 0)
            return none;
        if (finding.Values.IsEmpty)
            return $"{none}, for {string.Join(" and ", part.Fields.Select(f => f.Name))} does not apply to any event";
        if (part.Operator.StartsWith('<') || part.Operator.StartsWith('>'))
        {
            return finding.Values.Range is { } range
                ? Sentence.Of($"{none}; its values are from {InWords(part, range.Least)} to {InWords(part, range.Most)}") : none;
        }
        IEnumerable<Sentence> values = finding.Values.Nearest(part.Values, MostValues)
            .Select(v => Sentence.Of($"{Sentence.AlreadyClean(Messages.Foreign(v.Key))} has {v.Value}"));
        Sentence near = Sentence.Join(", ", values);
        return near.ToString().Length == 0 ? none : Sentence.Of($"{none}; {near}");
    }

    /// <summary>A number of a condition's fields, with its unit.</summary>
    private static string InWords(FilterPart part, long number) => part.Fields[0] switch
    {
        { Name: "timestamp" } => Time(number),
        { Unit: "ns" } => UnitText.Time((ulong)number),
        { Unit: "us" } => UnitText.Time((ulong)number * NsPerUs),
        { Unit: "bytes" } => UnitText.Size((ulong)number),
        _ => number.ToString(CultureInfo.InvariantCulture),
    };

    private IEnumerable<Sentence> WhatWasNotLookedAt()
    {
        foreach ((string file, TraceHeader header) in _headers)
        {
            Sentence name = Sentence.File(file);
            foreach (Sentence selected in RecordedSelection.Sentences(file, header))
                yield return selected;
            foreach (Sentence excluded in ExcludedConditions.Sentences(file, header, _found.Parts.Select(p => p.Part), _request.Selection))
                yield return excluded;
            foreach (string refused in header.Refused)
                yield return $"{name}: without {Messages.Foreign(refused)}";
        }
        foreach (Sentence line in NeverRecorded())
            yield return line;
        foreach ((LossSource source, (long count, WallWindow times)) in _found.Losses)
        {
            yield return $"{Messages.Lost(source, count)} between {Time(times.SinceNs)} and {Time(times.UntilNs)}: "
                + $"{LossWords.Explain(source)}";
        }
        if (_selection.Findings.EventsUnread > 0)
            yield return $"{Messages.Count(_selection.Findings.EventsUnread, "event")} in damaged parts cannot be read";
        if (UsesNames())
        {
            foreach (Sentence line in OfNames())
                yield return line;
        }
    }

    private IEnumerable<Sentence> NeverRecorded()
    {
        foreach (Operation operation in _named.Where(o => (int)o <= (int)Operation.Unaccepted && _found.CountOf(o) == 0))
        {
            yield return operation == Operation.Progress && !AnyRecordedWith("--progress-every")
                ? Sentence.Of($"there is no event `progress`: a recording has them only with --progress-every")
                : Sentence.Of($"there is no event `{OperationNames.NameOf(operation)}` at all");
        }
        if (_found.Parts.Any(p => p.Part.Fields.Any(f => f.Name == "args")) && !AnyRecordedWith("--args"))
            yield return "there are no command lines: a recording has them only with --args";
    }

    private bool AnyRecordedWith(string option) =>
        _headers.Any(h => h.Header.CommandLine.Any(w => w == option || w.StartsWith(option + "=", StringComparison.Ordinal)));

    private static readonly string[] s_fieldsOfNames =
        ["namespace", "pod", "container", "owner", "labels", "image", "src", "dst", "service", "podname", "pod_uid"];

    private bool UsesNames() => _found.Parts.Any(p => p.Part.Fields.Any(f => s_fieldsOfNames.Contains(f.Name)))
        || _request.Selection is { Namespace: not null } or { Pod: not null } or { Container: not null } or { Labels: not null };

    private IEnumerable<Sentence> OfNames()
    {
        if (!_selection.HasNames)
            yield return "there are no names of pods in the files";
        if (_found.Podless > 0)
            yield return $"the pod of {Messages.Count(_found.Podless, "event")} is not known: `tcptracer help names` says why";
        foreach ((string file, TraceHeader header) in _headers)
        {
            foreach (string source in header.Sources)
                yield return $"{Sentence.File(file)}: names were asked of {Messages.Foreign(source)}";
        }
    }

    private static string Time(long ns) => InfoText.Time(ns);
}
