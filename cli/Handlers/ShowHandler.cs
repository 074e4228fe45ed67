using TcpTracer.Formats.Events;
using TcpTracer.Formats.Output;
using TcpTracer.Formats.Pipeline;
using TcpTracer.Formats.TraceFile;
using TcpTracer.Replay;

namespace TcpTracer.Cli.Handlers;

/// <summary>What <c>show</c> was asked for.</summary>
internal sealed record ShowRequest
{
    public required IReadOnlyList<string> Files { get; init; }

    public required Selection Selection { get; init; }

    public required TimeWindow Times { get; init; }

    public required Func<EventFormat> NewFormat { get; init; }

    public bool WithStatus { get; init; }

    public bool Follow { get; init; }
}

/// <summary>Prints the events of trace files.</summary>
internal static class ShowHandler
{
    public static int Run(ShowRequest request)
    {
        if (request is { Follow: true, Files.Count: > 1 })
            throw new SelectionException("--follow takes one file");
        using Stream output = new StandardOutput();
        var printer = new TracePrinter(new EventFilter(request.Selection), request.Times, request.NewFormat, output, request.WithStatus, Environment.ProcessorCount);
        TraceFindings findings = printer.Findings;
        foreach (string file in request.Files)
        {
            int damagesBefore = findings.Damages.Count;
            PrintOne(file, printer, request.Follow);
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

    private static void PrintOne(string file, TracePrinter printer, bool follow)
    {
        bool interrupted = false;
        using Signals? signals = follow ? new Signals(_ => Volatile.Write(ref interrupted, true)) : null;
        TraceInput.With(file, stream =>
        {
            printer.Print(follow ? new FollowingStream(stream, () => printer.Findings.IsFinished || Volatile.Read(ref interrupted)) : stream);
            return true;
        });
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
