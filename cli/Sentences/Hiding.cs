using System.Text.RegularExpressions;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Words;
using TcpTracer.Replay;

namespace TcpTracer.Cli.Sentences;

/// <summary>What a selection let through, and what it hid: for the one line that is said where it hid everything.</summary>
/// <param name="Passed">Events shown or written.</param>
/// <param name="Hidden">Events kept back.</param>
/// <param name="ShownByExisting">Of these, connections older than the recorder that --existing would show.</param>
internal sealed partial record Hiding(long Passed, long Hidden, long ShownByExisting)
{
    private const string NoNames = ", for the trace holds no names of pods";

    /// <summary>The selection, in parentheses: what was typed is not always read as it was meant.</summary>
    public Sentence By { get; init; } = Sentence.None;

    /// <summary>What would show it.</summary>
    public Sentence Remedy { get; init; } = Sentence.None;

    /// <summary>The options by which the kernel left out what nobody counted.</summary>
    public IReadOnlyList<string> Uncounted { get; init; } = [];

    /// <summary>Of events as they happened.</summary>
    /// <param name="sink">What the recorder hid.</param>
    /// <param name="unwanted">What the kernel left out, but counted.</param>
    /// <param name="filter">By what.</param>
    public static Hiding Of(FilterSink sink, long unwanted, EventFilter filter)
    {
        string where = sink.HiddenNamespaces.Count == 0 ? "" : $"namespace {Messages.Foreign(string.Join(", ", sink.HiddenNamespaces))}";
        bool all = sink.ShownByAllNamespaces == sink.Hidden - sink.ShownByExisting;
        return new Hiding(sink.Passed, sink.Hidden + unwanted, sink.ShownByExisting)
        {
            By = Selected(filter),
            Remedy = where.Length == 0 ? WithoutPort(filter.Description) : all ? $" ({where}; -A shows everything)" : $" (of these, -A shows {sink.ShownByAllNamespaces}: {where})",
            Uncounted = filter.UncountedOptions,
        };
    }

    /// <summary>Of events in traces.</summary>
    public static Hiding Of(TraceSelection selection, TimeWindow times) =>
        new(selection.Passed, selection.Hidden, selection.ShownByExisting)
        {
            By = Selected(selection.Filter, selection.Window is { } window ? times.Describe(window) : ""),
            Remedy = Remedies(selection.Filter, selection.HasNames) + NextDay(times, selection.Window),
        };

    /// <summary>What a selection says of events, and of times.</summary>
    private static Sentence Selected(EventFilter filter, string times = "")
    {
        string all = string.Join(' ', new[] { filter.Description, times }.Where(w => w.Length > 0));
        return all.Length == 0 ? Sentence.None : $" ({Sentence.AlreadyClean(Messages.Foreign(all))})";
    }

    private static string NextDay(TimeWindow times, WallWindow? window) => window is { } settled ? times.SinceNextDay(settled) : "";

    private static string Remedies(EventFilter filter, bool hasNames) => filter.PodOptions.Count > 0 && !hasNames ? NoNames : WithoutPort(filter.Description);

    /// <summary>Who compares an end with a name alone finds nothing: behind it there is a port.</summary>
    private static string WithoutPort(string selection) => NameAlone().Match(selection) is { Success: true } match
        ? $"; {match.Groups["end"]} has the port behind the name, as in {match.Groups["end"]} =~ ^{Messages.Foreign(Regex.Escape(match.Groups["name"].Value))}:" : "";

    [GeneratedRegex(@"\b(?<end>src|dst)\s*==\s*(?<name>(pod|svc|node)/[^\s:'""()]+)(?!\S*:)")]
    private static partial Regex NameAlone();
}
