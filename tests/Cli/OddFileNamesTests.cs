using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>
/// A file may have any name that the kernel accepts. It is read and written under that name, and printed so that it can be typed again.
/// </summary>
public sealed class OddFileNamesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public OddFileNamesTests() => File.WriteAllBytes(_folder.File("a.tct"), SampleEvents.Trace(null, true, SampleEvents.Seed));

    public void Dispose()
    {
        Shell.Run("find $1 -mindepth 1 -delete", _folder.Path); // .NET cannot delete files whose names are not UTF-8
        _folder.Dispose();
    }

    private RunResult Run(string script) => Shell.Run($"cd $1; {script}", _folder.Path);

    /// <summary>Names as they are typed into bash, and as they are printed.</summary>
    public static TheoryData<string> Names => [@"$'not-\xff\xc3(-utf8'", @"$'new\nline\x1b[31m'", @"$'\xe2\x80\xaegnirts'", "'with blank'",
        @"'it'\''s'", "./-x", "\u00fc\u65e5.tct", @"'back\x1bslash'"];

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryCommandReadsFilesWithOddNames(string typed)
    {
        RunResult run = Run($"""
            f={typed}; cp a.tct "$f"
            tcptracer show "$f" --no-headers | wc -l; tcptracer show --last 1 --no-headers "$f" | wc -l
            tcptracer show -f --no-headers "$f" | wc -l; tcptracer show --enrich hindsight --no-headers "$f" | wc -l
            tcptracer show --since 14:28 --no-headers "$f" | wc -l; tcptracer summary --by comm "$f" | wc -l
            tcptracer info "$f" | head -1; tcptracer info -o json "$f" | wc -l; tcptracer verify "$f"
            tcptracer recover "$f" -o "$f.new" && tcptracer verify "$f.new"
            """);
        const string good = "good, 1 event in 1 good block";
        Assert.Equal(["1", "1", "1", "1", "1", "2", "1"], [.. run.Lines.Take(6), run.Lines[7]]);
        Assert.StartsWith($"{typed}: trace 1.", run.Lines[6]);
        Assert.Equal($"{typed}: {good}", run.Lines[8]);
        Assert.EndsWith(good, run.Lines[9]);
        Assert.StartsWith("1 event in 1 block saved to ", Assert.Single(run.ErrorLines));
    }

    [RecordingTheory]
    [MemberData(nameof(Names))]
    public void RecordWritesFilesWithOddNames(string typed)
    {
        RunResult run = Run($"""
            f={typed}; for i in 1 2; do tcptracer record -o "$f" -- true; done; tcptracer verify "$f" "$f.old" | grep -c good
            ln -s "$f" link; tcptracer record --force -o link -- true; [ -L link ] && tcptracer verify link; ls -Ab | wc -l
            """);
        Assert.Equal(["2", "link: good, 0 events in 0 good blocks", "4"], run.Lines);
        Assert.Contains(run.ErrorLines, l => l.StartsWith($"0 events captured, 0 written to {typed} (", StringComparison.Ordinal));
        Assert.Contains(run.ErrorLines, l => l.StartsWith($"tcptracer: the earlier {typed} is ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("show ''", "the name of a trace is empty: name a file, or - for standard input")]
    [InlineData("info a.tct ''", "the name of a trace is empty: name a file, or - for standard input")]
    [InlineData("recover '' -o b.tct", "the name of a trace is empty: name a file, or - for standard input")]
    [InlineData("recover a.tct -o ''", "the name after -o is empty; name a file, as in -o trace.tct")]
    [InlineData("show -x.tct", "'-x.tct' is not known here; for the file of that name, write ./-x.tct")]
    [InlineData(@"record -o b.tct -- echo $'\xff'",
        @"the command's word $'\xff' is not UTF-8 and cannot be passed on: put it into a script and record that")]
    public void WrongFileNameGivesOneSentence(string arguments, string sentence)
    {
        RunResult run = Run($"cp a.tct ./-x.tct; tcptracer {arguments}; echo $?; ls");
        Assert.Equal(["2", "-x.tct", "a.tct"], run.Lines);
        Assert.Equal($"tcptracer: {sentence}", Assert.Single(run.ErrorLines));
    }

    [Fact]
    public void ArgumentsAfterTwoDashesAreFiles()
    {
        RunResult run = Run("cp a.tct ./-x.tct; cp a.tct ./--fields; tcptracer verify -- -x.tct --fields a.tct");
        Assert.Equal(["./-x.tct: good, 1 event in 1 good block", "./--fields: good, 1 event in 1 good block",
            "a.tct: good, 1 event in 1 good block"], run.Lines);
    }

    /// <summary>A pipe is read once, from its beginning, whatever its name.</summary>
    [Fact]
    public void EveryCommandReadsPipes()
    {
        RunResult run = Run("""
            mkfifo $'f\xff'
            for c in "show --no-headers -o custom-columns=pid" verify "info" "summary --by pid"; do
                tcptracer $c <(cat a.tct) | head -1; cat a.tct | tcptracer $c /dev/stdin | head -1
                cat a.tct | tcptracer $c - | head -1; cat a.tct | tcptracer $c /proc/self/fd/0 | head -1
                cat a.tct >$'f\xff' & tcptracer $c $'f\xff' | head -1; tcptracer $c <(gzip -c a.tct) | head -1
            done | sed 's/^[^ ]*: //' | sort | uniq -c
            tcptracer recover <(cat a.tct) -o r.tct; tcptracer verify r.tct; tcptracer recover a.tct -o >(cat >s.tct)
            wait $!; tcptracer verify s.tct; wait
            """);
        Assert.Equal(["6 29610", $"6 PID {SummaryHeader}", "6 good, 1 event in 1 good block"], run.Lines[..4]
            .Where(l => !l.Contains(" trace 1.", StringComparison.Ordinal)).Select(Squeeze).Order(StringComparer.Ordinal));
        Assert.Equal(["r.tct: good, 1 event in 1 good block", "s.tct: good, 1 event in 1 good block"], run.Lines[4..]);
    }

    private const string SummaryHeader =
        "EVENTS OPENED FAILED SENT RECEIVED RESET_ENDS RETRANSMITS LATENCY_P50 LATENCY_P99 FIRST LAST";

    private static string Squeeze(string line) => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
