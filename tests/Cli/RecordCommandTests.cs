using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>
/// <c>record -- COMMAND</c>: which connections belong to the command, and what happens to its output and its exit status.
/// </summary>
public sealed class RecordCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Loopback _server = new();

    private string Trace => _folder.File("trace.tct");

    private RunResult Record(params string[] command) => TcptracerProgram.Run(["record", "-o", Trace, "--", .. command]);

    private string Show(params string[] options) => TcptracerProgram.Run(["show", Trace, "--no-headers", .. options]).Output;

    [RecordingFact]
    public void CommandAndItsChildrenAreRecordedFromTheirFirstConnection()
    {
        // The shell itself, a child and a grandchild connect; meanwhile a process outside does the same
        using var outside = System.Diagnostics.Process.Start("bash", ["-c", _server.Connect]);
        RunResult run = Record("bash", "-c", $"{_server.Connect}; bash -c '{_server.Connect}; bash -c \"{_server.Connect}\"; true'; true");
        outside.WaitForExit();
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(["6 events captured, 6 written to " + Trace, "0 events lost"], run.ErrorLines.Select(l => l.Split(" (")[0]));
        // The close of one connection may come after the connect of another, because it waits for the FIN of its peer
        Assert.Equal(["C bash", "C bash", "C bash", "X bash", "X bash", "X bash"],
            Show("-o", "custom-columns=t,comm").Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
        Assert.Equal(3, Show("-o", "custom-columns=pid").Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct().Count());
    }

    [RecordingFact]
    public void ExitStatusOfTheCommandIsPassedOn()
    {
        Assert.Equal(0, Record("true").ExitCode);
        Assert.Equal(42, Record("sh", "-c", "exit 42").ExitCode);
        Assert.Equal(128 + 9, Record("sh", "-c", "kill -9 $$").ExitCode);
        Assert.Equal(128 + 15, Record("sh", "-c", "kill $$").ExitCode);
        Assert.Contains("0 events captured, 0 written to ", Record("true").Errors);
    }

    [RecordingFact]
    public void CommandThatCannotStartLeavesTheExistingTrace()
    {
        File.WriteAllText(Trace, "precious");
        RunResult run = Record("nosuchprogram");
        Assert.Equal((127, "tcptracer: the command 'nosuchprogram' is in no folder of PATH; nothing was recorded"),
            (run.ExitCode, Assert.Single(run.ErrorLines)));
        run = Record(_folder.Path);
        Assert.Equal((126, $"tcptracer: the command '{_folder.Path}' is a directory, not a program; nothing was recorded"),
            (run.ExitCode, Assert.Single(run.ErrorLines)));
        File.WriteAllText(_folder.File("script"), "#!/bin/sh\n");
        run = Record(_folder.File("script"));
        Assert.Equal(126, run.ExitCode);
        Assert.Contains("may not be executed; chmod +x", Assert.Single(run.ErrorLines));
        Assert.Equal("precious", File.ReadAllText(Trace));
    }

    [RecordingFact]
    public void CommandKeepsStandardOutputUnlessResultsGoThere()
    {
        Assert.Equal("hello\n", Record("echo", "hello").Output);
        RunResult run = Shell.Run("tcptracer record -o - -- echo hello | tcptracer show - -o json");
        Assert.Equal("", run.Output);
        Assert.Equal("hello", run.ErrorLines[0]);
        run = TcptracerProgram.Run("record", "-o", Trace, "--print", "-O", "custom-columns=comm,dport", "--op", "connect", "--force", "--",
            "bash", "-c", $"echo hello; {_server.Connect}; echo bye");
        Assert.Equal($"COMM             DPORT\nbash             {_server.Port}\n", run.Output);
        Assert.Equal(["hello", "bye"], run.ErrorLines.Take(2));
    }

    [RecordingFact]
    public void DaemonLeftByTheCommandDoesNotDelayTheEnd()
    {
        RunResult run = Shell.Run("time -p tcptracer record -o - -- sh -c 'sleep 20 & echo $! >&2' | tcptracer show - --no-headers");
        _ = Native.kill(int.Parse(run.ErrorLines[0]), 9);
        Assert.True(double.Parse(run.ErrorLines.First(l => l.StartsWith("real ", StringComparison.Ordinal))[5..]) < 10, run.Errors);
    }

    [RecordingFact]
    public void PipesOfTheCommandWorkAsUsual()
    {
        // The .NET runtime ignores SIGPIPE; a child that inherits that would print an error
        RunResult run = Record("sh", "-c", "yes | head -1");
        Assert.Equal("y\n", run.Output);
        Assert.DoesNotContain("roken pipe", run.Errors);
    }

    [RecordingFact]
    public void OptionsAfterTheCommandBelongToTheCommand() => Assert.Equal("-o @x --pid [suggest] -- --verbose\n",
        Record("echo", "-o", "@x", "--pid", "[suggest]", "--", "--verbose").Output);

    [RecordingFact]
    public void SignalIsPassedToTheCommandAndTheFileIsSealed()
    {
        RunResult run = Shell.Run("\"$TCPTRACER\" record -o $1 -- sleep 30 & p=$!; until [ -s $1 ] && pgrep -P $p sleep >/dev/null; "
            + "do sleep 0.05; done; kill -TERM $p; wait $p", Trace);
        Assert.Equal(128 + 15, run.ExitCode);
        Assert.Contains("0 events lost", run.Errors);
        Assert.Equal("", TcptracerProgram.Run("show", Trace).Errors);
    }

    [RecordingFact]
    public void CommandOutlivesAShorterRecording()
    {
        RunResult run = TcptracerProgram.Run("record", "-o", Trace, "--count", "1", "--", "bash", "-c",
            $"{_server.Connect}; {_server.Connect}; sleep 3; exit 7");
        Assert.Equal(7, run.ExitCode);
        Assert.Contains("the recording has ended; waiting for 'bash'", run.Errors);
        Assert.Contains("1 written to", run.Errors);
        Assert.Equal("C\n", Show("-o", "custom-columns=t"));
    }

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }
}
