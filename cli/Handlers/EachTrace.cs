using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Words;
using TcpTracer.Replay.Files;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Cli.Handlers;

/// <summary>Commands that take several traces: one that cannot be read does not keep the others from being read.</summary>
internal static class EachTrace
{
    /// <summary>Does something with each.</summary>
    /// <param name="files">Their names.</param>
    /// <param name="action">Does it, and says how it went, as an exit code.</param>
    /// <returns>The worst exit code.</returns>
    public static int Of(IEnumerable<string> files, Func<string, Stream, int> action)
    {
        int worst = ExitCode.Done;
        foreach (string file in files)
            worst = Worse(worst, One(file, action));
        return worst;
    }

    /// <summary>Failed is worse than damaged: of a damaged trace there was something to be had.</summary>
    public static int Worse(int one, int other) => one == ExitCode.Failed || other == ExitCode.Failed ? ExitCode.Failed : Math.Max(one, other);

    /// <summary>Does something with one.</summary>
    /// <returns>How it went, as an exit code; what kept it from being read is said.</returns>
    public static int One(string file, Func<string, Stream, int> action)
    {
        try
        {
            using Stream trace = TraceFiles.Open(file);
            int status = Read(file, trace, action);
            return TraceFiles.SayPackingFault(file, trace) ? Worse(status, ExitCode.LostOrDamaged) : status;
        }
        catch (ReadOnceException)
        {
            Messages.Say($"{Sentence.File(file)}: --enrich hindsight reads a trace twice, which a pipe or a packed file does not allow: make a plain file of it first");
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
        catch (TraceException e)
        {
            Messages.Say($"{Sentence.File(file)}: {Messages.Of(e.Damage)}");
            return ExitCode.Failed;
        }
    }

    /// <summary>Says which files are not there, of those that need not be read.</summary>
    /// <returns>An exit code.</returns>
    public static int Missing(IEnumerable<string> files) => files.Where(f => f != "-" && FileFacts.Of(f) is null).Aggregate(ExitCode.Done, (worst, file) => Worse(worst, One(file, (_, _) => ExitCode.Done)));

    /// <summary>A time of day is of the day on which all these files begin, whichever is read first. What can be read only once is not read for it.</summary>
    public static TimeWindow Settle(TimeWindow times, IEnumerable<string> files)
    {
        if (!times.DependsOnBeginning)
            return times;
        long? begin = files.Where(IsFile).Select(BeginningOf).Min();
        return begin is { } ns ? times.BeginningAt(ns) : times;
    }

    private static long? BeginningOf(string file)
    {
        try
        {
            using Stream trace = TraceFiles.Open(file);
            return TraceBeginning.Of(trace);
        }
        catch (UserException)
        {
            return null; // said when it is read
        }
    }

    /// <summary>Whether there is something in it: pipes and devices have no length.</summary>
    private static bool IsFile(string path) => path != "-" && FileFacts.Of(path) is { Kind: FileKind.Regular, Length: > 0 };
}
