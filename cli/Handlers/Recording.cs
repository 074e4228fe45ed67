using System.Globalization;
using System.Runtime.InteropServices;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Words;
using TcpTracer.Recorder.Live;
using TcpTracer.Recorder.Targets;

namespace TcpTracer.Cli.Handlers;

/// <summary>One recording from its first event to its closing lines. Whatever ends it, the file is sealed, unless the file is what failed.</summary>
/// <param name="request">What was asked for.</param>
/// <param name="source">Attached already.</param>
/// <param name="target">Where it goes.</param>
/// <param name="output">Where events are printed as well, or null.</param>
internal sealed class Recording(RecordRequest request, LiveEventSource source, RecordingTarget target, StandardOutput? output)
{
    /// <summary>What the selection hid: from the file, or from what is printed beside it.</summary>
    public required Func<Hiding> Hiding { get; init; }

    /// <summary>Events that were never to be written.</summary>
    public required Func<LeftOut> Left { get; init; }

    /// <summary>What is needed to the end.</summary>
    public required Privileges Privileges { get; init; }

    private const string Count = "count";
    private string _cause = "duration";
    private CommandRunner? _command;

    public int Run(IEventSink sink)
    {
        using var signals = new Signals(Stop, () => Messages.Say($"{Written(isOver: false)}; {Messages.Lost(source.Lost)}"), request.Storage.IsOneFile ? null : () => source.Ask(target.Request));
        using CommandRunner? command = _command = StartCommand();
        try
        {
            target.Place();
        }
        catch (IOException e)
        {
            return EndWithout(e);
        }
        Privileges.GiveUpOthers();
        if (command is null)
            Messages.Say($"recording to {Storage.Describe(request)}; Ctrl-C ends");
        IOException? printFailure = null;
        try
        {
            source.Run(new Progress(TerminalIsFree, () => $"{Messages.Count(source.Captured, "event")} captured ({Messages.Size(target.BytesWritten)}); {Messages.Lost(source.Lost)}", sink),
                request.Capture.Duration);
        }
        catch (IOException e) when (output is { HasFailed: true })
        {
            printFailure = e;
        }
        catch (IOException e)
        {
            return EndWithout(e);
        }
        return End(printFailure);
    }

    /// <summary>Whether neither the command, nor what is printed, nor who reads our pipe writes to the same terminal.</summary>
    private bool TerminalIsFree => _command is null && !request.ToStandardOutput && (output is null || Console.IsOutputRedirected);

    private CommandRunner? StartCommand()
    {
        if (request.Command.Count == 0)
            return null;
        try
        {
            return CommandRunner.Start(request.Command, request.User, source, outputToStderr: request.ToStandardOutput || output is not null);
        }
        catch (UserException)
        {
            target.Discard();
            throw;
        }
    }

    /// <summary>As many events as were asked for have come.</summary>
    public void StopAtCount()
    {
        _cause = Count;
        source.Stop();
    }

    private void Stop(PosixSignal signal)
    {
        _cause = signal.ToString();
        if (_command is null)
            source.Stop();
        else
            _command.Forward(signal);
    }

    private int End(IOException? printFailure)
    {
        if (_command is { HasExited: true } && _cause != Count)
            _cause = "command";
        else if (printFailure is not null)
            _cause = "nobody read the output";
        try
        {
            Seal(_cause);
        }
        catch (IOException e)
        {
            return EndWithout(e);
        }
        if (printFailure is not null && StandardOutput.IsBrokenPipe(printFailure))
            Messages.Say("nobody reads the printed events any more: the recording has ended");
        SayClosingLines();
        int status = AwaitCommand();
        if (printFailure is not null && !StandardOutput.IsBrokenPipe(printFailure))
            throw printFailure;
        return request.FailOnLoss && source.Lost.Values.Sum() > 0 ? ExitCode.LostOrDamaged : status;
    }

    private void Seal(string cause) => target.Finish(cause, source.Captured, source.Lost.Values.Sum(), source.AtEnd);

    /// <summary>The file itself failed: what it holds ends with a whole block, and the command is left to finish its work.</summary>
    private int EndWithout(IOException failure)
    {
        if (StandardOutput.IsBrokenPipe(failure))
        {
            SayClosingLines();
            return AwaitCommand();
        }
        Messages.Say(failure switch
        {
            TraceWriteException write => OutputFailure.Of(write),
            OutputException next => OutputFailure.Of(next),
            _ => Sentence.Of($"{request.FileName}: {Outcome.WriteFailure(failure)}; the {Messages.Size(target.BytesWritten)} written before are a good trace, without an end record; make room, or name another file with -o"),
        });
        SayClosingLines();
        _ = AwaitCommand();
        return ExitCode.Failed;
    }

    /// <summary>A command outlives a recording that its --duration, --count or disk ended.</summary>
    private int AwaitCommand()
    {
        if (_command is null)
            return ExitCode.Done;
        if (!_command.HasExited)
            Messages.Say($"the recording has ended; waiting for {_command.Name}");
        return _command.ExitStatus;
    }

    private void SayClosingLines()
    {
        Messages.Line(Written(isOver: true));
        SayIfMoved();
        Messages.SayLost(source.Lost, source.HooksSkipped);
        Messages.SayUnfinished(source.AtEnd);
        Messages.SayShortfalls(source.Shortfalls);
        Messages.SayHidden(Hiding());
    }

    private Sentence Written(bool isOver) => new RecordingCounts
    {
        Captured = source.Captured,
        Written = target.Events,
        Bytes = target.BytesWritten,
        InMemory = target.EventsInMemory,
        LetGo = target.EventsLetGo,
        Deleted = target.Deleted,
        Left = Left(),
        To = target is SingleTrace ? request.FileName : target.Description,
        IsMemory = request.Storage.Flight is not null,
    }.Describe(isOver);

    /// <summary>What was written is good, but not where it was begun.</summary>
    private void SayIfMoved()
    {
        if (target is SingleTrace { To: TraceOutput { IsFile: true } file } && FileFacts.Of(file.SafeFileHandle)?.Identity is { } written && FileFacts.Of(file.Name)?.Identity != written)
            Messages.Line($"{request.FileName} was moved or deleted while it was written: the trace is not there");
    }
}
