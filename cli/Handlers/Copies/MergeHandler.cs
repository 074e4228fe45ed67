using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Values;
using TcpTracer.Replay.Copies;

namespace TcpTracer.Cli.Handlers.Copies;

/// <summary>
/// Joins traces into one. Each file is read twice: for its header and its clocks, and for its events. A pipe is put into a file first.
/// </summary>
internal static class MergeHandler
{
    public static int Run(CopyRequest request, bool isAligned)
    {
        request = CopyRun.Settle(request);
        using var unfinished = new UnfinishedFile();
        using Stream to = CopyRun.Create(request.Output, request.Force, request.Files);
        return Into(to, request, new MergeStyle { IsAligned = isAligned });
    }

    /// <summary>Joins them into a file that has been begun, and gives that its name.</summary>
    public static int Into(Stream to, CopyRequest request, MergeStyle style)
    {
        bool isAligned = style.IsAligned;
        string asked = CopyRun.Described(request), options = isAligned ? asked : $"{asked} --align none".TrimStart();
        var note = new CopyNote(CopyNote.Merge, options, ProgramVersion.NameAndVersion);
        var alignment = isAligned ? new ClockAlignment() : null;
        using var spooled = new SpooledTraces();
        List<(string File, MergeInput Input)> inputs = [];
        int worst = ExitCode.Done;
        foreach (string file in request.Files)
        {
            var survey = new MergeSurvey(alignment);
            Func<Stream> again = () => TraceFiles.Open(file);
            worst = EachTrace.Worse(worst, EachTrace.One(file, (_, trace) =>
            {
                survey.Read(spooled.Keep(file, trace, out again));
                return ExitCode.Done;
            }));
            if (survey.Sources.Count > 0)
            {
                inputs.Add((file, new MergeInput(survey, again, CopyRun.SelectionOf(request))
                {
                    Overlap = style.Overlaps(file), IsContinued = style.IsContinued(file),
                }));
            }
        }
        if (inputs.Count == 0)
            return worst; // nothing could be read: nothing is written
        int sources = inputs.Sum(i => i.Input.Survey.Sources.Count);
        if (sources > TraceLimits.Sources)
        {
            throw new UserException(
                $"these are more than {TraceLimits.Sources} traces, and no more can be merged into one",
                ExitCode.Failed);
        }
        var merge = new TraceMerge(to, [.. inputs.Select(i => i.Input)], alignment, note) { Absent = style.Absent };
        merge.Run();
        CopyRun.Place(to);
        SayClocks(inputs, merge, style);
        return EachTrace.Worse(worst, Close(request, inputs, merge, style));
    }

    private static void SayClocks(List<(string File, MergeInput Input)> inputs, TraceMerge merge, MergeStyle style)
    {
        int next = 0;
        HashSet<string> said = [merge.Sources[0].Header.BootId];
        foreach ((string file, MergeInput input) in inputs)
        {
            foreach (MergedSource source in merge.Sources.Skip(next).Take(input.Survey.Sources.Count))
            {
                if (source.Pairs > 0 && said.Add(source.Header.BootId))
                    Messages.Say($"{style.NameOf(file)}: {Messages.Of(source)}");
            }
            next += input.Survey.Sources.Count;
        }
    }

    private static int Close(CopyRequest request, List<(string File, MergeInput Input)> inputs, TraceMerge merge, MergeStyle style)
    {
        int worst = ExitCode.Done;
        long passed = 0, all = 0;
        foreach ((string file, MergeInput input) in inputs)
        {
            IEnumerable<TraceDamage> damages = input.Selection.Findings.Damages;
            if (style.AreStreams)
                damages = damages.Where(d => d.Fault != TraceFault.CutTail);
            TraceEnds.Say(style.NameOf(file), file, input.Selection.Findings, damages, isCutShort: style.AreStreams);
            input.Selection.Findings.Absent.Clear(); // another file may have them; what is absent of all is said once
            CopyRun.SayFindings(input.Selection.Findings);
            passed += input.Selection.Passed;
            all += input.Selection.Findings.Events;
            worst = EachTrace.Worse(worst, input.Selection.Findings.Damages.IsBeyondACut ? ExitCode.LostOrDamaged : ExitCode.Done);
        }
        CopyRun.SayCut(merge.IsHeaderCut);
        TraceEnds.SayAbsent([.. merge.AllAbsent.Except(style.Absent)]);
        TraceEnds.SayDays([.. inputs.Select(i => i.Input.Selection)], request.Times);
        if (passed == 0)
            inputs.ForEach(i => Messages.SayHidden(SelectionResult.Of(i.Input.Selection, request.Times)));
        string traces = Messages.Count(merge.Sources.Count, "trace");
        string events = $"{passed} of {Messages.Count(all, "event")}", size = Messages.Size(merge.BytesWritten);
        Messages.Line($"{events} of {traces} merged into {Messages.Output(request.Output)} ({size})");
        return worst;
    }
}
