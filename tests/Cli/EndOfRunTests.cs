using System.Diagnostics;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>Whatever ends a run, it ends in order: signals, limits, closed pipes, full disks, kill -9.</summary>
public sealed class EndOfRunTests : IDisposable
{
    private const int SigHup = 1, SigInt = 2, SigKill = 9, SigUsr1 = 10, SigTerm = 15;
    private readonly TemporaryFolder _folder = new();

    private string Trace => _folder.File("trace.tct");

    private TcptracerProgram StartRecording(params string[] options) =>
        TcptracerProgram.StartWatching(["record", "-o", Trace, "--pid", "1", .. options]);

    private void AssertSealed()
    {
        RunResult run = TcptracerProgram.Run("show", Trace);
        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
    }

    [RecordingFact]
    public void SignalsSealTheFile()
    {
        foreach (int signal in new[] { SigInt, SigTerm, SigHup })
        {
            using TcptracerProgram program = StartRecording("--force");
            program.Signal(signal);
            RunResult run = program.Wait();
            Assert.Equal(0, run.ExitCode);
            Assert.Equal([$"tcptracer: recording to {Trace}; Ctrl-C ends", $"0 events captured, 0 written to {Trace}", "0 events lost"],
                run.ErrorLines.Select(l => l.Split(" (")[0]));
            AssertSealed();
        }
    }

    [RecordingFact]
    public void ASecondInterruptAborts()
    {
        // Standard output is a full pipe that nobody reads, so the first interrupt finds the program waiting to write
        RunResult run = Shell.Run("""
            mkfifo $1/pipe; exec 3<>$1/pipe
            bash -c "exec 4>$1/pipe; exec dd if=/dev/zero bs=64K count=2 oflag=nonblock >&4 2>/dev/null"
            "$TCPTRACER" -o json > $1/pipe 2> $1/errors & p=$!
            until grep -qs watching $1/errors; do sleep 0.05; done
            for i in $(seq 40); do (exec 5<>/dev/tcp/127.0.0.1/9) 2>/dev/null; done; sleep 0.3
            kill -INT $p; sleep 0.3; kill -0 $p && echo still there
            kill -INT $p; wait $p; echo $?
            """, _folder.Path);
        Assert.Equal(["still there", "130"], run.Lines);
    }

    [RecordingFact]
    public void ABackgroundJobOfAScriptListensToSigint()
    {
        // A job in the background of a script starts with SIGINT ignored
        RunResult run = Shell.Run("\"$TCPTRACER\" record -o $1 --pid 1 2>$1.errors & until grep -qs recording $1.errors; do sleep 0.05; "
            + "done; kill -INT $!; wait $!", Trace);
        Assert.Equal(0, run.ExitCode);
        AssertSealed();
    }

    [RecordingFact]
    public void NohupIsRespected()
    {
        RunResult run = Shell.Run("nohup \"$TCPTRACER\" record -o $1 --pid 1 --duration 1s >/dev/null & p=$!; sleep 0.6; kill -HUP $p; "
            + "wait $p; tcptracer show $1", Trace);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("0 events lost", run.Errors);
    }

    [RecordingFact]
    public void DurationAndCountEndTheRecording()
    {
        RunResult run = TcptracerProgram.Run("record", "-o", Trace, "--pid", "1", "--duration", "300ms");
        Assert.Equal(0, run.ExitCode);
        AssertSealed();
        using var server = new Loopback();
        using TcptracerProgram live = TcptracerProgram.StartWatching("--port", $"{server.Port}", "--op", "connect", "--count", "3", "-o",
            "custom-columns=t", "--no-headers");
        Process.Start("bash", ["-c", $"for i in 1 2 3 4 5; do {server.Connect}; done"]).WaitForExit();
        run = live.Wait();
        Assert.Equal((0, "C\nC\nC\n"), (run.ExitCode, run.Output));
        Assert.Contains(" captured, 3 shown", run.Errors);
    }

    [RecordingFact]
    public void ClosedPipeEndsLiveOutputQuietlyEvenWithoutEvents()
    {
        RunResult run = Shell.Run("tcptracer --pid 1 | head -1; echo ${PIPESTATUS[0]}");
        Assert.StartsWith("NODE", run.Lines[0]);
        Assert.Equal("0", run.Lines[1]);
        Assert.DoesNotContain("xception", run.Errors);
        run = Shell.Run("tcptracer record -o $1 --pid 1 --print | head -1; echo ${PIPESTATUS[0]}", Trace);
        Assert.Equal("0", run.Lines[1]);
        AssertSealed();
        run = Shell.Run("tcptracer record -o - --pid 1 | head -c 1 >/dev/null; echo ${PIPESTATUS[0]}");
        Assert.Equal("0", Assert.Single(run.Lines));
    }

    [RecordingFact]
    public void KilledRecorderLeavesAReadableFile()
    {
        using TcptracerProgram program = StartRecording();
        program.Signal(SigKill);
        program.Wait();
        RunResult run = TcptracerProgram.Run("show", Trace, "-o", "json");
        Assert.Equal((0, ""), (run.ExitCode, run.Output));
        Assert.Equal($"tcptracer: {Trace}: the trace has no end record: its recorder was killed, or could not write on; "
            + "everything before is good", Assert.Single(run.ErrorLines));
    }

    [RecordingFact]
    public void OverwrittenFileBecomesReadableByItsOwnerOnly()
    {
        Shell.Run("echo old >$1; chmod 644 $1; tcptracer record -o $1 --force --pid 1 --duration 100ms", Trace);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Trace));
        AssertSealed();
    }

    [RecordingFact]
    public void NewFileIsReadableByItsOwnerOnly()
    {
        Shell.Run("umask 0; tcptracer record -o $1 --pid 1 --duration 100ms", Trace);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Trace));
    }

    [KernelFact]
    public void FullDiskGivesOneSentenceAndLeavesAValidTrace()
    {
        RunResult run = Shell.Run("""
            unshare -m bash -c '
                mount -t tmpfs -o size=4k none $1
                "$TCPTRACER" record -o $1/t.tct -- bash -c "for i in {1..400}; do (exec 3<>/dev/tcp/127.0.0.1/9); done 2>/dev/null; exit 5"
                echo $?; "$TCPTRACER" show $1/t.tct --no-headers > $1.shown; echo $?; wc -l < $1.shown; rm $1.shown' bash $1
            """, _folder.Path);
        Assert.Equal(["1", "0"], run.Lines[..2]);
        // printed only if the disk was full before the command ended
        string[] errors = [.. run.ErrorLines.Where(l => !l.Contains("waiting for 'bash'"))];
        Assert.Equal(4, errors.Length);
        Assert.Contains($" events captured, {run.Lines[2]} written to ", errors[1]); // not more than the file has
        Assert.Equal("0 events lost", errors[2]);
        Assert.Matches(@"t\.tct: no space is left on the device; the [0-9.]+ k?B written before are a good trace, without an end record; "
            + @"make room, or name another file with -o$", errors[0]);
        Assert.Contains("the trace has no end record", errors[3]);
    }

    [RecordingFact]
    public void FileSizeLimitGivesOneSentence()
    {
        // .NET itself would write larger files for executable memory
        RunResult run = Shell.Run("export DOTNET_EnableWriteXorExecute=0; ulimit -f 4; "
            + "tcptracer record -o $1 -- bash -c 'for i in {1..400}; do (exec 3<>/dev/tcp/127.0.0.1/9); done 2>/dev/null'", Trace);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("the file has reached the size limit (ulimit -f, or the file system's)", run.ErrorLines[0]);
    }

    [RecordingFact]
    public void Usr1PrintsTheProgress()
    {
        using TcptracerProgram program = StartRecording();
        program.Signal(SigUsr1);
        program.AwaitError("0 events lost");
        RunResult run = program.Stop();
        Assert.Equal(4, run.ErrorLines.Length);
        Assert.Matches($@"^tcptracer: 0 events captured, 0 written to {Trace} \([0-9]+ B\); 0 events lost$", run.ErrorLines[1]);
    }

    [RecordingFact]
    public void ProgressIsShownOnTerminalsOnly()
    {
        RunResult terminal = Shell.Run("TERM=xterm script -qec \"$TCPTRACER record -o $1 --pid 1 --duration 2.5s\" /dev/null", Trace);
        Assert.Equal(0, terminal.ExitCode);
        Assert.InRange(terminal.Output.Split("\r\e[K").Length - 1, 2, 4); // written twice, removed once
        Assert.Matches(@"\r\e\[K0 events captured \([0-9]+ B\); 0 events lost\r\e\[K", terminal.Output);
        Assert.EndsWith("0 events lost\r\n", terminal.Output);
        Assert.DoesNotContain("\e", TcptracerProgram.Run("record", "-o", Trace, "--pid", "1", "--duration", "1.2s").Errors);
    }

    public void Dispose() => _folder.Dispose();
}
