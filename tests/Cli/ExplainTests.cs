using TcpTracer.Formats.Events;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Replay.Copies;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary><c>tcptracer summary --explain</c>: why a filter matches nothing.</summary>
public sealed class ExplainTests : IDisposable
{
    private static readonly string s_shop = Path.Combine(TcptracerProgram.Repository, "examples", "shop.tct");
    private readonly TemporaryFolder _folder = new();

    private static RunResult Explain(string expression, params string[] more) =>
        TcptracerProgram.Run(["summary", more.Contains("-") ? "-" : s_shop, "--explain", expression, .. more.Where(m => m != "-")]);

    [Theory]
    [InlineData("dport == 5432", "16 of 227 events match")]
    [InlineData("dport == 5433", "  `dport == 5433`: no event has it; 5432 has 16")]
    [InlineData("pod == db-1", "  `pod == db-1`: no event has it; db-0 has 16")]
    [InlineData("port == 1 and comm == psql", "  without `port == 1`: 2 events")]
    [InlineData("comm == psql and dport == 6379", "  each condition holds for some events, but no event fulfils all of them")]
    [InlineData("comm == psql and dport == 6379", "  without `comm == psql`: 8 events")]
    [InlineData("latency_ns > 1h", "no event has it; its values are from 11948 to ")]
    [InlineData("op == progress", "a recording has them only with --progress-every")]
    [InlineData("args =~ x", "a recording has them only with --args")]
    [InlineData("pod == none", "names were asked of Kubernetes API")]
    [InlineData("comm == nobody", "the recording kept only what -F 'namespace in (shop, kube-system) or comm == kubelet' selects")]
    [InlineData("(comm == nobody or dport == 1)", "  `(comm == nobody or dport == 1)`: no event has it")]
    [InlineData("comm == nobody or dport == 1", "  `comm == nobody or dport == 1`: no event has it")]
    public void ExplanationNamesPresentValuesAndUnrecordedFields(string expression, string sentence)
    {
        RunResult run = Explain(expression);
        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Contains(sentence, run.Output);
    }

    [Fact]
    public void ExplanationTriesOtherTimesAndOptions()
    {
        Assert.Contains("  at other times: 16 events, from 2026-11-28T01:55:07.402409892Z",
            Explain("dport == 5432", "--until", "01:55:07").Output);
        Assert.Contains("  without --comm nobody: 16 events", Explain("dport == 5432", "--comm", "nobody").Output);
        Assert.Contains("  no event at all is in the time of --since", Explain("dport == 5432", "--since", "2027-01-01T00:00:00Z").Output);
    }

    /// <summary>A trace that recorded everything: what it does not have was not there.</summary>
    [Fact]
    public void ExplanationSaysWhenTheTraceRecordedEverything()
    {
        string file = _folder.File("t.tct");
        File.WriteAllBytes(file, SampleEvents.Trace(events: [SampleEvents.Make(Operation.Connect, "wget")]));
        RunResult run = TcptracerProgram.Run("summary", file, "--explain", "comm == wgett");
        Assert.Contains("no event has it; wget has 1", run.Output);
        Assert.Contains("what it does not have was not there", run.Output);
        run = Shell.Run("cat $1 | tcptracer summary - --explain 'comm == wget'", file);
        Assert.StartsWith("1 of 1 event match", run.Output);
    }

    [Fact]
    public void ExplanationNamesLossesAndDamage()
    {
        string file = _folder.File("full.tct");
        File.WriteAllBytes(file, FullTrace.Write());
        Assert.Contains("lost between", TcptracerProgram.Run("summary", file, "--explain", "comm == nobody").Output);
        byte[] bad = File.ReadAllBytes(s_shop);
        bad[bad.Length / 2] ^= 0xff;
        File.WriteAllBytes(file, bad);
        RunResult run = TcptracerProgram.Run("summary", file, "--explain", "comm == nobody");
        Assert.Equal(3, run.ExitCode);
        Assert.Contains("in damaged parts cannot be read", run.Output);
    }

    [Fact]
    public void SyntaxErrorInTheExpressionIsAUsageError()
    {
        RunResult run = Explain("comm ==");
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("tcptracer: --explain: at character ", run.Errors);
        Assert.Equal(2, Explain("comm == x", "--by", "comm").ExitCode);
    }

    [Fact]
    public void ExplanationPrintsNoControlCharacters()
    {
        string file = _folder.File("t.tct");
        File.WriteAllBytes(file, TraceBytes.Write([SampleEvents.Make(Operation.Connect, "\e[2Jx")]));
        Assert.DoesNotContain('\e', TcptracerProgram.Run("summary", file, "--explain", "comm == '\e[2Jy'").Output);
    }

    public void Dispose() => _folder.Dispose();
}
