using System.Runtime.InteropServices;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Traces;
using TcpTracer.Recorder.Live;
using TcpTracer.Recorder.Targets;

namespace TcpTracer.Cli.Handlers.Capture;

/// <summary>
/// One recording from its first event to its closing lines. Whatever ends it, the file gets its end record, unless writing the file failed.
/// </summary>
/// <param name="request">The request.</param>
/// <param name="source">The source, with its probes attached.</param>
/// <param name="target">The file, the set of files, or the memory.</param>
/// <param name="output">Where events are also printed; null: nowhere.</param>
internal sealed class Recording(RecordRequest request, LiveEventSource source, RecordingTarget target, StandardOutput? output)
{
    /// <summary>What the selection hid from the file, or from the printed events.</summary>
    public required Func<SelectionResult> SelectionResult { get; init; }

    /// <summary>Events that were not to be written.</summary>
    public required Func<LeftOut> Left { get; init; }

    /// <summary>Events of pods that have no name.</summary>
    public required Func<UnnamedEvents> Unnamed { get; init; }

    /// <summary>The privileges that are needed until the end.</summary>
    public required Privileges Privileges { get; init; }

    private const string Count = "count";
    private string _cause = "duration";
    private CommandRunner? _command;

    public int Run(IEventSink sink)
    {
        Action? newFile = request.Storage.IsOneFile ? null : () => source.Ask(target.Request);
        using var signals = new Signals(Stop, () => Messages.Say($"{Written(isOver: false)}; {Messages.Lost(source.Lost)}"), newFile);
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
            source.Run(new Progress(TerminalIsFree, SoFar, sink), request.Capture.Duration);
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

    private string SoFar() =>
        $"{Messages.Count(source.Captured, "event")} captured ({Messages.Size(target.BytesWritten)}); {Messages.Lost(source.Lost)}";

    /// <summary>Whether nobody else writes to our terminal: not the command, not the printed events, not the reader of our pipe.</summary>
    private bool TerminalIsFree => _command is null && !request.ToStandardOutput && (output is null || Console.IsOutputRedirected);

    private CommandRunner? StartCommand()
    {
        if (request.Command.Count == 0)
            return null;
        try
        {
            bool carriesResults = request.ToStandardOutput || output is not null;
            return CommandRunner.Start(request.Command, request.User, source, outputToStderr: carriesResults);
        }
        catch (UserException)
        {
            target.Discard();
            throw;
        }
    }

    /// <summary>Ends the recording because --count events have come.</summary>
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

    /// <summary>Writing the file failed. It ends with a whole block. The command may finish its work.</summary>
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
            _ => OutputFailure.OfWriting(request.FileName, failure, target.BytesWritten),
        });
        SayClosingLines();
        _ = AwaitCommand();
        return ExitCode.Failed;
    }

    /// <summary>The command may outlive the recording, if --duration, --count or a full disk ended that.</summary>
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
        if (NamesAtEndWords.OfUnnamed(Unnamed()) is { } unnamed)
            Messages.Line(unnamed);
        Messages.SayShortfalls(source.Shortfalls);
        Messages.SayHidden(SelectionResult());
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

    /// <summary>Says if the file was moved or deleted while it was written: the trace is good, but not at its place.</summary>
    private void SayIfMoved()
    {
        if (target is not SingleTrace { To: TraceOutput { IsFile: true } file })
            return;
        if (FileFacts.Of(file.SafeFileHandle)?.Identity is { } written && FileFacts.Of(file.Name)?.Identity != written)
            Messages.Line($"{request.FileName} was moved or deleted while it was written: the trace is not there");
    }
}
