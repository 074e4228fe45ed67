using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Deploy;

/// <summary>
/// If the image's variable is set, one process records, and a second one is told which file to look at. Without the
/// variable everybody may record.
/// </summary>
public sealed class OneRecorderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Runs in a network namespace of its own, like a pod, so that recorders elsewhere do not count.</summary>
    private RunResult BesideARecorder(string variable, string script)
    {
        File.WriteAllText(_folder.File("script"), $"""
            export TCPTRACER_ONE_RECORDER={variable}
            $TCPTRACER record -o $1/first.tct --rotate-size 1M --no-kubernetes --pid 1 2>$1/errors & first=$!
            until grep -qs 'recording to' $1/errors; do sleep 0.05; done
            {script}
            kill $first; wait $first; echo $?
            $TCPTRACER record -o $1/after.tct --no-kubernetes --pid 1 --duration 1ms 2>/dev/null; echo $?
            """);
        return Shell.Run("unshare -n bash $1/script $1", _folder.Path);
    }

    private string Newest => Assert.Single(Directory.GetFiles(_folder.Path, "first-*.tct"));

    [KernelFact]
    public void SecondRecorderIsRefusedWithAHint()
    {
        RunResult run = BesideARecorder("1", "$TCPTRACER --no-kubernetes; echo $?; $TCPTRACER record -o $1/second.tct --no-kubernetes -- "
            + "true; echo $?; test -e $1/second.tct && echo there is a file");
        Assert.Equal(["1", "1", "0", "0"], run.Lines);
        Assert.Equal(2, run.ErrorLines.Length);
        Each.Of(run.ErrorLines, l => Assert.Equal(
            "tcptracer: a recorder runs in this container already, whose memory is for one: look at what it writes: tcptracer show -f "
                + $"{Newest} (TCPTRACER_ONE_RECORDER= lets both run)", l));
    }

    [KernelFact]
    public void DoctorLoadsNoProbesBesideARecorder()
    {
        RunResult run = BesideARecorder("1", "$TCPTRACER doctor --no-kubernetes");
        Assert.DoesNotContain(run.Lines, l => l.Contains("loaded and attached", StringComparison.Ordinal));
        Assert.Contains($"ok       probes: loaded already: a recorder runs in this container and writes {Newest}", run.Lines);
        Assert.Contains("This machine can record.", run.Lines);
    }

    [KernelFact]
    public void SeveralRecordersMayRunOutsideTheDaemonSet()
    {
        RunResult run = BesideARecorder("", "$TCPTRACER record -o $1/second.tct --no-kubernetes -- true 2>/dev/null; echo $?");
        Assert.Equal(["0", "0", "0"], run.Lines);
    }

    public void Dispose() => _folder.Dispose();
}
