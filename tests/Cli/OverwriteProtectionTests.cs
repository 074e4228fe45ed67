using TcpTracer.Formats.Events;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>
/// Nothing is destroyed: no output replaces an input under any name, a good file, or a file that another recorder writes.
/// </summary>
public sealed class OverwriteProtectionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly byte[] _good = SampleEvents.Trace(null, true, SampleEvents.Make(Operation.Connect));

    private string Trace => _folder.File("a.tct");

    public OverwriteProtectionTests() => File.WriteAllBytes(Trace, _good);

    private void AssertUntouched()
    {
        Assert.Equal(_good, File.ReadAllBytes(Trace));
        Assert.DoesNotContain(Directory.GetFiles(_folder.Path), f => f.EndsWith(".part", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ln -s a.tct soft; tcptracer recover soft -o a.tct")]
    [InlineData("ln -s a.tct soft; tcptracer recover a.tct -o soft --force")]
    [InlineData("ln a.tct hard; tcptracer recover a.tct -o hard --force")]
    [InlineData("tcptracer recover - -o a.tct --force <a.tct")]
    [InlineData("tcptracer recover a.tct -o /proc/self/cwd/a.tct --force")]
    [InlineData("tcptracer recover a.tct -o /dev/fd/3 --force 3<a.tct")]
    [InlineData("tcptracer recover a.tct -o - 1<>a.tct")]
    public void OutputThatIsAnInputIsRefused(string script)
    {
        RunResult run = Shell.Run($"cd $1; {script}; echo $? >&2", _folder.Path);
        Assert.Equal("2", run.ErrorLines[^1]);
        Assert.Contains("this is a file that the command reads", Assert.Single(run.ErrorLines[..^1]));
        AssertUntouched();
    }

    /// <summary>No command packs what it writes.</summary>
    [Theory]
    [InlineData("filter a.tct -o b.tct.gz", "gzip")]
    [InlineData("merge a.tct -o b.tct.GZ", "gzip")]
    [InlineData("redact a.tct -o b.tct.zst", "zstd")]
    [InlineData("recover a.tct -o b.tct.xz", "xz")]
    [InlineData("export --to csv a.tct -o b.csv.bz2", "bzip2")]
    [InlineData("report a.tct -o b.html.gz", "gzip")]
    [InlineData("policy a.tct -o b.yaml.lz4", "lz4")]
    [InlineData("record -o b.tct.gz -- true", "gzip")]
    [InlineData("record -o b.tct.gz --rotate-size 1M", "gzip")]
    [InlineData("record -o b.tct.gz --ring 1M", "gzip")]
    public void NameOfAPackedFileIsRefused(string command, string program)
    {
        RunResult run = Shell.Run($"cd $1; tcptracer {command} < /dev/null; echo $?; ls -A", _folder.Path);
        Assert.Equal(["2", "a.tct"], run.Lines);
        string name = command.Split(' ').First(w => w.StartsWith("b.", StringComparison.Ordinal));
        string plain = Path.GetFileNameWithoutExtension(name);
        Assert.Equal($"tcptracer: {name}: the file would not be packed, as this name says; name it {plain}, "
            + $"or pack it yourself, as in `-o - | {program} > {name}`", Assert.Single(run.ErrorLines));
    }

    [Fact]
    public void ExistingFileIsOverwrittenOnlyWithForce()
    {
        string other = _folder.File("b.tct");
        File.WriteAllText(other, "precious");
        RunResult run = TcptracerProgram.Run("recover", Trace, "-o", other);
        Assert.Equal((1, $"tcptracer: {other}: there is such a file already; name another file with -o, or overwrite it with --force"),
            (run.ExitCode, Assert.Single(run.ErrorLines)));
        Assert.Equal("precious", File.ReadAllText(other));
        Assert.Equal(0, TcptracerProgram.Run("recover", Trace, "-o", other, "--force").ExitCode);
        Assert.Equal("", TcptracerProgram.Run("show", other).Errors);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(other));
        AssertUntouched();
    }

    [Fact]
    public void RecoveringANonTraceLeavesTheOutputUntouched()
    {
        File.WriteAllText(_folder.File("junk"), "junk");
        RunResult run = TcptracerProgram.Run("recover", _folder.File("junk"), "-o", Trace, "--force");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("this is not a trace", Assert.Single(run.ErrorLines));
        AssertUntouched();
    }

    [Fact]
    public void AnInterruptedRecoveryLeavesNothingBehind()
    {
        RunResult run = Shell.Run("""
            cd $1; mkfifo slow
            for time in {1..10}; do
                "$TCPTRACER" recover slow -o new.tct & p=$!
                exec 4>slow; head -c 100 a.tct >&4
                until compgen -G '.tcptracer-*.part' >/dev/null; do :; done # at the first moment that there is one
                kill -TERM $p; wait $p; exec 4>&-
            done
            ls -A
            """, _folder.Path);
        Assert.Equal(["a.tct", "slow"], run.Lines);
    }

    [OtherUserFact]
    public void FilesAndLinksOfOtherUsersInSharedDirectoriesAreNotTouched()
    {
        string everybody = Directory.CreateDirectory(_folder.File("everybody")).FullName;
        Shell.Run("chmod 1777 $1; echo theirs >$1/x.tct; ln -s ../a.tct $1/link; chown -h 65534 $1/x.tct $1/link", everybody);
        foreach (string name in new[] { "x.tct", "link" })
        {
            RunResult run = TcptracerProgram.Run("recover", Trace, "-o", Path.Combine(everybody, name), "--force");
            Assert.NotEqual(0, run.ExitCode);
            Assert.True(run.Errors.Contains("belongs to another user", StringComparison.Ordinal)
                || run.Errors.Contains("the command reads", StringComparison.Ordinal), run.Errors);
        }
        Assert.Equal("theirs\n", File.ReadAllText(Path.Combine(everybody, "x.tct")));
        AssertUntouched();
    }

    [RecordingTheory]
    [InlineData("-o dir", "this is a directory")]
    [InlineData("-o dir/", "this is a directory")]
    [InlineData("-o dir --rotate-size 1M", "this is a directory")]
    [InlineData("-o dir/ --ring 1m", "this is a directory")]
    [InlineData("-o nothing/ --rotate-size 1M", "this is a directory")]
    [InlineData("-o null", "this is a device")]
    [InlineData("-o null --ring 1m", "this is a device")]
    [InlineData("-o ''", "the name after -o is empty")]
    [InlineData("-o '' --rotate-size 1M", "the name after -o is empty")]
    [InlineData("-o none/x.tct", "there is no directory none")]
    [InlineData("-o /proc/x.tct", "no file can be created in /proc")]
    [InlineData("-o out >out", "its standard output")]
    [InlineData("-o out --print >>out", "its standard output")]
    public void DirectoriesDevicesAndStandardOutputAreRefusedAsOutput(string options, string said)
    {
        RunResult run = Shell.Run($"cd $1; mkdir dir; mknod null c 1 3; chmod 666 null; tcptracer record {options} -- true; "
            + "stat -c %a null >&2; rm -f out; ls -A . dir >&2", _folder.Path);
        Assert.Contains(said, run.ErrorLines[0]);
        Assert.Equal(["666", ".:", "a.tct", "dir", "null", "dir:"], run.ErrorLines[1..].Select(l => l.Trim()));
    }

    [KernelFact]
    public void AnEarlierTraceIsMovedAside()
    {
        RunResult run = TcptracerProgram.Run("record", "-o", Trace, "--", "true");
        Assert.Equal((0, $"tcptracer: the earlier {Trace} is {Trace}.old now"), (run.ExitCode, run.ErrorLines[0]));
        Assert.Equal(_good, File.ReadAllBytes(Trace + ".old"));
        byte[] second = File.ReadAllBytes(Trace);
        run = TcptracerProgram.Run("record", "-o", Trace, "--force", "--", "true");
        Assert.Equal((0, 2), (run.ExitCode, run.ErrorLines.Length));
        Assert.Equal(_good, File.ReadAllBytes(Trace + ".old"));
        Assert.NotEqual(second, File.ReadAllBytes(Trace));
        Assert.EndsWith(" now, in place of an older one", TcptracerProgram.Run("record", "-o", Trace, "--", "true").ErrorLines[0]);
        // It is moved aside already: both names lead to it
        Shell.Run("ln -f $1 $1.old", Trace);
        second = File.ReadAllBytes(Trace);
        Assert.Equal(0, TcptracerProgram.Run("record", "-o", Trace, "--", "true").ExitCode);
        Assert.Equal(second, File.ReadAllBytes(Trace + ".old"));
        Assert.NotEqual(second, File.ReadAllBytes(Trace));
    }

    [KernelFact]
    public void SecondRecorderOfOneFileIsRefused()
    {
        string[] ways = ["", "--rotate-every 1h", "--rotate-every 1h --keep 1"];
        foreach (string way in ways)
        {
            string[] record =
                ["record", "-o", _folder.File("t.tct"), "--pid", "1", .. way.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
            using TcptracerProgram first = TcptracerProgram.StartWatching(record);
            RunResult second = TcptracerProgram.Run([.. record, "--duration", "1s"]);
            Assert.Equal((1,
                $"tcptracer: {_folder.File("t.tct")}: another recorder is writing it; end that one, or name another file with -o"),
                (second.ExitCode, Assert.Single(second.ErrorLines)));
            Assert.Equal(0, first.Stop().ExitCode);
            Each.Of(Directory.GetFiles(_folder.Path, "t*.tct"), f => Assert.Equal("", TcptracerProgram.Run("show", f).Errors));
        }
    }

    [KernelFact]
    public void FullDiskAtTheStartKeepsTheEarlierTrace()
    {
        RunResult run = Shell.Run("""
            unshare -m bash -c '
                exec 4<$1/a.tct; mount -t tmpfs -o size=8k none $1; cat <&4 >$1/t.tct; dd if=/dev/zero of=$1/full bs=4k count=1 2>/dev/null
                "$TCPTRACER" record -o $1/t.tct -- true; echo $?
                "$TCPTRACER" record -o $1/s.tct --rotate-every 1h -- true; echo $?
                ls -A $1; "$TCPTRACER" verify $1/t.tct | grep -c ": good, 1 event "' bash $1
            """, _folder.Path);
        Assert.Equal(["1", "1", "full", "t.tct", "1"], run.Lines);
        Assert.Equal(2, run.ErrorLines.Length);
        Assert.EndsWith("/t.tct: no space is left on the device; the earlier file of that name is as it was; "
            + "make room, or name another file with -o", run.ErrorLines[0]);
        Assert.Contains("no space is left on the device; nothing is left there", run.ErrorLines[1]);
    }

    [KernelFact]
    public void RotationOnAFullDiskNamesItsFileAndKeepsTheOthers()
    {
        RunResult run = Shell.Run("""
            unshare -m bash -c '
                mount -t tmpfs -o size=20k none $1
                "$TCPTRACER" record -o $1/t.tct --rotate-size 3k -- \
                    bash -c "for i in {1..6000}; do exec 3<>/dev/tcp/127.0.0.1/9; done 2>/dev/null; exit 5"
                echo $?; "$TCPTRACER" verify $1/t-*.tct; echo $?; find $1 -size 0; ls -A $1 | grep -v ^t-' bash $1
            """, _folder.Path);
        Assert.Equal("1", run.Lines[0]);
        Assert.Equal("3", run.Lines[^1]); // the last file has no end; all are good, none is empty, and there are no others
        Each.Of(run.Lines[1..^1], l => Assert.Contains(": good, ", l));
        Assert.Contains(run.ErrorLines, l => l.Contains("/t-", StringComparison.Ordinal)
            && l.Contains("no space is left on the device", StringComparison.Ordinal));
        Assert.Contains(run.ErrorLines, l => l.Contains(" captured, ", StringComparison.Ordinal)
            && l.Contains(" written to ", StringComparison.Ordinal));
        Assert.Contains("0 events lost", run.ErrorLines);
        long written = long.Parse(run.ErrorLines.First(l => l.Contains(" captured, ", StringComparison.Ordinal)).Split(' ')[3]);
        Assert.Equal(written, run.Lines[1..^1].Sum(l => long.Parse(l.Split(", ")[1].Split(' ')[0])));
    }

    /// <summary>A command that cannot be started costs no earlier trace, however often it is tried.</summary>
    [KernelFact]
    public void CommandThatCannotStartLeavesTheExistingTrace()
    {
        RunResult run = Shell.Run("""
            cd $1; printf '#!/no/such\n' >script; echo junk >junk; chmod +x script junk
            for command in ./script ./junk; do
                for set in '' '--rotate-every 1h --keep 1' '--ring 1m'; do
                    for i in 1 2; do "$TCPTRACER" record -o a.tct $set -- $command; echo $?; done
                done
            done
            ls -A
            """, _folder.Path);
        Assert.Equal([.. Enumerable.Repeat("126", 12), "a.tct", "junk", "script"], run.Lines);
        AssertUntouched();
    }

    [KernelFact]
    public void FileThatIsNoTraceIsNotMovedAside()
    {
        RunResult run = Shell.Run("cd $1; echo precious >notes.txt; tcptracer record -o notes.txt --duration 1ms; echo $?; "
            + "cat notes.txt; ls; tcptracer record -o notes.txt --force --duration 1ms; echo $?", _folder.Path);
        Assert.Equal(["1", "precious", "a.tct", "notes.txt", "0"], run.Lines);
        Assert.Equal(
            "tcptracer: notes.txt: there is such a file, and it is no trace; name another file with -o, or overwrite it with --force",
            run.ErrorLines[0]);
    }

    [KernelFact]
    public void FileMovedDuringTheRecordingIsReportedMissing()
    {
        RunResult run = Shell.Run(
            "cd $1; tcptracer record -o b.tct -- sh -c 'until [ -e b.tct ]; do sleep 0.01; done; mv b.tct c.tct'", _folder.Path);
        Assert.Contains("b.tct was moved or deleted while it was written: the trace is not there", run.ErrorLines);
        Assert.Equal("", TcptracerProgram.Run("show", _folder.File("c.tct")).Errors);
    }

    public void Dispose() => _folder.Dispose();
}
