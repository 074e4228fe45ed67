using System.Globalization;
using System.Runtime.InteropServices;
using TcpTracer.Formats.Pipeline;
using TcpTracer.Formats.TraceFile;
using TcpTracer.Recorder;
using TcpTracer.Recorder.Targets;

namespace TcpTracer.Cli.Handlers;

/// <summary>One recording from its first event to its closing lines. Whatever ends it, the file is sealed, unless the file is what failed.</summary>
/// <param name="request">What was asked for.</param>
/// <param name="source">Attached already.</param>
/// <param name="target">Where it goes.</param>
/// <param name="output">Where events are printed as well, or null.</param>
internal sealed class Recording(RecordRequest request, LiveEventSource source, RecordingTarget target, StandardOutput? output)
{
    private string _cause = "duration or count";

    public int Run(IEventSink sink)
    {
        using CommandRunner? command = StartCommand();
        using var signals = new Signals(signal => Stop(signal, command), () => Messages.Say($"{Counters}; {Messages.Lost(source.Lost)}"), target.Request);
        if (command is null)
            Messages.Say($"recording to {request.Storage.Describe(request)}; Ctrl-C ends");
        IOException? printFailure = null;
        try
        {
            // Not where the command, or what is printed, writes to the same terminal
            bool terminalIsFree = command is null && (output is null || Console.IsOutputRedirected);
            using var progress = new Progress(terminalIsFree, () => $"{Counters}; {Messages.Lost(source.Lost)}", sink);
            source.Run(progress, request.Capture.Duration);
        }
        catch (IOException e) when (output is { HasFailed: true })
        {
            printFailure = e;
        }
        catch (IOException e)
        {
            return EndWithout(e, command);
        }
        return End(command, printFailure);
    }

    private CommandRunner? StartCommand()
    {
        if (request.Command.Count == 0)
            return null;
        try
        {
            return CommandRunner.Start(request.Command, source, outputToStderr: request.ToStandardOutput || output is not null);
        }
        catch (UserException)
        {
            Seal("the command could not be started");
            throw;
        }
    }

    private void Stop(PosixSignal signal, CommandRunner? command)
    {
        _cause = signal.ToString();
        if (command is null)
            source.Stop();
        else
            command.Forward(signal);
    }

    private int End(CommandRunner? command, IOException? printFailure)
    {
        if (command is { HasExited: true })
            _cause = "command";
        else if (printFailure is not null)
            _cause = "nobody read the output";
        try
        {
            Seal(_cause);
        }
        catch (IOException e)
        {
            return EndWithout(e, command);
        }
        Messages.Line(Counters);
        Messages.SayLost(source.Lost);
        int status = Await(command);
        if (printFailure is not null && !StandardOutput.IsBrokenPipe(printFailure))
            throw printFailure;
        return request.FailOnLoss && source.Lost.Values.Sum() > 0 ? ExitCode.LostOrDamaged : status;
    }

    private void Seal(string cause) => target.Finish(cause, source.Captured, source.Lost.Values.Sum());

    /// <summary>The file itself failed: what it holds is made to end with a whole block, and the command is left to finish its work.</summary>
    private int EndWithout(IOException failure, CommandRunner? command)
    {
        if (StandardOutput.IsBrokenPipe(failure))
            return Await(command);
        ((target as SingleTrace)?.To as TraceOutput)?.CutTo(target.BytesWritten);
        Messages.Say($"{request.FileName}: {Outcome.WriteFailure(failure)}; the {Messages.Size(target.BytesWritten)} written before are a good trace, without an end record; make room, or name another file with -o");
        _ = Await(command);
        return ExitCode.Failed;
    }

    /// <summary>A command outlives a recording that its --duration, --count or disk ended.</summary>
    private static int Await(CommandRunner? command)
    {
        if (command is null)
            return ExitCode.Done;
        if (!command.HasExited)
            Messages.Say($"the recording has ended; waiting for {command.Name}");
        return command.ExitStatus;
    }

    private string Counters
    {
        get
        {
            string perEvent = target.Events == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {(double)target.BytesWritten / target.Events:0.0} B/event");
            return $"{Messages.Count(source.Captured, "event")} captured, {target.Events} written to {target.Description} ({Messages.Size(target.BytesWritten)}{perEvent})";
        }
    }
}
