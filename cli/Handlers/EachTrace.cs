using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Replay.Findings;
using TcpTracer.Replay.Reading;
using TcpTracer.Replay.Streams;

namespace TcpTracer.Cli.Handlers;

/// <summary>For commands that take several traces: if one cannot be read, the others are read all the same.</summary>
internal static class EachTrace
{
    /// <summary>Runs an action on each trace.</summary>
    /// <param name="files">Their names.</param>
    /// <param name="action">Returns an exit code.</param>
    /// <param name="isPrinting">Whether the action prints rows.</param>
    /// <returns>The worst exit code.</returns>
    public static int Of(IEnumerable<string> files, Func<string, Stream, int> action, bool isPrinting = false)
    {
        int worst = ExitCode.Done;
        foreach (string file in files)
            worst = Worse(worst, One(file, action, isPrinting));
        return worst;
    }

    /// <summary>Reads traces, and after each says what is wrong with it.</summary>
    /// <param name="files">Their names.</param>
    /// <param name="findings">Gets what is found in them.</param>
    /// <param name="read">Reads one.</param>
    /// <param name="isPrinting">Whether rows are printed meanwhile.</param>
    /// <returns>The worst exit code.</returns>
    public static int Read(IEnumerable<string> files, TraceFindings findings, Action<string, Stream> read, bool isPrinting = false) =>
        Of(files, (file, trace) =>
    {
        int damagesBefore = findings.Damages.Count;
        read(file, trace);
        TraceEnds.Say(file, findings, findings.Damages.Skip(damagesBefore), isCutShort: false);
        return ExitCode.Done;
    }, isPrinting);

    /// <summary>Failed is worse than damaged, because a damaged trace has given some of its events.</summary>
    public static int Worse(int one, int other) =>
        one == ExitCode.Failed || other == ExitCode.Failed ? ExitCode.Failed : Math.Max(one, other);

    /// <summary>Runs an action on one trace. If the trace cannot be read, that is said.</summary>
    /// <returns>An exit code.</returns>
    public static int One(string file, Func<string, Stream, int> action, bool isPrinting = false)
    {
        try
        {
            using Stream trace = TraceFiles.Open(file);
            using var progress = ReadingProgress.Begin(file, trace, isPrinting);
            int status = Read(file, trace, action);
            return TraceFiles.SayPackingFault(file, trace) ? Worse(status, ExitCode.LostOrDamaged) : status;
        }
        catch (ReadOnceException)
        {
            Messages.Say($"{Sentence.File(file)}: --enrich hindsight reads a trace twice, "
                + $"which a pipe or a packed file does not allow: make a plain file of it first");
            return ExitCode.Usage;
        }
        catch (UserException e)
        {
            Messages.Say(e.Sentence);
            return e.ExitCode;
        }
    }

    private static int Read(string file, Stream trace, Func<string, Stream, int> action)
    {
        try
        {
            return action(file, trace);
        }
        catch (TraceException) when (trace is PackedTrace { Fault: not PackingFault.None, IsEmpty: true })
        {
            return ExitCode.Failed; // why nothing came out of it is said next
        }
        catch (TraceException e)
        {
            Messages.Say($"{Sentence.File(file)}: {Messages.Of(e.Damage)}");
            return ExitCode.Failed;
        }
    }

    /// <summary>Says which of the files do not exist: for files that are not read.</summary>
    /// <returns>An exit code.</returns>
    public static int Missing(IEnumerable<string> files) =>
        Of(files.Where(f => f != "-" && FileFacts.Of(f) is null), (_, _) => ExitCode.Done);

    /// <summary>
    /// Settles which day a time of day is of: the day on which the first of these files begins. Pipes can be read only once, so they are
    /// not looked at.
    /// </summary>
    public static TimeWindow Settle(TimeWindow times, IEnumerable<string> files)
    {
        if (!times.DependsOnBeginning)
            return times;
        long? begin = files.Where(IsFile).Select(BeginningOf).Min();
        return begin is { } ns ? times.BeginningAt(ns) : times;
    }

    /// <summary>When a trace begins, in nanoseconds since 1970; null: that cannot be told, for example of a pipe.</summary>
    public static long? BeginningNs(string file) => IsFile(file) ? BeginningOf(file) : null;

    private static long? BeginningOf(string file)
    {
        try
        {
            using Stream trace = TraceFiles.Open(file);
            return TraceBeginning.Of(trace);
        }
        catch (UserException)
        {
            return null; // is reported when the file is read
        }
    }

    /// <summary>Whether it is a file with content, not a pipe or a device.</summary>
    private static bool IsFile(string path) => path != "-" && FileFacts.Of(path) is { Kind: FileKind.Regular, Length: > 0 };
}
