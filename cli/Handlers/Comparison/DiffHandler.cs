using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Strings;
using TcpTracer.Replay.Comparison;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Cli.Handlers.Comparison;

/// <summary>Compares two traces. Its exit codes are those of diff(1).</summary>
internal static class DiffHandler
{
    private const int Same = 0, Different = 1, Failure = 2;

    public static int Run(DiffRequest request)
    {
        Outcome.OfFailure = Failure;
        StandardOutput.RequireOpen();
        TraceFiles.RequireFiles([request.Before, request.After], request.Enrichment);
        if (request is { Before: "-", After: "-" })
            throw new SelectionException("- is standard input, which can be read once: name it once");
        var before = new ComparedTrace();
        var after = new ComparedTrace();
        int worst = EachTrace.Worse(Read(request.Before, before, request), Read(request.After, after, request));
        if (worst == ExitCode.Failed)
            return Failure;
        var comparison = new TraceComparison(request.Significance, request.MinRatio);
        IReadOnlyList<EdgeChange> changes = comparison.Of(before, after);
        try
        {
            using var output = new StandardOutput();
            if (request.Json)
                DiffJson.Print(changes, before, after, output);
            else if (changes.Count > 0)
                DiffText.Print(changes, before, after, request, output);
        }
        catch (IOException e) when (StandardOutput.IsBrokenPipe(e))
        {
            // as with `| head`: the reader has seen enough, and the exit code stands
        }
        if (comparison.HeldBack.Count > 0)
        {
            string kinds = string.Join(", ", comparison.HeldBack.Select(k => $"{k.Value} {DiffText.TitleOf(k.Key).ToLowerInvariant()}"));
            Messages.Say($"not shown, because it may be chance: {kinds}; --significance 1 shows it");
        }
        return worst != ExitCode.Done ? Failure : changes.Count > 0 ? Different : Same;
    }

    private static int Read(string file, ComparedTrace trace, DiffRequest request)
    {
        // A time of day is of the day on which this file begins, so that the same hours of two days can be compared
        TimeWindow times = EachTrace.Settle(request.Times, [file]);
        TraceSelection selection = CallReading.Select(request.Selection, times, request.Enrichment);
        (int worst, bool isCopy) = CallReading.Read([file], selection, trace, trace.Tracker);
        trace.Finish(selection.Window, isCopy);
        Sentence name = Sentence.Of($"{Sentence.File(file)}: ");
        CallReading.SayUncertain(name, trace.Calls, trace.Tracker, trace.HasOthers);
        return EachTrace.Worse(worst, TraceEnds.SayOfAll(selection, times));
    }
}
