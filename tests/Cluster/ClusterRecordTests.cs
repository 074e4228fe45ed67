using System.Text.Json.Nodes;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cluster;

/// <summary><c>tcptracer cluster record</c> and <c>collect</c> on three nodes: one trace, whatever happens to the streams.</summary>
public sealed class ClusterRecordTests(ThreeNodes nodes) : IClassFixture<ThreeNodes>, IDisposable
{
    private const string Follow = "cat /data/trace.tct; exec cat >/dev/null", Collect = "exec cat /data/trace.tct";

    private readonly TemporaryFolder _folder = new();

    private NodeTraces Prepare(string script, long skewNs = 0)
    {
        nodes.Reset();
        var traces = new NodeTraces(90, skewNs);
        for (int i = 0; i < ThreeNodes.Names.Length; i++)
        {
            File.WriteAllBytes(nodes.FileOf(ThreeNodes.Names[i], "trace.tct"), traces.Of(i));
            nodes.Play(ThreeNodes.Names[i], script);
        }
        return traces;
    }

    private string Output => _folder.File("all.tct");

    private string[] Record(params string[] options) => ["cluster", "record", "--kubeconfig", nodes.Kubeconfig, "-o", Output, .. options];

    private string[] Gather(params string[] options) =>
        ["cluster", "collect", "--kubeconfig", nodes.Kubeconfig, "-o", Output, "--since", "15m", .. options];

    private static string[] Show(string file) => TcptracerProgram.Run("show", file, "-o", "json").Lines;

    private string[] Merged(params string[] options)
    {
        string merged = _folder.File("merged.tct");
        TcptracerProgram.Run(["merge", "--force", "-o", merged, .. options, .. ThreeNodes.Names.Select(n => nodes.FileOf(n, "trace.tct"))]);
        return Show(merged);
    }

    /// <summary>Waits until a node's stream has come to the end of a file.</summary>
    private void AwaitPart(TcptracerProgram program, string node, string file) => program.Await(() =>
        File.Exists($"{Output}.parts/{node}-1.tct")
            && new FileInfo($"{Output}.parts/{node}-1.tct").Length == new FileInfo(nodes.FileOf(node, file)).Length, "to have the stream");

    private void AssertNothingElseIsLeft(params string[] besides) => Assert.Equal(
        [.. new[] { "all.tct", "merged.tct" }.Concat(besides).Order(StringComparer.Ordinal)],
        Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));

    [ContainerFact]
    public void RecordingOfAllNodesIsOneTraceWithClocksSetRight()
    {
        Prepare(Follow, skewNs: 300_000_000);
        RunResult run = TcptracerProgram.Run(Record("--duration", "3s"));
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(Merged(), Show(Output));
        Assert.Equal(180, Show(Output).Length);
        Assert.Equal($"tcptracer: recording to {Output} from 3 nodes; Ctrl-C ends", run.ErrorLines[0]);
        string clock = Assert.Single(run.ErrorLines, l => l.Contains("node-2: the clock of", StringComparison.Ordinal));
        Assert.Matches("^tcptracer: node node-2: the clock of node-2 was (299|300)(\\.\\d+)? ms ahead of the first one's, within .*, "
            + "by \\d+ connections seen at both ends; it is set right$", clock);
        Assert.Contains(run.ErrorLines, l =>
            l.StartsWith($"180 of 180 events of 3 traces merged into {Output} (", StringComparison.Ordinal));
        Assert.Equal("0 events lost", run.ErrorLines[^1]);
        Assert.Equal(["agent stream --follow"], nodes.Asked("node-1"));
        // Both ends of a connection stand together, though one clock was wrong
        string[] flows = [.. Show(Output).Select(l => l.Split("\"flow\":\"")[1][..16])];
        Each.Of(Enumerable.Range(0, 90), i => Assert.Equal(flows[2 * i], flows[2 * i + 1]));
        AssertNothingElseIsLeft();
        RunResult info = TcptracerProgram.Run("info", Output);
        Each.Of(ThreeNodes.Names, n => Assert.Contains(n, info.Output, StringComparison.Ordinal));
    }

    [ContainerFact]
    public void EarlierTraceIsMovedAside()
    {
        Prepare(Collect);
        File.WriteAllBytes(Output, new NodeTraces(3).Of(0));
        RunResult run = TcptracerProgram.Run(Gather());
        Assert.Equal(0, run.ExitCode);
        Assert.Contains($"tcptracer: the earlier {Output} is {Output}.old now", run.ErrorLines);
        Assert.Equal(2, Show(Output + ".old").Length);
        Assert.Equal(Merged(), Show(Output));
        AssertNothingElseIsLeft("all.tct.old");
    }

    [ContainerFact]
    public void CollectAsksForThePastAndEndsByItself()
    {
        Prepare(Collect);
        RunResult run = TcptracerProgram.Run(Gather("--node", "node-1,node-3"));
        Assert.Equal(0, run.ExitCode);
        Assert.Equal($"tcptracer: collecting into {Output} from 2 nodes", run.ErrorLines[0]);
        string asked = Assert.Single(nodes.Asked("node-1"));
        Assert.Matches(@"^agent stream --since=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$", asked);
        var since = DateTimeOffset.Parse(asked["agent stream --since=".Length..], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(DateTimeOffset.UtcNow - since, TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(20));
        Assert.Empty(nodes.Asked("node-2"));
    }

    /// <summary>The first stream of node 2 breaks in the middle of a block; the second has everything again.</summary>
    [ContainerFact]
    public void BrokenStreamIsTakenUpAgainAndEachEventIsThereOnce()
    {
        NodeTraces traces = Prepare(Follow);
        byte[] first = traces.Of(1, until: 35, isEnded: false);
        File.WriteAllBytes(nodes.FileOf("node-2", "first.tct"), first[..^30]);
        nodes.Play("node-2", "case $(busybox wc -l </data/asked) in 1) cat /data/first.tct;; *) cat /data/trace.tct;; esac; "
            + "exec cat >/dev/null");
        using TcptracerProgram program = TcptracerProgram.StartWatching(Record());
        AwaitPart(program, "node-2", "first.tct");
        nodes.Server.Exec.Break(ThreeNodes.PodOf("node-2"));
        program.AwaitError("node node-2: taken up again without a gap");
        RunResult run = program.Stop();
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(Merged(), Show(Output));
        Assert.Contains(run.ErrorLines, l => l.StartsWith("180 of 180 events of 4 traces merged into", StringComparison.Ordinal));
        AssertNothingElseIsLeft();
    }

    [ContainerFact]
    public void CollectedStreamThatBreaksIsTakenUpAgain()
    {
        NodeTraces traces = Prepare(Collect);
        File.WriteAllBytes(nodes.FileOf("node-2", "first.tct"), traces.Of(1, until: 35, isEnded: false));
        nodes.Play("node-2",
            "case $(busybox wc -l </data/asked) in 1) cat /data/first.tct; cat >/dev/null;; *) cat /data/trace.tct;; esac");
        using TcptracerProgram program = TcptracerProgram.Start(Gather());
        AwaitPart(program, "node-2", "first.tct");
        nodes.Server.Exec.Break(ThreeNodes.PodOf("node-2"));
        RunResult run = program.Wait();
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(Merged(), Show(Output));
    }

    /// <summary>Version 4 cannot close standard input: the stream is broken off, and what was flushed is there.</summary>
    [ContainerFact]
    public void RecordingThroughVersion4HasWhatWasFlushed()
    {
        Prepare(Follow);
        nodes.Server.Exec.Speaks = [ApiExec.Version4];
        RunResult run = TcptracerProgram.Run(Record("--duration", "3s"));
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(Merged(), Show(Output));
        AssertNothingElseIsLeft();
        Each.Of(ThreeNodes.Names, n => ContainerdHost.Await("a command goes on", () => nodes.Server.Exec.Open(ThreeNodes.PodOf(n)) == 0));
    }

    [ContainerFact]
    public void KilledRunLeavesWhatItHas()
    {
        Prepare(Follow);
        using (TcptracerProgram program = TcptracerProgram.StartWatching(Record()))
        {
            string parts = Output + ".parts";
            program.Await(() => ThreeNodes.Names.All(n => File.Exists($"{parts}/{n}-1.tct")
                && new FileInfo($"{parts}/{n}-1.tct").Length == new FileInfo(nodes.FileOf(n, "trace.tct")).Length), "to have everything");
            program.Signal(9);
            program.Wait();
        }
        RunResult again = TcptracerProgram.Run(Record("--duration", "1s"));
        Assert.Equal(1, again.ExitCode);
        Assert.Equal($"tcptracer: {Output}.parts is left of an earlier run, or another one is at work: join its files, as in "
            + $"`tcptracer merge {Output}.parts/*.tct -o FILE`, or delete it\n", again.Errors);
        string joined = _folder.File("joined.tct");
        Assert.Equal(0, Shell.Run($"tcptracer merge {Output}.parts/*.tct -o {joined}").ExitCode);
        Assert.Equal(Merged(), Show(joined));
    }

    [ContainerFact]
    public void NodeThatGivesNothingIsSaidAndTheOthersAreThere()
    {
        Prepare(Collect);
        nodes.Play("node-3", "echo 'tcptracer: --since is not known here' >&2; exit 2");
        RunResult run = TcptracerProgram.Run(Gather());
        Assert.Equal(3, run.ExitCode);
        Assert.Contains("tcptracer: node node-3: its agent cannot be read: --since is not known here; it is left out", run.ErrorLines);
        Assert.Contains(run.ErrorLines, l => l.StartsWith("120 of 120 events of 2 traces merged into", StringComparison.Ordinal));
        Assert.Equal(120, Show(Output).Length);
        AssertNothingElseIsLeftBut("all.tct");
        nodes.Play("node-1", "exit 2");
        nodes.Play("node-2", "exit 2");
        RunResult nothing = TcptracerProgram.Run(Gather());
        Assert.Equal(1, nothing.ExitCode);
        Assert.Equal($"tcptracer: no node gave anything: {Output} is not written", nothing.ErrorLines[^1]);
        Assert.Equal(120, Show(Output).Length); // the earlier one
        AssertNothingElseIsLeftBut("all.tct");
    }

    private void Stall(string node)
    {
        JsonObject stalled = ThreeNodes.PodObject(ThreeNodes.PodOf(node), node);
        stalled["status"]!["phase"] = "Pending";
        stalled["status"]!["containerStatuses"]![0]!["ready"] = false;
        stalled["status"]!["containerStatuses"]![0]!["state"] = JsonNode.Parse("""{"waiting":{"reason":"ImagePullBackOff"} }""");
        nodes.Server.Store.Put(ThreeNodes.PathOf(ThreeNodes.PodOf(node)), stalled);
    }

    [ContainerFact]
    public void NodeWhoseAgentDoesNotRunGivesNothing()
    {
        Prepare(Collect);
        Stall("node-3");
        RunResult run = TcptracerProgram.Run(Gather());
        Assert.Equal(3, run.ExitCode);
        Assert.Contains("tcptracer: node node-3: its agent does not run yet: ImagePullBackOff", run.ErrorLines);
        Assert.Contains("node node-3 gave nothing: its agent did not run", run.ErrorLines);
        // Who gets the file later reads it, too, also of its copies
        const string later = "tcptracer: while this was recorded, node node-3 gave nothing: its agent did not run";
        Assert.Contains(later, TcptracerProgram.Run("show", Output).ErrorLines);
        Assert.Contains(later, TcptracerProgram.Run("filter", Output, "-o", Output + ".copy").ErrorLines);
        Assert.Contains(later, TcptracerProgram.Run("summary", Output + ".copy", "--by", "node").ErrorLines);
        Assert.Contains("node node-3 gave nothing", TcptracerProgram.Run("summary", Output + ".copy").Output);
        Assert.Contains("absent     node node-3 gave nothing: its agent did not run", TcptracerProgram.Run("info", Output).Output);
        Assert.Contains("\"absent\":[{\"node\":\"node-3\",\"why\":\"not-running\"}]",
            TcptracerProgram.Run("info", Output, "-o", "json").Output);
        File.Delete(Output + ".copy");
        Assert.Equal(120, Show(Output).Length);
        Stall("node-1");
        Stall("node-2");
        RunResult nothing = TcptracerProgram.Run(Gather());
        Assert.Equal(1, nothing.ExitCode);
        Assert.Equal($"tcptracer: no node gave anything: {Output} is not written", nothing.ErrorLines[^1]);
        AssertNothingElseIsLeftBut("all.tct");
    }

    /// <summary>The ring of a node may not reach back so far.</summary>
    [ContainerFact]
    public void AgentThatBeganLaterHasNotGivenAll()
    {
        Prepare(Collect, skewNs: 0);
        string[] options = [.. Gather()[..^1], "2000-01-01T00:00:00Z"];
        RunResult run = TcptracerProgram.Run(options);
        Assert.Equal(3, run.ExitCode);
        Assert.Contains(run.ErrorLines,
            l => l.StartsWith("tcptracer: node node-1: its agent has recorded since ", StringComparison.Ordinal));
        Assert.Equal(180, Show(Output).Length);
    }

    private void AssertNothingElseIsLeftBut(params string[] names) => Assert.Equal(names,
        Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));

    [ContainerFact]
    public void OptionsThatCannotBeAreUsage()
    {
        Prepare(Collect);
        Assert.Equal(2, TcptracerProgram.Run("cluster", "collect", "-o", Output, "--kubeconfig", nodes.Kubeconfig).ExitCode);
        Assert.Equal((2, "tcptracer: --since '14:30': an age such as 15m, or a moment such as 2026-11-23T14:28:00Z, is expected\n"),
            TcptracerProgram.Run("cluster", "collect", "-o", Output, "--since", "14:30") is var wrong ? (wrong.ExitCode, wrong.Errors)
                : default);
        Assert.Equal(2, TcptracerProgram.Run("cluster", "record", "-o", "-").ExitCode);
        RunResult before = TcptracerProgram.Run("cluster", "-A", "record", "-o", Output);
        Assert.Equal((2, "tcptracer: -A stands before 'record', where it has no effect: write it behind, as in tcptracer cluster record -A "
            + "(`tcptracer cluster record --help` lists the options)\n"), (before.ExitCode, before.Errors));
    }

    public void Dispose() => _folder.Dispose();
}
