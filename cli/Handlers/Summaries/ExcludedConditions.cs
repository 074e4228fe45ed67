using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Filter.Expressions;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Cli.Handlers.Summaries;

/// <summary>Which conditions of a question the options of a recording exclude: what it cannot hold, whatever happened.</summary>
internal static class ExcludedConditions
{
    private const string Failed = "--failed";

    /// <summary>What is asked for: by which option a recording would select it, and how it was written.</summary>
    private readonly record struct Wanted(string Option, IReadOnlyList<string> Values, Sentence Text);

    /// <summary>A sentence for each condition that the options of a recording exclude.</summary>
    /// <param name="file">The file.</param>
    /// <param name="header">Its header.</param>
    /// <param name="parts">The conditions of the expression.</param>
    /// <param name="selection">The other options of the question.</param>
    public static IEnumerable<Sentence> Sentences(
        string file, TraceHeader header, IEnumerable<FilterPart> parts, Selection selection)
    {
        Wanted[] all = [.. parts.Select(Of).OfType<Wanted>(), .. Options(selection)];
        foreach ((Sentence name, TraceHeader recording) in RecordedSelection.Recordings(file, header))
        {
            foreach ((string option, string value) in RecordedSelection.OptionsOf(recording.CommandLine))
            {
                Sentence typed = option == Failed ? Sentence.Of($"{option}") : Sentence.Of($"{option} {Messages.Foreign(value)}");
                foreach (Wanted wanted in all)
                {
                    if (Judge(option, value, wanted) is not OptionVerdict.Passes and var verdict)
                        yield return Of(name, typed, wanted, verdict == OptionVerdict.ByOtherEnd);
                }
            }
        }
    }

    private static Sentence Of(Sentence name, Sentence typed, Wanted wanted, bool isByOtherEnd) => isByOtherEnd
        ? Sentence.Of($"{name}: the recording kept only {typed}, so it can hold {wanted.Text} only where the other end is of {typed}")
        : Sentence.Of($"{name}: the recording kept only {typed}, so it cannot hold {wanted.Text}");

    /// <summary>The condition as an option selects it; null: no option does.</summary>
    private static Wanted? Of(FilterPart part)
    {
        if (part.Operator is not ("==" or "in") || part.Values.Count == 0)
            return null;
        if (part.Fields is [{ Name: "failed" }])
            return new Wanted("--op", [OperationNames.NameOf(Operation.ConnectFailed)], Text(part));
        string?[] options = [.. part.Fields.Select(f => OptionTerms.OptionOf(f.Name)).Distinct()];
        return options is [{ } only] ? new Wanted(only, part.Values, Text(part)) : null;
    }

    private static Sentence Text(FilterPart part) => Sentence.Of($"`{part.Text}`");

    private static IEnumerable<Wanted> Options(Selection selection)
    {
        foreach ((string option, string value) in selection.Given)
        {
            string[] values = value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (option == Failed)
                yield return new Wanted("--op", [OperationNames.NameOf(Operation.ConnectFailed)], Sentence.Of($"{option}"));
            else if (values.Length > 0 && !values.Any(v => v.StartsWith('!') || v.Contains('*')))
                yield return new Wanted(option, values, Sentence.Of($"{option} {Messages.Foreign(value)}"));
        }
    }

    private static OptionVerdict Judge(string option, string value, Wanted wanted)
    {
        (option, value) = option == Failed ? ("--op", OperationNames.NameOf(Operation.ConnectFailed)) : (option, value);
        return option == wanted.Option ? wanted.Values.Min(v => OptionTerms.Judge(option, value, v)) : OptionVerdict.Passes;
    }
}
