using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using TcpTracer.Cli.Linux;
using TcpTracer.Formats.Strings;
using TcpTracer.Recorder.Live;

namespace TcpTracer.Cli.Handlers.Capture;

/// <summary>
/// Runs the command of <c>record -- COMMAND</c>, and ends the recording after it. The command must be started after the probes are
/// attached: the probes recognise our children when they are created.
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
        _end = new Thread(() => // not a thread of the pool: if the pool can start none, the runtime aborts
        {
            process.WaitForExit();
            source.AwaitClosing(s_closingGrace);
            source.Stop();
        });
        _end.Start();
    }

    /// <summary>The command, for a sentence about it.</summary>
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
    /// <param name="user">The user that it runs as; null: our own.</param>
    /// <param name="source">Is stopped after the command.</param>
    /// <param name="outputToStderr">Whether the standard output of the command is our stderr, because ours carries results.</param>
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
            Sentence reason = missing ?? Marshal.GetPInvokeErrorMessage(e.NativeErrorCode);
            throw new UserException($"the command '{command[0]}' cannot be started: {reason}", ExitCode.CommandNotExecutable);
        }
    }

    /// <summary>Passes a signal on to the command. When the command ends, the recording ends.</summary>
    public void Forward(PosixSignal signal)
    {
        // The terminal sends Ctrl-C to the command, too
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
            _end.Join(); // the thread still uses the source
        _process.Dispose();
    }
}
