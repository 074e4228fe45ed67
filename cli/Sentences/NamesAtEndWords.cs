using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Cli.Sentences;

/// <summary>How the sources of names did until a recording ended, and which events have no name, for people.</summary>
internal static class NamesAtEndWords
{
    /// <summary>A sentence for each source.</summary>
    /// <param name="names">What the end record says.</param>
    /// <param name="clock">A clock of the trace.</param>
    /// <param name="timeOf">Writes a moment, in nanoseconds since 1970.</param>
    public static IEnumerable<Sentence> OfSources(NamesAtEnd names, ClockSample clock, Func<long, string> timeOf)
    {
        foreach (SourceAtEnd source in names.Sources)
        {
            Sentence answered = source.FirstNs is { } first && source.LastNs is { } last
                ? Sentence.Of($"answered from {timeOf(clock.ToWall(first))} to {timeOf(clock.ToWall(last))}")
                : Sentence.Of($"{(source.State == "unused" ? "knew no pods" : "never answered")}");
            Sentence failed = source.Failures > 0
                ? Sentence.Of($"; failed {Messages.Count(source.Failures, "time")}, for {Messages.Time(source.FailedNs)}") : Sentence.None;
            Sentence problem = source.Problem.Length > 0 ? Sentence.Of($"; at the end: {source.Problem}") : Sentence.None;
            yield return Sentence.Of($"{source.Name}: {answered}{failed}{problem}");
        }
    }

    /// <summary>How many events have no name, and why; null: all have one.</summary>
    public static Sentence? OfUnnamed(UnnamedEvents unnamed)
    {
        (long Count, string Why)[] reasons =
        [
            (unnamed.NoSource, "no source of names"), (unnamed.NotAnswered, "before a source had answered"),
            (unnamed.Failing, "while a source failed"), (unnamed.NotReported, "no source knew the pod"),
            (unnamed.NoCgroup, "cgroup not known"),
        ];
        long all = reasons.Aggregate(0L, (sum, r) => unchecked(sum + r.Count));
        if (all == 0)
            return null;
        string why = string.Join(", ", reasons.Where(r => r.Count > 0).Select(r => $"{r.Count} {r.Why}"));
        return Sentence.Of($"{Messages.Count(all, "event")} of pods without a name: {why}");
    }
}
