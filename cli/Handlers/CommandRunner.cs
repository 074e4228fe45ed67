using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using TcpTracer.Cli.Linux;
using TcpTracer.Formats.Words;
using TcpTracer.Recorder.Live;

namespace TcpTracer.Cli.Handlers;

/// <summary>
/// Runs the command of <c>record -- COMMAND</c> and ends the recording after it. The probes select our children from their first
/// instruction, so it must be started after they are attached.
/// </summary>
internal sealed class CommandRunner : IDisposable
{
    private const int NoSuchFile = 2;
    private static readonly TimeSpan s_closingGrace = TimeSpan.FromMilliseconds(500);
    private readonly Process _process;
    private readonly Thread _end;

    private CommandRunner(Process process, string name, LiveEventSource source)
    {
        _process = process;
        Name = $"'{name}' (process {process.Id})";
        _end = new Thread(() => // not of the pool: where that can have no thread, the runtime aborts
        {
            process.WaitForExit();
            source.AwaitClosing(s_closingGrace);
            source.Stop();
        });
        _end.Start();
    }

    /// <summary>For a sentence about it.</summary>
    public string Name { get; }

    public bool HasExited => _process.HasExited;

    /// <summary>The command's exit status, after waiting for it; 128 + the signal's number if one ended it.</summary>
    public int ExitStatus
    {
        get
        {
            _process.WaitForExit();
            return _process.ExitCode;
        }
    }

    /// <param name="command">The program and its arguments.</param>
    /// <param name="user">Whom it runs as; null: as ourselves.</param>
    /// <param name="source">Stopped after the command.</param>
    /// <param name="outputToStderr">Whether its standard output goes there, because ours carries results.</param>
    public static CommandRunner Start(IReadOnlyList<string> command, CommandUser? user, LiveEventSource source, bool outputToStderr)
    {
        var start = new ProcessStartInfo(ProgramSearch.Resolve(command[0]), command.Skip(1)) { UseShellExecute = false };
        user?.ApplyTo(start);
        try
        {
            using var inheritance = new Inheritance(outputToStderr);
            return new CommandRunner(Process.Start(start)!, command[0], source);
        }
        catch (Win32Exception e)
        {
            Sentence? missing = e.NativeErrorCode == NoSuchFile ? ProgramSearch.MissingInterpreter(command[0]) : null;
            throw new UserException($"the command '{command[0]}' cannot be started: {missing ?? Marshal.GetPInvokeErrorMessage(e.NativeErrorCode)}", ExitCode.CommandNotExecutable);
        }
    }

    /// <summary>Passes a signal on: when the command ends, so does the recording.</summary>
    public void Forward(PosixSignal signal)
    {
        // Ctrl-C at a terminal reaches the command by itself
        if (signal == PosixSignal.SIGINT && Terminal.IsOurs)
            return;
        int number = signal switch
        {
            PosixSignal.SIGHUP => 1,
            PosixSignal.SIGINT => 2,
            _ => 15,
        };
        if (!_process.HasExited)
            _ = LibC.kill(_process.Id, number);
    }

    public void Dispose()
    {
        if (_process.HasExited)
            _end.Join(); // it still uses the source
        _process.Dispose();
    }
}
