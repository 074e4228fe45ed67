using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Replay.Copies;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary><c>tcptracer summary --explain</c>: why a filter matches nothing.</summary>
public sealed class ExplainTests : IDisposable
{
    private static readonly string s_shop = Path.Combine(TcptracerProgram.Repository, "tests", "golden", "shop-1.0.tct");
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
    [InlineData("latency_ns > 1h", "no event has it; its values are from 11.9us to ")]
    [InlineData("timestamp > 2027-01-01T00:00:00Z", "its values are from 2026-11-28T01:55:06.884727262Z to 2026-11-28T01:55:13.247307480Z")]
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

    /// <summary>A copy has less than the recording, and other names: nothing is said of what was there.</summary>
    [Fact]
    public void CopiesSayWhatTheyLeftOutAndThatNamesWereReplaced()
    {
        RunResult run = Shell.Run("""
            cd $1; tcptracer redact $2 -o r.tct && tcptracer filter $2 --comm curl -o curl.tct && tcptracer filter $2 -o all.tct &&
            tcptracer merge curl.tct all.tct -o m.tct && tcptracer redact curl.tct -o rc.tct
            """, _folder.Path, s_shop);
        Assert.True(run.ExitCode == 0, run.Errors);
        string Of(string file) => TcptracerProgram.Run("summary", _folder.File(file), "--explain", "comm == nobody").Output;
        Each.Of(["r.tct", "m.tct", "rc.tct"], f => Assert.DoesNotContain("what it does not have was not there", Of(f)));
        Assert.Contains("names and addresses were replaced", Of("r.tct"));
        Assert.Contains("what it selected is not known", Of("r.tct"));
        Assert.Contains("it is a copy by `tcptracer filter`: redact dropped what that left out", Of("rc.tct"));
        Assert.Contains("trace 1 of 2 in it: it is a copy by `tcptracer filter --comm curl`", Of("m.tct"));
        Assert.Contains("trace 2 of 2 in it: the recording kept only what -F 'namespace in", Of("m.tct"));
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

    /// <summary>The options of the recording exclude what is asked for, whatever happened. Either end has a port and an address.</summary>
    [Theory]
    [InlineData("--port 80", "dport == 443", "only --port 80, so it can hold `dport == 443` only where the other end is of --port 80")]
    [InlineData("--port=80,8000-8999", "port in (443, 22)", "so it can hold `port in (443, 22)` only where the other end is of")]
    [InlineData("--port !443", "port == 443", "only --port !443, so it cannot hold `port == 443`")]
    [InlineData("--addr 10.0.0.0/8", "daddr == 192.168.1.1", "so it can hold `daddr == 192.168.1.1` only where the other end is of")]
    [InlineData("--pid 7", "pid == 8", "only --pid 7, so it cannot hold `pid == 8`")]
    [InlineData("--uid 33", "uid == 0", "so it cannot hold `uid == 0`")]
    [InlineData("--comm ng*", "comm == curl", "only --comm ng*, so it cannot hold `comm == curl`")]
    [InlineData("--op C,A", "op == close", "only --op C,A, so it cannot hold `op == close`")]
    [InlineData("--failed", "op == close", "only --failed, so it cannot hold `op == close`")]
    [InlineData("--op connect", "failed == true", "so it cannot hold `failed == true`")]
    [InlineData("--netns 5", "netns == 6", "so it cannot hold `netns == 6`")]
    [InlineData("-n shop", "namespace == data", "only --namespace shop, so it cannot hold `namespace == data`")]
    [InlineData("-p web-*", "pod == db-0", "only --podname web-*, so it cannot hold `pod == db-0`")]
    [InlineData("-c nginx", "container == db", "only --containername nginx, so it cannot hold `container == db`")]
    public void ExplanationSaysWhatTheOptionsOfTheRecordingExclude(string options, string expression, string sentence) =>
        Assert.Contains(sentence, RecordedWith(options, expression));

    [Theory]
    [InlineData("--port 80,443", "dport == 443")]
    [InlineData("--comm ng*", "comm == nginx")]
    [InlineData("--comm ng*", "comm =~ curl")]
    [InlineData("--comm ng*", "comm != tested")]
    [InlineData("--uid www-data", "uid == 7")]
    [InlineData("--op C,F", "op == progress")]
    [InlineData("--addr 10.0.0.0/8", "daddr == 10.1.2.3")]
    [InlineData("-F comm==nginx", "comm == curl")]
    [InlineData("-- curl --port 80", "dport == 443")]
    public void ExplanationExcludesNothingThatTheRecordingMayHold(string options, string expression) =>
        Assert.DoesNotContain("hold `", RecordedWith(options, expression));

    /// <summary>The question may be in options, too.</summary>
    [Fact]
    public void ExplanationComparesOptionsWithThoseOfTheRecording() =>
        Assert.Contains("only --comm nginx, so it cannot hold --comm curl,wget",
            RecordedWith("--comm nginx", "dport == 1", "--comm", "curl,wget"));

    private string RecordedWith(string options, string expression, params string[] more)
    {
        string file = _folder.File("t.tct");
        TraceHeader header = TraceBytes.Header with { CommandLine = ["tcptracer", "record", "-o", "t.tct", .. options.Split(' ')] };
        TcpEvent e = SampleEvents.Make(Operation.Accept, "tested");
        (e.Sport, e.Dport) = (1_000, 1_001);
        File.WriteAllBytes(file, TraceBytes.Write([e], null, header));
        RunResult run = TcptracerProgram.Run(["summary", file, "--explain", expression, .. more]);
        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Contains("matches none of 1 event", run.Output);
        return run.Output;
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
