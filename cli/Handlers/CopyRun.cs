using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Words;
using TcpTracer.Replay.Copies;
using TcpTracer.Replay.Findings;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Cli.Handlers;

/// <summary>
/// A run of a command that copies traces. The copy gets its name when it is whole and on the disk. If one of several files cannot be read,
/// the others are copied all the same.
/// </summary>
internal static class CopyRun
{
    /// <param name="request">What was asked for.</param>
    /// <param name="begin">Begins the copy.</param>
    /// <param name="inputs">All files that are read; null: the traces.</param>
    public static int Run(CopyRequest request, Func<TraceSelection, Stream, TraceCopy> begin, IEnumerable<string>? inputs = null)
    {
        TraceFiles.RequireFiles(request.Files, request.Enrichment);
        var filter = new EventFilter(request.Selection with { Existing = true, Progress = true });
        TimeWindow times = EachTrace.Settle(request.Times, request.Files);
        var selection = new TraceSelection(filter, times) { Enrichment = request.Enrichment };
        using var unfinished = new UnfinishedFile();
        using Stream to = Create(request.Output, request.Force, inputs ?? request.Files);
        TraceCopy copy = begin(selection, to);
        int worst = EachTrace.Of(request.Files, (file, trace) =>
        {
            int damagesBefore = selection.Findings.Damages.Count;
            copy.Run(trace);
            SayDamages(file, selection.Findings, damagesBefore);
            return ExitCode.Done;
        });
        if (copy.Traces == 0)
            return worst; // nothing could be read: nothing is written
        Place(to);
        SayFindings(selection.Findings);
        if (selection.Passed == 0 && selection.Hidden > 0)
            Messages.SayHidden(Hiding.Of(selection, times));
        string events = $"{selection.Passed} of {Messages.Count(selection.Findings.Events, "event")}";
        Messages.Line($"{events} copied to {NameOf(request.Output)} ({Messages.Size(copy.BytesWritten)})");
        return EachTrace.Worse(worst, selection.Findings.Damages.IsBeyondACut ? ExitCode.LostOrDamaged : ExitCode.Done);
    }

    /// <summary>What the header of a copy says it was asked for.</summary>
    public static string Described(CopyRequest request)
    {
        TimeWindow times = EachTrace.Settle(request.Times, request.Files);
        string[] all = [request.Selection.DescribeWanted(), times.DescribeMoments()];
        return string.Join(' ', all.Where(o => o.Length > 0));
    }

    /// <summary>Begins the file. It may be none of those that are read, under whatever name.</summary>
    public static Stream Create(string output, bool force, IEnumerable<string> inputs)
    {
        IEnumerable<FileIdentity> reserved = inputs
            .Select(i => i == "-" ? FileFacts.OfDescriptor(StandardDescriptor.Input) : FileFacts.Of(i))
            .Where(f => f is { Kind: FileKind.Regular }).Select(f => f!.Value.Identity);
        return TraceFiles.Create(output, force ? WhenThere.Overwrite : WhenThere.Refuse, [.. reserved]);
    }

    /// <summary>Gives the file its name.</summary>
    public static void Place(Stream to)
    {
        if (to is not TraceOutput { IsFile: true } file)
            return;
        file.Flush(flushToDisk: true);
        file.Place();
    }

    public static Sentence NameOf(string output) => output == "-" ? "standard output" : Sentence.File(output);

    public static void SayDamages(string file, TraceFindings findings, int damagesBefore)
    {
        const int plenty = 10;
        Sentence name = Sentence.File(file);
        TraceDamage[] damages = [.. findings.Damages.Skip(damagesBefore)];
        foreach (TraceDamage damage in damages.Take(plenty))
            Messages.Say($"{name}: {Messages.Of(damage)}");
        if (damages.Length > plenty)
        {
            long more = damages.Length - plenty + findings.Damages.More;
            Messages.Say($"{name}: and {more} more damages: `tcptracer verify {name}` names them");
        }
        if (!findings.IsFinished && damages.All(d => d.Fault != TraceFault.CutTail))
            Messages.Say($"{name}: the trace has no end record: {NoEnd.Why(file)}; everything before is good");
    }

    public static void SayFindings(TraceFindings findings)
    {
        foreach ((LossSource cause, long count) in findings.Lost)
            Messages.Say($"while this was recorded, {Messages.Lost(cause, count)}: {LossWords.Explain(cause)}");
        if (findings.EventsUnread > 0)
            Messages.Say($"the copy lacks {Messages.Count(findings.EventsUnread, "event")} of damaged parts, and says so");
        if (findings.IsTooMuchForHindsight)
            Messages.Say(Messages.TooMuchForHindsight);
        foreach (string unknown in findings.UnknownNames)
            Messages.Say($"left out what this version does not know: {Messages.Foreign(unknown)}");
    }
}
