using TcpTracer.Formats.Events;
using TcpTracer.Formats.Output;
using TcpTracer.Formats.Pipeline;
using TcpTracer.Formats.TraceFile;
using TcpTracer.Replay;

namespace TcpTracer.Cli.Handlers;

/// <summary>Prints the events of trace files.</summary>
internal static class ShowHandler
{
    public static int Run(IReadOnlyList<string> files, Selection selection, Func<EventFormat> newFormat, bool withStatus)
    {
        using Stream output = new StandardOutput();
        var printer = new TracePrinter(new EventFilter(selection), newFormat, output, withStatus, Environment.ProcessorCount);
        TraceFindings findings = printer.Findings;
        foreach (string file in files)
        {
            int damagesBefore = findings.Damages.Count;
            PrintOne(file, printer);
            Report(file, findings, findings.Damages.Skip(damagesBefore));
        }
        foreach ((LossSource cause, long count) in findings.Lost)
            Messages.Say($"while this was recorded, {Messages.Count(count, cause is LossSource.RingFull or LossSource.QueueFull ? "event" : "connection")} got lost: {LossWords.Explain(cause)}");
        foreach (string unknown in findings.UnknownNames)
            Messages.Say($"passed over what this version does not know: {unknown}");
        if (printer is { Passed: 0, Hidden: > 0 })
            Messages.Say($"the selection hides all {Messages.Count(printer.Hidden, "event")}");
        return findings.Damages.Any(d => d.Fault != TraceFault.CutTail) ? ExitCode.LostOrDamaged : ExitCode.Done;
    }

    private static void PrintOne(string file, TracePrinter printer)
    {
        using Stream stream = file == "-"
            ? Console.OpenStandardInput()
            : new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        try
        {
            printer.Print(stream);
        }
        catch (TraceException e)
        {
            throw new UserException($"{file}: {Messages.Of(e.Damage)}", ExitCode.Failed);
        }
    }

    private static void Report(string file, TraceFindings findings, IEnumerable<TraceDamage> damages)
    {
        bool cut = false;
        foreach (TraceDamage damage in damages)
        {
            Messages.Say($"{file}: {Messages.Of(damage)}");
            cut |= damage.Fault == TraceFault.CutTail;
        }
        if (!findings.IsFinished && !cut)
            Messages.Say($"{file}: the trace has no end record: its recorder was killed, or is still writing");
    }
}
