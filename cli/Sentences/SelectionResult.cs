using System.Text.RegularExpressions;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Strings;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Cli.Sentences;

/// <summary>How many events a selection let through and hid. If it hid all of them, one line says so.</summary>
/// <param name="Passed">Events shown or written.</param>
/// <param name="Hidden">Events that the selection hid.</param>
/// <param name="HiddenWithoutExisting">How many of those are older connections that --existing would show.</param>
internal sealed partial record SelectionResult(long Passed, long Hidden, long HiddenWithoutExisting)
{
    private const string NoNames = ", for the trace holds no names of pods";

    /// <summary>The selection, in parentheses, as it was understood: that is not always what was meant.</summary>
    public Sentence By { get; init; } = Sentence.None;

    /// <summary>What would show the hidden events.</summary>
    public Sentence Remedy { get; init; } = Sentence.None;

    /// <summary>Options for which the kernel left out events without counting them.</summary>
    public IReadOnlyList<string> Uncounted { get; init; } = [];

    /// <summary>For live output and recordings.</summary>
    /// <param name="sink">It hid events.</param>
    /// <param name="unwanted">Events that the kernel left out and counted.</param>
    /// <param name="filter">The selection.</param>
    public static SelectionResult Of(FilterSink sink, long unwanted, EventFilter filter)
    {
        string where = sink.HiddenNamespaces.Count == 0 ? "" : $"namespace {Messages.Foreign(string.Join(", ", sink.HiddenNamespaces))}";
        bool showsAll = sink.ShownByAllNamespaces == sink.Hidden - sink.HiddenWithoutExisting;
        return new SelectionResult(sink.Passed, sink.Hidden + unwanted, sink.HiddenWithoutExisting)
        {
            By = Selected(filter),
            Remedy = where.Length == 0 ? WithoutPort(filter.Description)
                : showsAll ? $" ({where}; -A shows everything)" : $" (of these, -A shows {sink.ShownByAllNamespaces}: {where})",
            Uncounted = filter.UncountedOptions,
        };
    }

    /// <summary>For events of traces.</summary>
    public static SelectionResult Of(TraceSelection selection, TimeWindow times) =>
        new(selection.Passed, selection.Hidden, selection.HiddenWithoutExisting)
        {
            By = Selected(selection.Filter, Described(times, selection.Window)),
            Remedy = Remedies(selection, times),
        };

    private static string Described(TimeWindow times, WallWindow? window) => window is { } settled ? times.Describe(settled) : "";

    /// <summary>The selection of events and of times.</summary>
    private static Sentence Selected(EventFilter filter, string times = "")
    {
        string all = string.Join(' ', new[] { filter.Description, times }.Where(w => w.Length > 0));
        return all.Length == 0 ? Sentence.None : $" ({Sentence.AlreadyClean(Messages.Foreign(all))})";
    }

    private static string NextDay(TimeWindow times, WallWindow? window) => window is { } settled ? times.SinceNextDay(settled) : "";

    private static Sentence Remedies(TraceSelection selection, TimeWindow times)
    {
        if (NextDay(times, selection.Window) is { Length: > 0 } nextDay)
            return nextDay;
        if (selection.Window is { } window && selection.Span is { } span && !window.Overlaps(span.SinceNs, span.UntilNs))
            return $": the events are from {TimeWindow.Moment(span.SinceNs)} to {TimeWindow.Moment(span.UntilNs)}";
        EventFilter filter = selection.Filter;
        if (filter.PodOptions.Count > 0 && !selection.HasNames)
            return NoNames;
        if (WithoutPort(filter.Description) is { Length: > 0 } withoutPort)
            return withoutPort;
        return filter.Expression is not null ? $"; `tcptracer summary FILE --explain EXPR` tells why"
            : filter.OnlyField is { } field ? $"; `tcptracer summary FILE --by {field}` lists what there is" : Sentence.None;
    }

    /// <summary>A filter that compares src or dst with a name alone finds nothing, because their values end with the port.</summary>
    private static string WithoutPort(string selection)
    {
        if (BareName().Match(selection) is { Success: true, Groups: var bare })
        {
            string text = Messages.Foreign(Regex.Escape(bare["name"].Value));
            return $"; {bare["end"].Value} is kind/namespace/name:port, as in {bare["end"].Value} =~ /{text}:";
        }
        if (NameAlone().Match(selection) is not { Success: true, Groups: var found })
            return "";
        string end = found["end"].Value, name = Messages.Foreign(Regex.Escape(found["name"].Value));
        return $"; {end} has the port behind the name, as in {end} =~ ^{name}:";
    }

    [GeneratedRegex(@"\b(?<end>src|dst)\s*==\s*""?(?<name>[A-Za-z][A-Za-z0-9-]*)""?(?![\w/.:-])")]
    private static partial Regex BareName();

    [GeneratedRegex(@"\b(?<end>src|dst)\s*==\s*(?<name>(pod|svc|node)/[^\s:'""()]+)(?!\S*:)")]
    private static partial Regex NameAlone();
}
