using System.Text.Json;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>The diff command: its sections, its JSON, its exit codes, and what it says.</summary>
public sealed class DiffTests : IDisposable
{
    private static readonly string s_shop = Path.Combine(TcptracerProgram.Repository, "tests", "golden", "shop-1.0.tct");

    private readonly TemporaryFolder _folder = new();

    /// <summary>Makes two traces of the shop: a.tct until a time, b.tct from there on.</summary>
    private RunResult Halves(string command, string at = "01:55:10") => Shell.Run($"""
        cd $1; tcptracer filter {s_shop} --until {at} -o a.tct 2>/dev/null; tcptracer filter {s_shop} --since {at} -o b.tct 2>/dev/null
        {command}
        """, _folder.Path);

    [Theory]
    [InlineData("$1 $1")]
    [InlineData("$1 $1 -o json")]
    [InlineData("- $1 <$1")]
    [InlineData("shop.tct.gz $1")]
    [InlineData("$1 shop.tct.zst -n shop")]
    [InlineData("$1 $1 --since 01:55:08 --until 01:55:10")]
    [InlineData("$1 $1 --enrich hindsight")]
    public void ATraceDoesNotDifferFromItself(string arguments)
    {
        RunResult run = Shell.Run(
            $"cd $2; gzip -kc $1 >shop.tct.gz; zstd -qc $1 >shop.tct.zst; tcptracer diff {arguments}", s_shop, _folder.Path);
        Assert.Equal((0, ""), (run.ExitCode, run.Output));
    }

    /// <summary>
    /// Two halves of one trace: of connections that were open at the cut, the second half has nothing but the two ends. They are calls of
    /// the same service as before.
    /// </summary>
    [Fact]
    public void CutConnectionsAreNoChange()
    {
        string shop = Path.Combine(TcptracerProgram.Repository, "examples", "shop.tct");
        RunResult run = Shell.Run("""
            cd $2
            tcptracer filter $1 --until 18:53:21 -o before.tct
            tcptracer filter $1 --since 18:53:21 -o after.tct
            tcptracer diff before.tct after.tct 2>/dev/null
            """, shop, _folder.Path);
        Assert.Equal((0, ""), (run.ExitCode, run.Output));
    }

    [Fact]
    public void AppearedAndVanishedEdgesAreShownWithBothSpans()
    {
        RunResult run = Halves("tcptracer diff a.tct b.tct");
        Assert.Equal(1, run.ExitCode);
        Assert.Matches(@"(?m)^A: a\.tct, from 2026-11-28T01:55:0[0-9.]+Z for [0-9.]+s: \d+ connections", run.Output);
        Assert.Matches(@"(?m)^B: b\.tct, from 2026-11-28T01:55:1[0-9.]+Z for [0-9.]+s: \d+ connections", run.Output);
        Assert.Matches(@"(?m)^(APPEARED|VANISHED)\nFROM +TO +PORT +CALLS +FAILED +PER MINUTE +EXAMPLE +P$", run.Output);
        Assert.Equal(1, Halves("tcptracer diff a.tct b.tct | head -n 1; exit ${PIPESTATUS[0]}").ExitCode);
    }

    [Fact]
    public void ChangesThatMayBeChanceAreCounted()
    {
        RunResult run = Halves("tcptracer diff a.tct b.tct");
        Assert.Contains("not shown, because it may be chance: 1 began to fail, 2 broke more; --significance 1 shows it", run.Errors,
            StringComparison.Ordinal);
        Assert.DoesNotContain("not shown", Halves("tcptracer diff a.tct b.tct --significance 1").Errors, StringComparison.Ordinal);
        Assert.Matches("(?s)BEGAN TO FAIL\n.*\nBROKE MORE\n.*\nVANISHED\n", Halves("tcptracer diff a.tct b.tct --significance 1").Output);
    }

    /// <summary>What one direction calls appeared, the other one calls vanished.</summary>
    [Fact]
    public void JsonHasOneObjectForEachDifferenceAndTheReverseDiffMirrorsIt()
    {
        static (string? From, string? To, int Port)[] Of(RunResult run, string change) =>
        [
            .. run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)
                .Where(e => e.GetProperty("change").GetString() == change)
                .Select(e => (e.GetProperty("from").GetString(), e.GetProperty("to").GetString(), e.GetProperty("port").GetInt32()))
                .Order(),
        ];
        RunResult there = Halves("tcptracer diff a.tct b.tct -o json"), back = Halves("tcptracer diff b.tct a.tct -o json");
        Assert.Equal((1, 1), (there.ExitCode, back.ExitCode));
        Assert.True(Of(there, "appeared").Length + Of(there, "vanished").Length > 0, there.Output);
        Assert.Equal(Of(there, "appeared"), Of(back, "vanished"));
        Assert.Equal(Of(there, "vanished"), Of(back, "appeared"));
        JsonElement first = JsonDocument.Parse(there.Output.Split('\n')[0]).RootElement;
        JsonElement side = first.GetProperty(first.GetProperty("change").GetString() == "appeared" ? "after" : "before");
        Assert.True(side.GetProperty("span_ns").GetInt64() > 0 && side.GetProperty("calls").GetInt64() > 0);
        Assert.InRange(first.GetProperty("adjusted_p").GetDouble(), 0, 1);
    }

    [Theory]
    [InlineData("$1", "two traces are compared")]
    [InlineData("$1 $1 $1", "two traces are compared")]
    [InlineData("none.tct $1", "there is no such file")]
    [InlineData("$1 /dev/null", "")]
    [InlineData("$1 $1 --significance 2", "--significance '2': a number from 0 to 1 is expected")]
    [InlineData("$1 $1 --min-ratio x", "--min-ratio 'x': a number from 1 to")]
    [InlineData("$1 $1 --bad", "'--bad' is not known here")]
    [InlineData("$1 - <&-", "standard input is closed")]
    [InlineData("$1 $1 >&-", "standard output cannot be written")]
    public void ErrorsEndWithExitCode2(string arguments, string sentence)
    {
        RunResult run = Shell.Run($"tcptracer diff {arguments}", s_shop);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(sentence, run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void DamagedTraceIsReportedAndEndsWithExitCode2()
    {
        byte[] trace = TraceBytes.Write(RandomTraffic.Events(11, 5_000), blockOf: 500);
        File.WriteAllBytes(_folder.File("good.tct"), trace);
        trace[trace.Length / 2] ^= 0x10;
        File.WriteAllBytes(_folder.File("damaged.tct"), trace);
        RunResult run = TcptracerProgram.Run("diff", _folder.File("good.tct"), _folder.File("damaged.tct"));
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("damaged.tct: ", run.Errors, StringComparison.Ordinal);
        Assert.Contains("connect nor accept was recorded", run.Errors, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
