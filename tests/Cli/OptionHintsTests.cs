using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>Options that are allowed, but probably not meant, are reported: at once, or when they turn out to have no effect.</summary>
public sealed class OptionHintsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Loopback _server = new();

    private string Trace => _folder.File("t.tct");

    [RecordingFact]
    public void RecordWarnsWhenItsOutputFileIsNamedLikeAFormat()
    {
        RunResult run = Shell.Run("cd $1; tcptracer record -o json --duration 1ms", _folder.Path);
        Assert.Equal((0,
            "tcptracer: -o names the file: this writes a trace into a file called json; to print events as json, too: --print -O json"),
            (run.ExitCode, run.ErrorLines[0]));
        Assert.True(File.Exists(_folder.File("json")));
        run = Shell.Run("cd $1; tcptracer record -o json.tct --duration 1ms", _folder.Path);
        Assert.DoesNotContain("-o names the file", run.Errors);
    }

    [RecordingFact]
    public void SelectingByPodWithoutASourceOfNamesGivesAHint()
    {
        foreach (string[] command in new string[][] { [], ["record", "-o", Trace, "--force"] })
        {
            RunResult run = TcptracerProgram.Run([.. command, "-n", "shop", "--no-kubernetes", "--duration", "1ms"]);
            Assert.Equal(0, run.ExitCode);
            Assert.Contains("tcptracer: -n selects by names of pods, which nobody tells here (names of pods: not asked for "
                + "(--no-kubernetes); `tcptracer doctor` tells more)", run.ErrorLines);
            run = TcptracerProgram.Run([.. command, "--port", $"{_server.Port}", "--no-kubernetes", "--duration", "1ms"]);
            Assert.DoesNotContain("nobody tells", run.Errors);
        }
    }

    [RecordingFact]
    public void RecordingReportsThatItsSelectionHidesEverything()
    {
        RunResult run = TcptracerProgram.Run("record", "-o", Trace, "-F", "dport == 1", "--", "bash", "-c", _server.Connect);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("tcptracer: the selection (--filter 'dport == 1') hides all 2 events", run.ErrorLines);
        run = TcptracerProgram.Run("record", "-o", Trace, "--force", "-F", $"dport == {_server.Port}", "--", "bash", "-c", _server.Connect);
        Assert.Contains("2 written to", run.Errors);
        Assert.DoesNotContain("hides", run.Errors);
    }

    /// <summary>The name of a set was given, but no file has that name.</summary>
    [Theory]
    [InlineData("show")]
    [InlineData("info")]
    [InlineData("verify")]
    [InlineData("summary")]
    public void NameOfASetOfFilesGivesAHint(string command)
    {
        RunResult run = TcptracerProgram.Run(command, Trace);
        Assert.Equal((1, $"tcptracer: {Trace}: there is no such file"), (run.ExitCode, Assert.Single(run.ErrorLines)));
        File.WriteAllBytes(_folder.File("t-20261123T144655Z-0001.tct"), SampleEvents.Trace(events: SampleEvents.Seed));
        File.WriteAllBytes(_folder.File("t-other.tct"), []);
        run = TcptracerProgram.Run(command, Trace);
        Assert.Equal((1, $"tcptracer: {Trace}: there is no such file; there is a set of 1 file: name them, as in "
            + $"{_folder.File("t-*.tct")}, or follow it with `tcptracer show -f {Trace}`"),
            (run.ExitCode, Assert.Single(run.ErrorLines)));
    }

    [RecordingFact]
    public void TraceHoldsTheCauseOfItsEnd()
    {
        string Ended(params string[] options)
        {
            Assert.Equal(0, TcptracerProgram.Run(["record", "-o", Trace, "--force", "--no-kubernetes", .. options]).ExitCode);
            return TcptracerProgram.Run("info", Trace).Lines.Single(l => l.StartsWith("  ended ", StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        }
        Assert.Equal("duration", Ended("--duration", "1ms"));
        Assert.Equal("count", Ended("--count", "1", "--", "bash", "-c", $"{_server.Connect}; sleep 0.2"));
    }

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }
}
