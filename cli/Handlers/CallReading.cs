using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Strings;
using TcpTracer.Replay.Calls;
using TcpTracer.Replay.Names;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Cli.Handlers;

/// <summary>For commands that add up connections: reads traces into a sink, and says what they leave out.</summary>
internal static class CallReading
{
    /// <summary>The events of the selected connections.</summary>
    public static TraceSelection Select(Selection selection, TimeWindow times, Enrichment enrichment) =>
        new(new EventFilter(selection.ForConnections()), times) { Enrichment = enrichment };

    /// <summary>Reads files, one after the other. If one cannot be read, that is said, and the others are read all the same.</summary>
    /// <returns>The worst exit code, and whether any of them is a copy of a part of a recording.</returns>
    public static (int Worst, bool IsCopy) Read(
        IReadOnlyList<string> files, TraceSelection selection, IEventSink sink, ConnectionTracker tracker)
    {
        var toCome = new FilesToCome(files);
        var source = new TraceEventSource(selection, sink, Environment.ProcessorCount) { Allowance = new Allowance() };
        bool isCopy = false;
        int worst = EachTrace.Read(files, selection.Findings, (_, trace) =>
        {
            toCome.Begin(tracker);
            source.Run(trace);
            isCopy |= source.Header?.Copies.Count > 0;
        });
        return (worst, isCopy);
    }

    /// <summary>Says how many connections there may be, where the two ends of one could not be brought together.</summary>
    public static Sentence OneEnded(long ends, long connections) =>
        $"{ends} of {Messages.Count(connections, "connection")} cannot be matched with their other end: where both ends were recorded, "
            + $"one connection counts as two, so there are at least {connections - ends / 2}";

    /// <summary>Says what is uncertain about calls.</summary>
    /// <param name="of">In front of each sentence, such as the name of the file.</param>
    public static void SayUncertain(Sentence of, CallTable calls, ConnectionTracker tracker, bool hasOthers)
    {
        if (calls.Guessed > 0)
        {
            Messages.Say($"{of}{Messages.Count(calls.Guessed, "connection")} of which neither connect nor accept was recorded: "
                + $"who called is a guess, by ends that were called elsewhere and by ports");
        }
        if (hasOthers)
            Messages.Say($"{of}too many parties to tell all of them apart: some calls are not looked at; select fewer events");
        if (tracker.LetGo > 0)
        {
            Messages.Say($"{of}too many connections were open at once: {tracker.LetGo} were counted before their end, "
                + $"and what came later of them counts as another connection");
        }
    }
}
