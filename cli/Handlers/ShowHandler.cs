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

    public Enrichment Enrichment { get; init; }
}

/// <summary>Prints the events of trace files, one file after the other. One that cannot be read does not keep the others from it.</summary>
internal static class ShowHandler
{
    public static int Run(ShowRequest request)
    {
        StandardOutput.RequireOpen();
        if (request.Follow)
            Signals.HearInterrupts();
        if (request is { Follow: true, Files.Count: > 1 })
            throw new SelectionException("--follow takes one file");
        if (request is { Follow: true, Enrichment: Enrichment.Hindsight })
            throw new SelectionException("--enrich hindsight needs the whole file: leave out --follow");
        TraceFiles.RequireFiles(request.Files, request.Enrichment);
        using Stream output = new StandardOutput();
        var filter = new EventFilter(request.Selection);
        TimeWindow times = EachTrace.Settle(request.Times, request.Files);
        var printer = new TracePrinter(filter, times, request.NewFormat, output, request.WithStatus, Environment.ProcessorCount) { Enrichment = request.Enrichment };
        TraceFindings findings = printer.Findings;
        int worst = EachTrace.Of(request.Files, (file, trace) =>
        {
            int damagesBefore = findings.Damages.Count;
            PrintOne(trace, printer, request.Follow);
            SayEnd(file, findings, findings.Damages.Skip(damagesBefore));
            return ExitCode.Done;
        });
        foreach ((LossSource cause, long count) in findings.Lost)
            Messages.Say($"while this was recorded, {Messages.Lost(cause, count)}: {LossWords.Explain(cause)}");
        foreach (string unknown in findings.UnknownNames)
            Messages.Say($"passed over what this version does not know: {Messages.Foreign(unknown)}");
        Messages.SayHidden(Hiding.Of(printer, filter, times));
        return EachTrace.Worse(worst, findings.Damages.IsBeyondACut ? ExitCode.LostOrDamaged : ExitCode.Done);
    }

    private static void PrintOne(Stream trace, TracePrinter printer, bool follow)
    {
        bool interrupted = false;
        using Signals? signals = follow ? new Signals(_ => Volatile.Write(ref interrupted, true), () => Messages.Say(Messages.Count(printer.Passed, "event") + " shown")) : null;
        printer.Print(follow ? new FollowingStream(trace, () => printer.Findings.IsFinished || Volatile.Read(ref interrupted)) : trace);
    }

    private static void SayEnd(string file, TraceFindings findings, IEnumerable<TraceDamage> damages)
    {
        bool cut = false;
        const int plenty = 10;
        int count = 0;
        foreach (TraceDamage damage in damages)
        {
            if (count++ < plenty)
                Messages.Say($"{file}: {Messages.Of(damage)}");
            cut |= damage.Fault == TraceFault.CutTail;
        }
        if (count > plenty)
            Messages.Say($"{file}: and {count - plenty + findings.Damages.More} more damages: `tcptracer verify {file}` names them");
        if (!findings.IsFinished && !cut)
            Messages.Say($"{file}: the trace has no end record: its recorder was killed, or is still writing; everything before is good");
    }
}
