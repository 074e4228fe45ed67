using System.ComponentModel;
using TcpTracer.Cli.Linux;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Traces;
using TcpTracer.Recorder.Machine;
using TcpTracer.Replay.Printing;

namespace TcpTracer.Cli.Sentences;

/// <summary>The one place that turns an outcome into an exit code, and an exception into one sentence.</summary>
internal static class Outcome
{
    private const int ErrnoClosed = 9, ErrnoNoMemory = 12, ErrnoIsDirectory = 21, ErrnoNoSpace = 28;

    public const string NoWorkingDirectory = "the working directory was deleted: change to another one (cd)";

    /// <summary>
    /// Handles exceptions that nobody catches, on any thread. Without it the runtime would abort, with a stack trace and a core file. The
    /// trace needs no care: what is in the file is good.
    /// </summary>
    public static void GuardThreads() => AppDomain.CurrentDomain.UnhandledException += (_, unhandled) =>
    {
        if (unhandled.ExceptionObject is Exception e)
            Messages.Say(Explain(e).Sentence);
        LibC._exit(OfFailure); // run nothing more: the state of the program is not known
    };

    public static int Guard(Func<int> run, bool verbose)
    {
        try
        {
            return run();
        }
        catch (IOException e) when (StandardOutput.IsBrokenPipe(e))
        {
            return ExitCode.Done; // as with `| head`: the reader has seen enough
        }
        catch (Exception e) when (!verbose)
        {
            (Sentence sentence, int code) = Explain(e);
            Messages.Say(sentence);
            return code == ExitCode.Failed ? OfFailure : code;
        }
        catch (Exception e)
        {
            SayAll($"tcptracer: {e}", e is UserException or SelectionException);
            if (e is CannotRecordException { Log: { } log })
                SayAll(log, isClean: false);
            return Explain(e).Code is var status && status == ExitCode.Failed ? OfFailure : status;
        }
    }

    /// <summary>Prints text of several lines. The texts of exceptions that carry a sentence are clean already.</summary>
    private static void SayAll(string lines, bool isClean)
    {
        foreach (string line in lines.Split('\n'))
            Messages.Line(isClean ? Sentence.AlreadyClean(line) : line);
    }

    private static (Sentence Sentence, int Code) Explain(Exception e) => e switch
    {
        UserException user => (user.Sentence, user.ExitCode),
        SelectionException selection => (selection.Sentence, ExitCode.Usage),
        CannotRecordException cannot => (WhyNotRecorded(cannot), ExitCode.CannotRecord),
        TraceException trace => (Messages.Of(trace.Damage), ExitCode.Failed),
        UnauthorizedAccessException denied => (denied.Message.TrimEnd('.'), ExitCode.Failed),
        FileNotFoundException { FileName: null } => (NoWorkingDirectory, ExitCode.Failed), // .NET asks for its path
        TooManyRowsException rows =>
            ($"these rows are kept in memory until the last is read, and are more than {rows.Limit >> 20} MB: "
                + $"select fewer, or ask for fewer with --first or --last", ExitCode.Failed),
        OutOfMemoryException => (Shortage.Memory, ExitCode.Failed),
        _ when Shortage.CanCause(e.GetBaseException()) || Shortage.CanCause(e) => OfShortage(e),
        IOException { HResult: ErrnoIsDirectory } => (InputIsDirectory, ExitCode.Failed),
        StandardOutputException output => ($"standard output cannot be written: {WriteFailure(output)}", ExitCode.Failed),
        OutputException { Fault: OutputFault.IsInput or OutputFault.NoName or OutputFault.PackedName } output =>
            (OutputFailure.Of(output), ExitCode.Usage),
        OutputException output => (OutputFailure.Of(output), ExitCode.Failed),
        TraceWriteException write => (OutputFailure.Of(write), ExitCode.Failed),
        IOException io => (WriteFailure(io), ExitCode.Failed),
        _ => (InternalError(e, e.Message), ExitCode.Failed),
    };

    // Other directories are noticed where they are opened, and named
    private const string InputIsDirectory = "standard input is a directory: hand over a trace, as in `tcptracer show - <FILE`";

    private static Sentence InternalError(Exception e, string message) =>
        $"internal error: {e.GetType().Name}: {message} (--verbose shows where; please report it with what `tcptracer --version` says)";

    private static Sentence WhyNotRecorded(CannotRecordException e) =>
        $"{(e.LacksPrivilege ? MayNotRecord : CannotRecord)}: {e.Message} "
        + $"(`{Example.Call("doctor")}` tells more; replay still works: `{Example.Show}`)";

    /// <summary>Why recording is not possible, as a sentence begins: the user lacks a privilege, or the machine lacks something.</summary>
    public const string MayNotRecord = "you may not record here", CannotRecord = "this machine cannot record";

    /// <summary>
    /// A part of the runtime could not be initialised. We look for the limit that was reached. If none is reached any more, it was memory
    /// that somebody has freed since.
    /// </summary>
    private static (Sentence Sentence, int Code) OfShortage(Exception e)
    {
        Exception met = e.GetBaseException();
        string? shortage = Shortage.Find() ?? met switch
        {
            OutOfMemoryException or IOException { HResult: ErrnoNoMemory } => Shortage.Memory,
            Win32Exception { NativeErrorCode: ErrnoNoMemory } => Shortage.Memory,
            Win32Exception or IOException => $"the program cannot begin: {met.Message}", // a system call that the runtime needs was refused
            _ => null,
        };
        if (shortage is null)
            return (InternalError(e, met.Message), ExitCode.Failed);
        return Records ? ($"{CannotRecord}: {shortage}", ExitCode.CannotRecord) : (shortage, ExitCode.Failed);
    }

    /// <summary>The exit code of a failure: another one where 1 is a result, as in diff(1).</summary>
    public static int OfFailure { get; set; } = ExitCode.Failed;

    /// <summary>Whether the command records, or says whether recording is possible.</summary>
    public static bool Records { get; set; }

    /// <summary>Why a write failed, in a few words.</summary>
    public static string WriteFailure(IOException e) => e.HResult switch
    {
        ErrnoClosed => "it is closed; open it, as in >FILE",
        ErrnoNoSpace => "no space is left on the device",
        TraceOutput.ErrnoTooLarge => "the file has reached the size limit (ulimit -f, or the file system's)",
        _ => e.Message.TrimEnd('.'),
    };
}
