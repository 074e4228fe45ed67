using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>Whoever starts the program in strange surroundings gets one sentence, not the runtime's words and never an abort.</summary>
public sealed class SurroundingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private void Says(string sentence, string script)
    {
        RunResult run = Shell.Run(script, _folder.Path);
        Assert.Equal((1, $"tcptracer: {sentence}"), (run.ExitCode, run.ErrorLines.Single()));
    }

    [RecordingFact]
    public void TheWorkingDirectoryWasDeleted() => Says("the working directory was deleted: change to another one (cd)", "mkdir $1/gone && cd $1/gone && rmdir $1/gone && tcptracer record -o t.tct -- true");

    [Fact]
    public void StandardInputIsADirectory() => Says("standard input is a directory: hand over a trace, as in `tcptracer show - <FILE`", "tcptracer show - <$1");

    /// <summary>Enough to begin with.</summary>
    [RecordingFact]
    public void MemoryIsLimited() => Says("there is not enough memory: raise the limit (ulimit -v, that of the container), or record with a smaller --buffer-size or --max-connections",
        "ulimit -v 150000; $TCPTRACER record -o $1/t.tct -- true");

    [RecordingFact]
    public void TheRingDoesNotFit()
    {
        RunResult run = Shell.Run("ulimit -v 800000; $TCPTRACER record -o $1/t.tct --buffer-size 512M -- true", _folder.Path);
        Assert.Equal(4, run.ExitCode);
        Assert.StartsWith("tcptracer: this machine cannot record: the ring could not be mapped (Cannot allocate memory): choose a smaller --buffer-size, or allow more memory (ulimit -v) (", run.ErrorLines.Single());
    }
}
