using System.ComponentModel;
using System.Runtime.InteropServices;
using TcpTracer.Cli.Linux;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Words;
using TcpTracer.Recorder;

namespace TcpTracer.Cli.Sentences;

/// <summary>The one place that turns an outcome into an exit code, and an exception into one sentence.</summary>
internal static class Outcome
{
    private const int ErrnoClosed = 9, ErrnoNoMemory = 12, ErrnoIsDirectory = 21, ErrnoNoSpace = 28;

    public const string NoWorkingDirectory = "the working directory was deleted: change to another one (cd)";

    /// <summary>
    /// For what no one catches, on whatever thread: the runtime would abort, which says nothing to people and leaves a core. The trace needs no care:
    /// what is in the file is good.
    /// </summary>
    public static void GuardThreads() => AppDomain.CurrentDomain.UnhandledException += (_, unhandled) =>
    {
        if (unhandled.ExceptionObject is Exception e)
            Messages.Say(Explain(e).Sentence);
        LibC._exit(ExitCode.Failed); // nothing more is run: who knows in what state it is
    };

    public static int Guard(Func<int> run, bool verbose)
    {
        try
        {
            return run();
        }
        catch (IOException e) when (StandardOutput.IsBrokenPipe(e))
        {
            return ExitCode.Done; // whoever read our output has seen enough
        }
        catch (Exception e) when (!verbose)
        {
            (Sentence sentence, int code) = Explain(e);
            Messages.Say(sentence);
            return code;
        }
        catch (Exception e)
        {
            SayAll($"tcptracer: {e}", e is UserException or SelectionException);
            if (e is CannotRecordException { Log: { } log })
                SayAll(log, isClean: false);
            return Explain(e).Code;
        }
    }

    /// <summary>What has several lines, line by line. Exceptions that are sentences are clean already.</summary>
    private static void SayAll(string lines, bool isClean)
    {
        foreach (string line in lines.Split('\n'))
            Messages.Line(isClean ? Sentence.AlreadyClean(line) : line);
    }

    private static (Sentence Sentence, int Code) Explain(Exception e) => e switch
    {
        UserException user => (user.Sentence, user.ExitCode),
        SelectionException selection => (selection.Sentence, ExitCode.Usage),
        CannotRecordException cannot => ($"{(cannot.LacksPrivilege ? MayNotRecord : CannotRecord)}: {cannot.Message} (`{Example.Call("doctor")}` tells more; replay still works: `{Example.Show}`)", ExitCode.CannotRecord),
        TraceException trace => (Messages.Of(trace.Damage), ExitCode.Failed),
        UnauthorizedAccessException denied => (denied.Message.TrimEnd('.'), ExitCode.Failed),
        FileNotFoundException { FileName: null } => (NoWorkingDirectory, ExitCode.Failed), // .NET asks for its path
        OutOfMemoryException => (Shortage.Memory, ExitCode.Failed),
        _ when Shortage.CanCause(e.GetBaseException()) || Shortage.CanCause(e) => OfShortage(e),
        IOException { HResult: ErrnoIsDirectory } => ("standard input is a directory: hand over a trace, as in `tcptracer show - <FILE`", ExitCode.Failed), // any other has its name said
        StandardOutputException output => ($"standard output cannot be written: {WriteFailure(output)}", ExitCode.Failed),
        OutputException output => (OutputFailure.Of(output), output.Fault is OutputFault.IsInput or OutputFault.NoName ? ExitCode.Usage : ExitCode.Failed),
        TraceWriteException write => (OutputFailure.Of(write), ExitCode.Failed),
        IOException io => (WriteFailure(io), ExitCode.Failed),
        _ => ($"internal error: {e.GetType().Name}: {e.Message} (--verbose shows where; please report it)", ExitCode.Failed),
    };

    /// <summary>How the sentence begins that says why nothing is recorded here: what is missing is the user's, or the machine's.</summary>
    public const string MayNotRecord = "you may not record here", CannotRecord = "this machine cannot record";

    /// <summary>The runtime met with something while it began; if that is gone, it was memory, which others have freed meanwhile.</summary>
    private static (Sentence Sentence, int Code) OfShortage(Exception e)
    {
        Exception met = e.GetBaseException();
        string? shortage = Shortage.Find() ?? (met is OutOfMemoryException or IOException { HResult: ErrnoNoMemory } or Win32Exception { NativeErrorCode: ErrnoNoMemory } ? Shortage.Memory
            : met is Win32Exception or IOException ? $"the program cannot begin: {met.Message}" : null); // a system call that it takes is refused
        if (shortage is null)
            return ($"internal error: {e.GetType().Name}: {e.GetBaseException().Message} (--verbose shows where; please report it)", ExitCode.Failed);
        return Records ? ($"{CannotRecord}: {shortage}", ExitCode.CannotRecord) : (shortage, ExitCode.Failed);
    }

    /// <summary>Whether this is to record, or to say whether that is possible.</summary>
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
