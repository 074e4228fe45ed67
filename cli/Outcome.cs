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
    private const int ErrnoBrokenPipe = 32, ErrnoNoSpace = 28;

    public static int Guard(Func<int> run, bool verbose)
    {
        try
        {
            return run();
        }
        catch (IOException e) when (e.HResult == ErrnoBrokenPipe)
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
            return Explain(e).Code;
        }
    }

    private static (string Sentence, int Code) Explain(Exception e) => e switch
    {
        UserException user => (user.Message, user.ExitCode),
        SelectionException selection => (selection.Message, ExitCode.Usage),
        CannotRecordException cannot => ($"this machine cannot record: {cannot.Message} (`tcptracer doctor` tells more)", ExitCode.CannotRecord),
        TraceException trace => (Messages.Of(trace.Damage), ExitCode.Failed),
        FileNotFoundException or DirectoryNotFoundException => ($"{Quoted(e)}: there is no such file or directory", ExitCode.Failed),
        UnauthorizedAccessException => ($"{e.Message.TrimEnd('.')}", ExitCode.Failed),
        IOException io when io.HResult == ErrnoNoSpace => ("no space is left on the device; what was written before is a good trace", ExitCode.Failed),
        IOException io => (io.Message.TrimEnd('.'), ExitCode.Failed),
        _ => ($"internal error: {e.GetType().Name}: {e.Message} (--verbose shows where; please report it)", ExitCode.Failed),
    };

    private static string Quoted(Exception e) => (e as FileNotFoundException)?.FileName ?? e.Message;
}
