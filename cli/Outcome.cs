using TcpTracer.Cli.Handlers;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Pipeline;
using TcpTracer.Formats.TraceFile;
using TcpTracer.Recorder;

namespace TcpTracer.Cli;

/// <summary>An expected failure with its sentence.</summary>
internal sealed class UserException(string sentence, int exitCode) : Exception(sentence)
{
    public int ExitCode { get; } = exitCode;
}

/// <summary>The one place that turns an outcome into an exit code, and an exception into one sentence.</summary>
internal static class Outcome
{
    private const int ErrnoNoSpace = 28;

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
            (string sentence, int code) = Explain(e);
            Messages.Say(sentence);
            return code;
        }
        catch (Exception e)
        {
            Messages.Say(e.ToString());
            if (e is CannotRecordException { Log: { } log })
                Messages.Line(log);
            return Explain(e).Code;
        }
    }

    private static (string Sentence, int Code) Explain(Exception e) => e switch
    {
        UserException user => (user.Message, user.ExitCode),
        SelectionException selection => (selection.Message, ExitCode.Usage),
        CannotRecordException cannot => ($"this machine cannot record: {cannot.Message} (`tcptracer doctor` tells more)", ExitCode.CannotRecord),
        TraceException trace => (Messages.Of(trace.Damage), ExitCode.Failed),
        UnauthorizedAccessException denied => (denied.Message.TrimEnd('.'), ExitCode.Failed),
        OutputException output => (OutputFailure.Of(output), output.Fault is OutputFault.IsInput or OutputFault.NoName ? ExitCode.Usage : ExitCode.Failed),
        TraceWriteException write => (OutputFailure.Of(write), ExitCode.Failed),
        IOException io => (WriteFailure(io), ExitCode.Failed),
        _ => ($"internal error: {e.GetType().Name}: {e.Message} (--verbose shows where; please report it)", ExitCode.Failed),
    };

    /// <summary>Why a write failed, in a few words.</summary>
    public static string WriteFailure(IOException e) => e.HResult switch
    {
        ErrnoNoSpace => "no space is left on the device",
        TraceOutput.ErrnoTooLarge => "the file has reached the size limit (ulimit -f, or the file system's)",
        _ => e.Message.TrimEnd('.'),
    };
}
