using TcpTracer.Formats.Strings;
using TcpTracer.Replay.Reading;
using TcpTracer.Replay.Streams;

namespace TcpTracer.Cli.Handlers;

/// <summary>
/// Reads a file while it is written. Then it goes on with the next file of the set, or with a new file of the same name. It ends when the
/// recorder has ended, --until has passed, or nobody wants more.
/// </summary>
/// <param name="selection">What was read so far.</param>
/// <param name="isOver">Whether nobody wants more. It is asked many times a second.</param>
/// <param name="read">Reads an open file.</param>
internal sealed class FollowedFiles(TraceSelection selection, Func<bool> isOver, Action<FilePart, Stream> read)
{
    /// <summary>Events from before --until may be written so much later.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(1.5);
    private readonly long _startedNs = NowNs;
    private bool _interrupted, _isCut;

    private static long NowNs => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>Ends <see cref="Run"/>. From any thread.</summary>
    public void Stop() => Volatile.Write(ref _interrupted, true);

    /// <summary>Whether no more events are wanted, even if more are written.</summary>
    private bool IsOver => Volatile.Read(ref _interrupted) || isOver() || IsUntilPast;

    private bool IsUntilPast => selection.UntilNs is { } until && NowNs >= until + (until <= _startedNs ? 0 : GraceNs);

    private static long GraceNs => s_grace.Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>Whether the recorder goes on in another file.</summary>
    private bool GoesOn => selection.Findings.EndCause is "rotation" or "dump";

    /// <returns>An exit code.</returns>
    public int Run(FilePart first)
    {
        if (first.File == "-")
            return Follow(first, null);
        selection.FollowSet();
        var followed = new FollowedTrace(first.File, RecordingHeader.BootId);
        FilePart part = first;
        while (true)
        {
            int status = Follow(part, followed);
            if (status != ExitCode.Done)
                return status;
            bool isFinished = selection.Findings.IsFinished;
            string? next = _isCut ? part.File : followed.Next(now: true);
            while (next is null && isFinished && GoesOn && !IsOver)
            {
                if (followed.IsLetGo())
                {
                    next = followed.Next(now: true); // it was begun just before
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
            LetGo();
        }
    }

    /// <summary>
    /// What the last file needed is garbage. A reader allocates next to nothing else, so nobody would collect it before there is that of
    /// many files, which is more than a reader takes.
    /// </summary>
    private static void LetGo() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);

    /// <summary>Reads one file until its recorder has finished it, or nothing more will come.</summary>
    private int Follow(FilePart part, FollowedTrace? followed) => EachTrace.One(part.File, (_, trace) =>
    {
        if (trace is PackedTrace)
            throw new UserException($"{Sentence.File(part.File)}: nobody writes into a packed file: leave out --follow", ExitCode.Usage);
        followed?.Begin(trace);
        selection.Findings.IsFinished = false;
        bool isStale = _isCut = false;
        bool IsStale() => isStale |= (_isCut |= IsShorterThanRead(trace)) || followed?.Next() is not null;
        bool IsAtEnd() => selection.Findings.IsFinished || IsOver || followed?.IsLetGo() == true || IsStale();
        read(part, new FollowingStream(trace, IsAtEnd));
        return ExitCode.Done;
    }, isPrinting: true);

    /// <summary>Whether the file is shorter than what we have read: then somebody has truncated it and written it again.</summary>
    private static bool IsShorterThanRead(Stream trace) => trace.CanSeek && trace.Length < trace.Position;
}
