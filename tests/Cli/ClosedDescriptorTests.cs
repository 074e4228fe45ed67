using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>
/// If standard input, output or error is closed at the start: the program does not abort, writes no text into a trace, and fails
/// if its results go nowhere.
/// </summary>
public sealed class ClosedDescriptorTests : IDisposable
{
    private const string Closed = "tcptracer: standard output cannot be written: it is closed; open it, as in >FILE";
    private readonly TemporaryFolder _folder = new();

    public ClosedDescriptorTests()
    {
        File.WriteAllBytes(_folder.File("t.tct"), SampleEvents.Trace(events: SampleEvents.Seed));
    }

    /// <summary>Commands, and whether they have results for standard output.</summary>
    public static TheoryData<string, bool> Commands => new()
    {
        { "--version", true }, { "--help", true }, { "fields", true }, { "completion bash", true }, { "show $1/t.tct", true },
        { "info $1/t.tct", true },
        { "info -o json $1/t.tct", true }, { "verify $1/t.tct", true }, { "summary $1/t.tct", true },
        { "recover $1/t.tct -o $1/new.tct --force", false },
    };

    [Theory]
    [MemberData(nameof(Commands))]
    public void EveryCommandRunsWithClosedDescriptors(string command, bool hasResults)
    {
        int nowhere = hasResults ? 1 : 0;
        RunResult run = Shell.Run($"""
            tcptracer {command} >$1/whole; echo $?
            for closed in '<&-' '2>&-' '<&- 2>&-'; do eval "tcptracer {command} >\$1/out $closed"; echo $?; cmp $1/whole $1/out; done
            tcptracer {command} 2>$1/errors >&-; echo $?; grep 'standard output' $1/errors
            tcptracer {command} <&- >&- 2>&-; echo $?
            """, _folder.Path);
        Assert.Equal(hasResults ? ["0", "0", "0", "0", $"{nowhere}", Closed, $"{nowhere}"] : ["0", "0", "0", "0", "0", "0"], run.Lines);
    }

    [Fact]
    public void FullDeviceIsNamedInTheError()
    {
        RunResult run = Shell.Run(
            "for c in fields 'show $1/t.tct' 'info $1/t.tct'; do eval tcptracer $c '>/dev/full'; echo $?; done", _folder.Path);
        Assert.Equal(["1", "1", "1"], run.Lines);
        Each.Of(run.ErrorLines, l => Assert.Equal("tcptracer: standard output cannot be written: no space is left on the device", l));
    }

    [Fact]
    public void ExitCodeIsTheSameWhenStandardErrorIsClosed() =>
        Assert.Equal(["2", "1"], Shell.Run("tcptracer --nonsense 2>&-; echo $?; tcptracer show $1/none 2>&-; echo $?", _folder.Path).Lines);

    [Fact]
    public void ClosedStandardInputIsReportedAsClosed()
    {
        RunResult run = Shell.Run("tcptracer show - <&-");
        Assert.Equal((1, "tcptracer: standard input is closed: pipe a trace into it, as in `tcptracer record -o - | tcptracer show -`"),
            (run.ExitCode, Assert.Single(run.ErrorLines)));
    }

    [KernelFact]
    public void MessagesNeverGoIntoTheTraceFile()
    {
        RunResult run = Shell.Run("""
            for closed in '<&-' '2>&-' '>&-' '<&- >&- 2>&-'; do
                rm -f $1/r.tct
                connect="bash -c '(exec 3<>/dev/tcp/127.0.0.1/1) 2>/dev/null; true'"
                eval "tcptracer record -o \$1/r.tct --no-kubernetes -- $connect $closed"; echo $?
                tcptracer verify $1/r.tct | grep -c ': good, 1 event '
            done
            tcptracer record -o $1/p.tct --no-kubernetes --print -- true >&- 2>$1/errors; echo $?
            cat $1/errors; test -e $1/p.tct && echo there is a file
            tcptracer record -o - --no-kubernetes -- true >&- 2>&-; echo $?
            tcptracer --no-kubernetes --duration 10ms >&- 2>&-; echo $?
            """, _folder.Path);
        Assert.Equal(["0", "1", "0", "1", "0", "1", "0", "1", "1", Closed, "1", "1"], run.Lines);
    }

    /// <summary>A descriptor that takes the place of a closed one is not passed on to the command.</summary>
    [KernelFact]
    public void TheCommandInheritsClosedDescriptorsAsClosed()
    {
        RunResult run = Shell.Run("""
            cat >$1/look.sh <<'END'
            for d in /proc/$$/fd/[0-9]*; do readlink $d | sed "s|^|${d##*/} |"; done >$1
            END
            for closed in '' '<&-' '2>&-' '<&- 2>&-'; do
                eval "tcptracer record --print -o \$1/t.tct --no-kubernetes -- sh $1/look.sh $1/found >$1/out $closed"
                grep -c ' /$' $1/found
            done
            """, _folder.Path);
        Assert.Equal(["0", "0", "0", "0"], run.Lines);
    }

    /// <summary>Without /dev only the kernel itself gives random numbers.</summary>
    [KernelFact]
    public void RecordingWorksWithoutDev()
    {
        RunResult run = Shell.Run(
            "unshare -m sh -c 'umount -l /dev && exec \"$@\"' sh $TCPTRACER record -o $1/d.tct --no-kubernetes --duration 10ms",
            _folder.Path);
        Assert.True(run.ExitCode == 0, run.Errors);
    }

    public void Dispose() => _folder.Dispose();
}
