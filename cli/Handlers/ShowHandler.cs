using TcpTracer.Formats.Events;
using TcpTracer.Formats.Output;
using TcpTracer.Formats.Pipeline;
using TcpTracer.Formats.TraceFile;
using TcpTracer.Replay;

namespace TcpTracer.Cli.Handlers;

/// <summary>Prints the events of trace files.</summary>
internal static class ShowHandler
{
    public static int Run(IReadOnlyList<string> files, Selection selection, EventFormat format, bool withStatus)
    {
        using Stream output = new StandardOutput();
        var shown = new FilterSink(new EventFilter(selection), new TextSink(output, format, withStatus));
        var source = new TraceEventSource(shown);
        foreach (string file in files)
        {
            int damagesBefore = source.Damages.Count;
            ReadOne(file, source);
            Report(file, source, source.Damages.Skip(damagesBefore));
        }
        foreach ((LossSource cause, long count) in source.Lost)
            Messages.Say($"while this was recorded, {Messages.Count(count, cause is LossSource.RingFull or LossSource.QueueFull ? "event" : "connection")} got lost: {LossWords.Explain(cause)}");
        foreach (string unknown in source.Unknown)
            Messages.Say($"passed over what this version does not know: {unknown}");
        if (shown is { Passed: 0, Hidden: > 0 })
            Messages.Say($"the selection hides all {Messages.Count(shown.Hidden, "event")}");
        return source.Damages.Any(d => d.Fault != TraceFault.CutTail) ? ExitCode.LostOrDamaged : ExitCode.Done;
    }

    private static void ReadOne(string file, TraceEventSource source)
    {
        using Stream stream = file == "-"
            ? Console.OpenStandardInput()
            : new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        try
        {
            source.Run(stream);
        }
        catch (TraceException e)
        {
            throw new UserException($"{file}: {Messages.Of(e.Damage)}", ExitCode.Failed);
        }
    }

    private static void Report(string file, TraceEventSource source, IEnumerable<TraceDamage> damages)
    {
        bool cut = false;
        foreach (TraceDamage damage in damages)
        {
            Messages.Say($"{file}: {Messages.Of(damage)}");
            cut |= damage.Fault == TraceFault.CutTail;
        }
        if (!source.IsFinished && !cut)
            Messages.Say($"{file}: the trace has no end record: its recorder was killed, or is still writing");
    }
}
