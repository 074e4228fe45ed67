using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>
/// In strange surroundings the program ends with one sentence of its own. It never prints the runtime's words, and never aborts.
/// </summary>
public sealed class HostileEnvironmentTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private void Says(string sentence, string script)
    {
        RunResult run = Shell.Run(script, _folder.Path);
        Assert.Equal((1, $"tcptracer: {sentence}"), (run.ExitCode, run.ErrorLines.Single()));
    }

    [RecordingFact]
    public void RecordingWorksInADeletedWorkingDirectory() => Says("the working directory was deleted: change to another one (cd)",
        "mkdir $1/gone && cd $1/gone && rmdir $1/gone && tcptracer record -o t.tct -- true");

    [Fact]
    public void DirectoryAsStandardInputIsRefused() =>
        Says("standard input is a directory: hand over a trace, as in `tcptracer show - <FILE`", "tcptracer show - <$1");

    /// <summary>It does not wait for the end of a FIFO or a device, and allocates no memory for a file that is too large.</summary>
    [RecordingTheory]
    [InlineData("mkfifo $1/config", "it is a pipe, not a file")]
    [InlineData("ln -s /dev/null $1/config", "it is a device or a socket, not a file")]
    [InlineData("mkdir $1/config", "it is a directory, not a file")]
    [InlineData("truncate -s 17M $1/config", "it is larger than 16 MiB")]
    public void InvalidKubeconfigIsReportedOnceAndTheRecordingContinues(string make, string why)
    {
        string Sentence(string name) => $"kubeconfig '{_folder.File(name)}' cannot be read: {why}; name a file that kubectl works with";
        RunResult run = Shell.Run($"{make}; KUBECONFIG=$1/config $TCPTRACER record -o $1/t.tct -- true; echo $?; "
            + "KUBECONFIG=$1/config $TCPTRACER doctor >$1/doctor; echo $?", _folder.Path);
        Assert.Equal(["0", "0"], run.Lines);
        Assert.Single(run.ErrorLines, l => l.Contains(Sentence("config"), StringComparison.Ordinal));
        Assert.Single(File.ReadLines(_folder.File("doctor")), l => l.Contains(Sentence("config"), StringComparison.Ordinal));
        run = Shell.Run("$TCPTRACER record -o $1/u.tct --kubeconfig $1/config -- true", _folder.Path);
        Assert.Equal((2, $"tcptracer: {Sentence("config")}"), (run.ExitCode, Assert.Single(run.ErrorLines)));
        Assert.False(File.Exists(_folder.File("u.tct")));
    }

    [Fact]
    public void InvalidNamespaceOrTimeZoneIsAUsageError()
    {
        RunResult run = Shell.Run("""
            mkfifo $1/fifo
            $TCPTRACER --netns $1/fifo; echo $?
            TZ=$1/fifo $TCPTRACER show $1/t.tct --time local --since 12:00; echo $?
            """, _folder.Path);
        Assert.Equal(["2", "2"], run.Lines);
        string fifo = _folder.File("fifo");
        Assert.StartsWith($"tcptracer: --netns '{fifo}': {fifo} is not a network namespace (it is a pipe, not a file); ",
            run.ErrorLines[0]);
        Assert.StartsWith($"tcptracer: --time local: $TZ names {fifo}, which cannot be read: it is a pipe, not a file", run.ErrorLines[1]);
    }

    /// <summary>Not even the first byte may be written. That fails before the recording has begun.</summary>
    [RecordingFact]
    public void FileSizeLimitOfZeroIsReported()
    {
        RunResult run = Shell.Run("(ulimit -f 0; exec $TCPTRACER record -o $1/t.tct -- true); echo $?; (ulimit -f 0; "
            + "exec $TCPTRACER fields >$1/out); echo $?; ls $1", _folder.Path);
        Assert.Equal(["1", "1", "out"], run.Lines);
        Assert.Equal([$"tcptracer: {_folder.File("t.tct")}: the file has reached the size limit (ulimit -f, or the file system's); "
            + "nothing is left there; make room, or name another file with -o",
            "tcptracer: standard output cannot be written: the file has reached the size limit (ulimit -f, or the file system's)"],
                run.ErrorLines);
    }

    /// <summary>The program handles this signal, but the command must not inherit that.</summary>
    [RecordingFact]
    public void CommandDiesOfAFileSizeLimitAsUsual()
    {
        RunResult run = Shell.Run(
            """tcptracer record -o $1/t.tct -- sh -c 'for s in PIPE USR1 USR2 XFSZ; do sh -c "kill -$s \$\$"; echo $?; done'""",
            _folder.Path);
        Assert.Equal(["141", "138", "140", "153"], run.Lines);
    }

    [RecordingTheory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void TooFewDescriptorsAreReported(int limit)
    {
        RunResult run = Shell.Run($"ulimit -n {limit}; $TCPTRACER record -o $1/t.tct -- true; echo $?; $TCPTRACER doctor", _folder.Path);
        Assert.Equal((4, "4"), (run.ExitCode, run.Lines[0]));
        Assert.StartsWith("tcptracer: this machine cannot record: the limit of open files is too low: ", run.ErrorLines[0]);
        Assert.DoesNotContain("no tracefs", run.Output);
    }

    /// <summary>With one descriptor less than the sentence asks for, doctor and record both refuse.</summary>
    [RecordingFact]
    public void DoctorReportsFewerDescriptorsThanRecordNeeds()
    {
        RunResult run = Shell.Run("ulimit -n 63; $TCPTRACER record -o $1/t.tct -- true; echo $?; $TCPTRACER doctor; echo $?", _folder.Path);
        Assert.Equal(("4", "4"), (run.Lines[0], run.Lines[^1]));
        Assert.StartsWith("This machine cannot record: the limit of open files is too low: 48 more are needed (ulimit -n 64, LimitNOFILE=)",
            run.Lines[^2]);
    }

    /// <summary>Runs as another user, because root has no such limit.</summary>
    [OtherUserTheory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(7)]
    public void TooFewThreadsAreReported(int limit)
    {
        int user = 400_000_000 + Environment.ProcessId; // nobody else has processes under this user
        RunResult run = Shell.Run($"""
            chmod 711 $1; cp -r $(dirname $TCPTRACER) $1/bin; rm -f $1/bin/*.dbg; chmod -R a+rX $1/bin; cd /
            for c in "record -o $1/t.tct -- true" doctor ""; do
                (ulimit -u {limit}; exec setpriv --reuid {user} --regid {user} --clear-groups $1/bin/tcptracer $c); echo $?
            done
            """, _folder.Path);
        Assert.Equal(["4", "4", "4"], run.Lines);
        Each.Of(run.ErrorLines, l => Assert.StartsWith(
            "tcptracer: this machine cannot record: the limit of processes and threads is too low: 6 more are needed", l));
        Assert.Equal(3, run.ErrorLines.Length);
    }

    [Fact]
    public void CommandThatCannotBeExecutedIsExplained()
    {
        RunResult run = Shell.Run("""
            printf '#!/no/such/shell -e\ntrue\n' >$1/script; printf '#!/bin/sh\r\ntrue\r\n' >$1/dos; chmod +x $1/script $1/dos
            for c in script dos; do $TCPTRACER record -o $1/t.tct -- $1/$c; echo $?; done
            """, _folder.Path);
        Assert.Equal(["126", "126"], run.Lines);
        Assert.Contains(run.ErrorLines, l => l == $"tcptracer: the command '{_folder.File("script")}' cannot be started: its first line "
            + "wants '/no/such/shell', which is not there");
        Assert.Contains(run.ErrorLines, l => l.StartsWith(
            $"tcptracer: the command '{_folder.File("dos")}' cannot be started: its first line ends with a carriage return",
            StringComparison.Ordinal));
    }

    /// <summary>As in a shell, a name without a slash is searched in PATH only.</summary>
    [RecordingFact]
    public void FileInTheWorkingDirectoryIsNotRunAsCommand()
    {
        RunResult run = Shell.Run("cd $1; printf '#!/bin/sh\\necho wrong\\n' >hostname; chmod +x hostname; "
            + "$TCPTRACER record -o t.tct -- hostname; $TCPTRACER record -o u.tct -- ./hostname", _folder.Path);
        Assert.Equal([Environment.MachineName, "wrong"], run.Lines);
    }

    /// <summary>The memory is enough to start, but not to record.</summary>
    [RecordingFact]
    public void MemoryLimitIsReported()
    {
        RunResult run = Shell.Run("ulimit -v 160000; $TCPTRACER record -o $1/t.tct -- true", _folder.Path);
        Assert.InRange(run.ExitCode, 1, 4); // which one depends on whether it is noticed before the recording begins
        Assert.EndsWith("there is not enough memory: raise the limit (ulimit -v, that of the container), or record with a smaller "
            + "--buffer-size or --max-connections", run.ErrorLines.Single());
    }

    [RecordingFact]
    public void RingThatDoesNotFitIntoMemoryIsReported()
    {
        RunResult run = Shell.Run("ulimit -v 800000; $TCPTRACER record -o $1/t.tct --buffer-size 512M -- true", _folder.Path);
        Assert.Equal(4, run.ExitCode);
        Assert.StartsWith("tcptracer: this machine cannot record: the ring could not be mapped (Cannot allocate memory): choose a "
            + "smaller --buffer-size, or allow more memory (ulimit -v) (", run.ErrorLines.Single());
    }
}
