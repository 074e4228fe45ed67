using TcpTracer.Formats.Events;
using TcpTracer.Formats.Output;
using TcpTracer.Formats.Pipeline;
using TcpTracer.Formats.TraceFile;
using TcpTracer.Replay;

namespace TcpTracer.Cli.Handlers;

/// <summary>Prints the events of trace files, one file after the other. One that cannot be read does not keep the others from it.</summary>
internal static class ShowHandler
{
    public static int Run(IReadOnlyList<string> files, Selection selection, EventFormat format, bool withStatus)
    {
        using var output = new StandardOutput();
        var shown = new FilterSink(new EventFilter(selection), new TextSink(output, format, withStatus));
        var source = new TraceEventSource(shown);
        int worst = ExitCode.Done;
        foreach (string file in files)
        {
            int damagesBefore = source.Damages.Count;
            if (!ReadOne(file, source))
                worst = ExitCode.Failed;
            else
                SayEnd(file, source, source.Damages.Skip(damagesBefore));
        }
        foreach ((LossSource cause, long count) in source.Lost)
            Messages.Say($"while this was recorded, {Messages.Lost(cause, count)}: {LossWords.Explain(cause)}");
        foreach (string unknown in source.Unknown)
            Messages.Say($"passed over what this version does not know: {unknown}");
        Messages.SayHidden(shown);
        return worst == ExitCode.Done && source.Damages.Any(d => d.Fault != TraceFault.CutTail) ? ExitCode.LostOrDamaged : worst;
    }

    private static bool ReadOne(string file, TraceEventSource source)
    {
        try
        {
            using Stream stream = TraceFiles.Open(file);
            source.Run(stream);
            return true;
        }
        catch (UserException e)
        {
            Messages.Say(e.Message);
        }
        catch (TraceException e)
        {
            Messages.Say($"{file}: {Messages.Of(e.Damage)}");
        }
        return false;
    }

    private static void SayEnd(string file, TraceEventSource source, IEnumerable<TraceDamage> damages)
    {
        bool cut = false;
        foreach (TraceDamage damage in damages)
        {
            Messages.Say($"{file}: {Messages.Of(damage)}");
            cut |= damage.Fault == TraceFault.CutTail;
        }
        if (!source.IsFinished && !cut)
            Messages.Say($"{file}: the trace has no end record: its recorder was killed, or is still writing; everything before is good");
    }
}
