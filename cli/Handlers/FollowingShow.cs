using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Words;
using TcpTracer.Replay;

namespace TcpTracer.Cli.Handlers;

/// <summary>
/// Shows a file while it is written, then the next of its set, or what was begun anew under its name; until the recorder has ended, --until has passed, or
/// a signal comes.
/// </summary>
internal sealed class FollowingShow(TracePrinter printer)
{
    /// <summary>What happened before --until may be written so much later.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(1.5);
    private readonly long _startedNs = NowNs;
    private bool _interrupted, _isCut;

    private static long NowNs => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>Whether nothing more is wanted, whatever is written.</summary>
    private bool IsOver => Volatile.Read(ref _interrupted) || printer.Selection.IsLimitReached || (printer.Selection.UntilNs is { } until && NowNs >= until + (until <= _startedNs ? 0 : s_grace.Ticks * TimeSpan.NanosecondsPerTick));

    /// <summary>Whether the recorder goes on in another file.</summary>
    private bool GoesOn => printer.Selection.Findings.EndCause is "rotation" or "dump";

    /// <returns>How it went, as an exit code.</returns>
    public int Run(FilePart first)
    {
        using var signals = new Signals(_ => Volatile.Write(ref _interrupted, true), () => Messages.Say(Messages.Count(printer.Selection.Passed, "event") + " shown"));
        if (first.File == "-")
            return Follow(first, null);
        var followed = new FollowedTrace(first.File, RecordingHeader.BootId);
        FilePart part = first;
        while (true)
        {
            int status = Follow(part, followed);
            if (status != ExitCode.Done)
                return status;
            bool isFinished = printer.Selection.Findings.IsFinished;
            string? next = _isCut ? part.File : followed.Next(now: true);
            while (next is null && isFinished && GoesOn && !IsOver)
            {
                if (followed.IsLetGo())
                {
                    next = followed.Next(now: true); // begun just before
                    break;
                }
                const int pauseMilliseconds = 100;
                Thread.Sleep(pauseMilliseconds);
                next = followed.Next(now: true);
            }
            if (next is null || IsOver || (isFinished && !GoesOn))
                return ExitCode.Done;
            followed.Take(next);
            part = new FilePart(next);
        }
    }

    /// <summary>Shows it until its recorder has finished it, or nothing more will come.</summary>
    private int Follow(FilePart part, FollowedTrace? followed) => EachTrace.One(part.File, (_, trace) =>
    {
        if (trace is PackedTrace)
            throw new UserException($"{Sentence.File(part.File)}: nobody writes into a packed file: leave out --follow", ExitCode.Usage);
        followed?.Begin(trace);
        printer.Selection.Findings.IsFinished = false;
        bool isStale = _isCut = false;
        var following = new FollowingStream(trace, () => printer.Selection.Findings.IsFinished || IsOver || followed?.IsLetGo() == true || (isStale |= (_isCut |= IsShorterThanRead(trace)) || followed?.Next() is not null));
        return ShowHandler.Print(part, following, printer);
    });

    /// <summary>Whether it is shorter than what was read of it: somebody wrote it anew.</summary>
    private static bool IsShorterThanRead(Stream trace) => trace.CanSeek && trace.Length < trace.Position;
}
