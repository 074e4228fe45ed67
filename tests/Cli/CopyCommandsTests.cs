using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Replay.Copies;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>The commands filter, merge and redact: their files, their refusals, and their messages.</summary>
public sealed class CopyCommandsTests : IDisposable
{
    private static readonly string s_shop = Path.Combine(TcptracerProgram.Repository, "examples", "shop.tct");
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Commands => ["filter", "merge", "redact"];

    private string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(_folder.File(name), bytes);
        return _folder.File(name);
    }

    private RunResult Bash(string script, params string[] arguments) =>
        Shell.Run($"cd \"$1\"; shop=$2; {script}", [_folder.Path, s_shop, .. arguments]);

    [Fact]
    public void ShowPrintsTheSameForAFilteredFileAsForTheOriginal()
    {
        RunResult run = Bash("""
            set -e; tcptracer filter $shop -o new.tct -n shop --failed
            for format in columns wide json csv yaml; do
                cmp <(tcptracer show new.tct -o $format) <(tcptracer show $shop -o $format -n shop --failed)
            done
            tcptracer verify new.tct; tcptracer info new.tct | grep copy; stat -c %a new.tct
            """);
        Assert.True(run.ExitCode == 0, run.Errors);
        Assert.Contains("new.tct: good", run.Output);
        Assert.Contains("filter --namespace shop --failed", run.Output);
        Assert.EndsWith("600\n", run.Output);
        Assert.Matches(@"^\d+ of 227 events copied to new\.tct \(\d\.\d kB\)\n$", run.Errors);
    }

    [Theory, MemberData(nameof(Commands))]
    public void ExistingFileIsNotOverwritten(string command)
    {
        RunResult run = Bash($"echo old > new.tct; tcptracer {command} $shop -o new.tct; echo $?; cat new.tct; "
            + $"tcptracer {command} $shop -o new.tct --force && tcptracer verify new.tct");
        Assert.StartsWith("1\nold\n", run.Output);
        Assert.Contains("new.tct: there is such a file already; name another file with -o, or overwrite it with --force", run.Errors);
        Assert.Contains("new.tct: good", run.Output);
    }

    [Theory, MemberData(nameof(Commands))]
    public void AnInputIsNeverOverwritten(string command)
    {
        RunResult run = Bash($"""
            cp $shop in.tct; ln -s in.tct link.tct; ln in.tct hard.tct; cp $shop second.tct; mkfifo pipe
            for name in in.tct link.tct hard.tct ./in.tct; do tcptracer {command} second.tct in.tct -o $name --force; echo $?; done
            tcptracer {command} - -o in.tct --force < in.tct; echo $?
            cmp in.tct $shop && ls -A | wc -l
            """);
        Assert.Equal("2\n2\n2\n2\n2\n5\n", run.Output);
        Assert.Contains("this is a file that the command reads", run.Errors);
    }

    [Theory, MemberData(nameof(Commands))]
    public void CopiesReadPipesAndPackedFilesAndWriteToAPipe(string command)
    {
        RunResult run = Bash($"""
            gzip -c $shop > a.gz; zstd -qc $shop > a.zst; set -e -o pipefail
            tcptracer {command} $shop -o - | tcptracer show - -o json | wc -l
            cat $shop | tcptracer {command} - -o - | tcptracer show - -o json | wc -l
            tcptracer {command} a.gz a.zst <(cat $shop) -o new.tct
            tcptracer show new.tct -o json | wc -l; tcptracer show $shop -o json | wc -l; ls -A
            """);
        Assert.True(run.ExitCode == 0, run.Errors);
        string[] lines = run.Lines;
        Assert.Equal([lines[3], lines[3], $"{3 * int.Parse(lines[3])}", lines[3], "a.gz", "a.zst", "new.tct"], lines);
    }

    [Theory, MemberData(nameof(Commands))]
    public void GoodPartsOfADamagedFileAreCopied(string command)
    {
        byte[] trace = TraceBytes.Write(RandomTraffic.Events(3, 1_000), blockOf: 100);
        trace[trace.Length / 2] ^= 1;
        string damaged = Write("damaged.tct", trace), bad = Write("bad", "root:x:0:0"u8.ToArray());
        RunResult run = Bash(
            $"tcptracer {command} damaged.tct -o new.tct; echo $?; tcptracer verify new.tct; tcptracer info new.tct -o json", damaged);
        Assert.StartsWith("3\n", run.Output);
        Assert.Contains("damaged.tct: damaged at offset", run.Errors);
        Assert.Contains("the copy lacks 100 events of damaged parts, and says so", run.Errors);
        Assert.Contains("new.tct: good, 900 events", run.Output);
        Assert.Contains("\"losses\":[{\"source\":\"damage\",\"count\":100", run.Output);
        run = Bash($"tcptracer {command} bad -o none.tct; echo $?; tcptracer {command} bad {s_shop} -o some.tct; echo $?; ls none.tct; "
            + "tcptracer verify some.tct", bad);
        Assert.Equal("1\n1\n", run.Output[..4]);
        Assert.Contains("bad: this is not a trace", run.Errors);
        Assert.Contains("some.tct: good, 227 events", run.Output);
    }

    [Theory, MemberData(nameof(Commands))]
    public void SelectionWithoutEventsGivesAnEmptyTrace(string command)
    {
        RunResult run = Bash(
            $"tcptracer {command} $shop -o new.tct --comm nobody; echo $?; tcptracer verify new.tct; tcptracer show new.tct -o json");
        Assert.StartsWith("0\n", run.Output);
        Assert.Contains("new.tct: good, 0 events", run.Output);
        Assert.Contains("the selection (--comm nobody) hides all 227 events", run.Errors);
        Assert.Contains("0 of 227 events", run.Errors);
    }

    public static TheoryData<string> Writers => [.. Commands.Select(c => c.Data), "report", "export --to csv"];

    [RecordingTheory, MemberData(nameof(Writers))]
    public void FullDiskLeavesTheExistingFileUntouched(string command)
    {
        RunResult run = Bash($$"""
            unshare -m bash -c 'mount -t tmpfs -o size=8k none $1; cd $1; echo old > new.tct
                "$TCPTRACER" {{command}} $2 -o new.tct --force; echo $?; cat new.tct; ls -A' bash "$1" $shop
            """);
        Assert.Equal("1\nold\nnew.tct\n", run.Output);
        Assert.Contains("the earlier file of that name is as it was", run.Errors);
    }

    [Theory, MemberData(nameof(Commands))]
    public void InterruptLeavesNoPartialFile(string command)
    {
        RunResult run = Bash($$"""
            mkfifo pipe; exec 9<>pipe; head -c 9000 $shop > pipe &
            $TCPTRACER {{command}} pipe -o new.tct & pid=$!
            for i in {1..500}; do compgen -G '.tcptracer-*' > /dev/null && break; sleep 0.02; done; sleep 0.3
            kill -INT $pid 2> /dev/null || kill -TERM $pid; kill -TERM $pid 2> /dev/null; wait $pid; echo $?; ls -A
            """);
        Assert.NotEqual("0", run.Lines[0]);
        Assert.Equal(["pipe"], run.Lines[1..]);
    }

    [Fact]
    public void SameKeyGivesTheSamePseudonyms()
    {
        RunResult run = Bash("""
            set -e; head -c 32 /dev/urandom > key; cp $shop b.tct
            tcptracer redact $shop -o 1.tct --key key; tcptracer redact b.tct -o 2.tct --key key; tcptracer redact $shop -o 3.tct
            cmp <(tcptracer show 1.tct) <(tcptracer show 2.tct) && echo same
            cmp -s <(tcptracer show 1.tct) <(tcptracer show 3.tct) || echo other
            tcptracer show 1.tct -o custom-columns=pod --no-headers | sort -u | grep -c '^pod-'
            """);
        Assert.Equal((0, "same\nother\n8\n"), (run.ExitCode, run.Output));
        run = Bash("echo short > k; tcptracer redact $shop -o x.tct --key k; echo $?; tcptracer redact $shop -o x.tct --key none; "
            + "echo $?; tcptracer redact $shop -o k --force --key k; echo $?; ls -A");
        Assert.Contains("a key has at least 16 bytes, and this has 6", run.Errors);
        Assert.DoesNotContain("x.tct", run.Output);
    }

    [Fact]
    public void StandardInputGivenTwiceIsRefused()
    {
        RunResult run = Bash("for c in 'merge -o m.tct' 'filter -o f.tct' show summary verify; do "
            + "cat $shop | tcptracer $c - -; echo $?; done; ls");
        Assert.Equal("2\n2\n2\n2\n2\n", run.Output);
        Each.Of(run.ErrorLines, l => Assert.Contains("name it once", l));
    }

    /// <summary>Where the closing lines go is no place for a trace.</summary>
    [Fact]
    public void FileOfStandardErrorIsRefusedAsOutput()
    {
        RunResult run = Bash("for c in 'filter' 'merge' 'redact' 'recover' 'export --to csv'; do "
            + "tcptracer $c $shop -o err.txt --force 2> err.txt; echo $?; grep -c 'or its standard output' err.txt; done");
        Assert.Equal("2\n1\n2\n1\n2\n1\n2\n1\n2\n1\n", run.Output);
    }

    [Fact]
    public void ProofReportsWhatItSearchedFor()
    {
        Write("full.tct", FullTrace.Write());
        RunResult run = Bash("""
            tcptracer redact full.tct -o new.tct --keep comm; tcptracer redact --prove full.tct new.tct; echo $?
            tcptracer redact --prove full.tct full.tct; echo $?; tcptracer redact --prove full.tct; echo $?
            tcptracer redact --prove full.tct new.tct -o x; echo $?
            tcptracer info new.tct | grep redacted; tcptracer summary new.tct > /dev/null && echo sum
            """);
        Assert.Matches(@"(?s)^new\.tct: looked for \d+ texts and \d+ addresses of full\.tct in \d+ records; "
            + @"left out, as kept by --keep comm: none found\n0\n1\n2\n2\n  redacted.*redact --keep comm\nsum\n$", run.Output);
        Assert.Contains("full.tct: this is no redacted copy", run.Errors);
        Assert.Contains("--prove takes two traces", run.Errors);
        Assert.Contains("--output has no effect here", run.Errors);
        string lying = Write("lying.tct", TraceBytes.Edit(FullTrace.Write(), "header",
            r => r["copies"] = new object[] { new object[] { "redact", "", "tcptracer 9" } }));
        run = TcptracerProgram.Run("redact", "--prove", _folder.File("full.tct"), lying);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("lying.tct: metadata.pods.*.2 of record", run.Output);
        Assert.DoesNotContain("web-of-pod", run.Output); // the proof may be given away with the copy
    }

    [Theory]
    [InlineData("redact a -o b --keep podd", "field 'podd' is not known; did you mean 'pod'?")]
    [InlineData("redact a -o b --keep ,", "--keep: which fields?")]
    [InlineData("redact a", "-o FILE is missing: name the trace to write")]
    [InlineData("merge a b -o c --align maybe", "known: auto, none")]
    [InlineData("filter a", "-o FILE is missing")]
    public void WrongOptionsEndWithASentenceAndExitCode2(string line, string sentence)
    {
        RunResult run = Shell.Run($"tcptracer {line}");
        Assert.Equal(2, run.ExitCode);
        Assert.Matches(sentence.Replace("?", "\\?", StringComparison.Ordinal), run.Errors);
    }

    [Fact]
    public void MergeOrdersEventsOfNodesByTime()
    {
        byte[][] files = MergeTests.Of("two nodes");
        for (int i = 0; i < files.Length; i++)
            Write($"{i}.tct", files[i]);
        RunResult run = Bash("""
            set -e; tcptracer merge 0.tct 1.tct 2.tct -o all.tct
            for i in 0 1 2; do tcptracer show $i.tct -o json; done > lines
            sed 's/.*"timestamp":"\([^"]*\)".*/\1 &/' lines | sort -s -k1,1 | cut -d' ' -f2- > sorted
            cmp <(tcptracer show all.tct -o json) sorted && echo same
            tcptracer info all.tct | grep merged; tcptracer verify all.tct; tcptracer summary all.tct --by node
            """);
        Assert.True(run.ExitCode == 0, run.Errors);
        Assert.StartsWith("same\n", run.Output);
        Assert.Equal(3, run.Lines.Count(l => l.StartsWith("  merged", StringComparison.Ordinal)));
        Assert.Matches(@"\d+ of 900 events of 3 traces merged into all\.tct", run.Errors);
    }

    public void Dispose() => _folder.Dispose();
}
