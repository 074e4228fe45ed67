using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cluster;

/// <summary><c>tcptracer cluster</c> on three nodes: one stream, in the order of wall time.</summary>
public sealed class ClusterLiveTests(ThreeNodes nodes) : IClassFixture<ThreeNodes>, IDisposable
{
    /// <summary>What an agent does: it writes its trace, and goes on until its standard input ends.</summary>
    private const string Follow = "cat /data/trace.tct; exec cat >/dev/null";

    private readonly TemporaryFolder _folder = new();

    private NodeTraces Prepare(int connections = 60)
    {
        nodes.Reset();
        var traces = new NodeTraces(connections);
        for (int i = 0; i < ThreeNodes.Names.Length; i++)
        {
            File.WriteAllBytes(nodes.FileOf(ThreeNodes.Names[i], "trace.tct"), traces.Of(i));
            nodes.Play(ThreeNodes.Names[i], Follow);
        }
        return traces;
    }

    private string[] Live(params string[] options) =>
        ["cluster", "--kubeconfig", nodes.Kubeconfig, .. options.Contains("--delay") ? Array.Empty<string>() : ["--delay", "4s"],
            .. options];

    /// <summary>What <c>show</c> prints of the merged traces of the nodes.</summary>
    private string[] Merged(params string[] options)
    {
        string merged = _folder.File("merged.tct");
        TcptracerProgram.Run(["merge", "--align", "none", "--force", "-o", merged, .. ThreeNodes.Names.Select(n =>
            nodes.FileOf(n, "trace.tct"))]);
        return TcptracerProgram.Run(["show", merged, .. options]).Lines;
    }

    [ContainerFact]
    public void EventsOfAllNodesAreOneStreamInTheOrderOfTime()
    {
        Prepare();
        RunResult run = TcptracerProgram.Run(Live("-A", "-o", "json", "--count", "120"));
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(Merged("-o", "json"), run.Lines);
        Assert.Equal(120, run.Lines.Length);
        Assert.Equal(
            ["tcptracer: watching TCP connections on 3 nodes; Ctrl-C ends", "120 events of 3 nodes, 120 shown", "0 events lost"],
            run.ErrorLines);
        Each.Of(ThreeNodes.Names, n => Assert.Equal(["agent stream --follow --all-namespaces"], nodes.Asked(n)));
        Each.Of(ThreeNodes.Names, n => ContainerdHost.Await("a command goes on", () => nodes.Server.Exec.Open(ThreeNodes.PodOf(n)) == 0));
    }

    [ContainerFact]
    public void ColumnsAndConnectionsAreThoseOfShow()
    {
        Prepare();
        Assert.Equal(Merged(), TcptracerProgram.Run(Live("-A", "--count", "120")).Lines);
        RunResult rows = TcptracerProgram.Run(Live("-A", "--connections", "--duration", "7s", "-o", "json"));
        Assert.Equal(Merged("--connections", "-o", "json"), rows.Lines);
        Assert.Equal(60, rows.Lines.Length); // each connection once, though both of its ends were seen
        Assert.Contains("120 events of 3 nodes, 60 connections shown", rows.ErrorLines);
    }

    [ContainerFact]
    public void SelectionGoesToTheNodesAndNodesAreChosenHere()
    {
        NodeTraces traces = Prepare();
        RunResult run = TcptracerProgram.Run(
            Live("--node", "node-*,!node-2", "-n", "shop", "-l", "app=web", "--port", "1-65535", "--failed", "--duration", "1s"));
        Assert.Equal(0, run.ExitCode);
        Assert.Empty(nodes.Asked("node-2"));
        Assert.Equal(["agent stream --follow --namespace=shop --selector=app=web --port=1-65535 --failed"], nodes.Asked("node-1"));
        Assert.Equal(nodes.Asked("node-1"), nodes.Asked("node-3"));
        Assert.Contains($"{traces.Events(0) + traces.Events(2)} events of 2 nodes, 0 shown", run.ErrorLines);
        Assert.Contains("tcptracer: no event was selected by --namespace shop --selector 'app=web' --node 'node-*,!node-2' --port 1-65535"
            + " --failed (-A: all namespaces)", run.ErrorLines);
    }

    [ContainerFact]
    public void NamespaceOfTheKubeconfigCountsUnlessAnotherIsNamed()
    {
        Prepare();
        RunResult run = TcptracerProgram.Run(Live("--duration", "1s"));
        Assert.Equal(["agent stream --follow --namespace=shop"], nodes.Asked("node-1")); // as the context says
        Assert.Contains("tcptracer: watching TCP connections on 3 nodes, pods of namespace shop (-A: everything); Ctrl-C ends",
            run.ErrorLines);
    }

    [ContainerFact]
    public void SlowNodeIsWaitedForAndOneThatIsTooLateIsCounted()
    {
        Prepare();
        int bytes = (int)new FileInfo(nodes.FileOf("node-2", "trace.tct")).Length;
        nodes.Server.Exec.Rates[ThreeNodes.PodOf("node-2")] = bytes / 2; // it takes two seconds
        RunResult patient = TcptracerProgram.Run(Live("-A", "-o", "json", "--count", "120", "--delay", "20s"));
        Assert.Equal(Merged("-o", "json"), patient.Lines);
        RunResult hasty = TcptracerProgram.Run(Live("-A", "-o", "json", "--count", "120", "--delay", "100ms"));
        Assert.Equal(Merged("-o", "json").Order(StringComparer.Ordinal), hasty.Lines.Order(StringComparer.Ordinal));
        Assert.NotEqual(Merged("-o", "json"), hasty.Lines);
        Assert.Contains(hasty.ErrorLines, l => l.EndsWith("came too late for their place in the order; a longer --delay waits for them",
            StringComparison.Ordinal));
    }

    /// <summary>The agent's ring has everything, so what the broken stream had comes again from there, and is shown once.</summary>
    [ContainerFact]
    public void BrokenStreamIsTakenUpAgainWithoutAGap()
    {
        NodeTraces traces = Prepare();
        File.WriteAllBytes(nodes.FileOf("node-2", "first.tct"), traces.Of(1, until: 30, isEnded: false));
        nodes.Play("node-2", "case $(busybox wc -l </data/asked) in 1) cat /data/first.tct;; *) cat /data/trace.tct;; esac; "
            + "exec cat >/dev/null");
        foreach (string other in new[] { "node-1", "node-3" })
            nodes.Play(other, $"while [ ! -e /data/go ]; do sleep 0.1; done; {Follow}");
        using TcptracerProgram program = TcptracerProgram.StartWatching(Live("-A", "-o", "json", "--count", "120", "--delay", "40s"));
        AwaitEvents(program, 20);
        nodes.Server.Exec.Break(ThreeNodes.PodOf("node-2"));
        program.AwaitError("node node-2: taken up again without a gap");
        foreach (string other in new[] { "node-1", "node-3" })
            File.WriteAllText(nodes.FileOf(other, "go"), "");
        RunResult run = program.Wait();
        Assert.Equal(Merged("-o", "json"), run.Lines);
        Assert.Contains(run.ErrorLines, l => l.StartsWith("tcptracer: node node-2: its stream broke: ", StringComparison.Ordinal));
        Assert.Contains("tcptracer: node node-2: taken up again without a gap", run.ErrorLines);
        string again = nodes.Asked("node-2")[1];
        // Two seconds before the last event that it had
        Assert.Matches(@"^agent stream --since=2025-11-24T16:00:2\d\.\d+Z --follow --all-namespaces$", again);
    }

    /// <summary>Waits until so many events have come at least; SIGUSR1 asks for the count.</summary>
    private static void AwaitEvents(TcptracerProgram program, int least) => program.Await(() =>
    {
        program.Signal(10);
        Thread.Sleep(100);
        return System.Text.RegularExpressions.Regex.Matches(program.ErrorsSoFar, @"(\d+) events of 3 nodes")
            .Any(m => int.Parse(m.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) >= least);
    }, "to have the events");

    [ContainerFact]
    public void GapIsSaid()
    {
        NodeTraces traces = Prepare();
        File.WriteAllBytes(nodes.FileOf("node-2", "first.tct"), traces.Of(1, until: 20, isEnded: false));
        File.WriteAllBytes(nodes.FileOf("node-2", "later.tct"), traces.Of(1, from: 40, run: 2));
        nodes.Play("node-2", "case $(busybox wc -l </data/asked) in 1) exec cat /data/first.tct;; *) cat /data/later.tct;; esac; "
            + "exec cat >/dev/null");
        RunResult run = TcptracerProgram.Run(Live("-A", "-o", "json", "--duration", "6s"));
        string gap = Assert.Single(run.ErrorLines, l => l.Contains("there is a gap", StringComparison.Ordinal));
        Assert.Matches(@"^tcptracer: node node-2: there is a gap: nothing is known of the time from 2025-11-24T16:00:1\d\.\d+Z to "
            + @"2025-11-24T16:00:40(\.0+)?Z$", gap);
        Assert.Contains("tcptracer: node node-2: its stream broke: the agent ended the stream; it is taken up again as soon as possible",
            run.ErrorLines);
        Assert.Contains("tcptracer: node node-2: taken up again", run.ErrorLines);
    }

    [ContainerFact]
    public void NodeThatFailsIsSaidOnceAndOneThatJoinsAsWell()
    {
        Prepare();
        nodes.Server.Store.Delete(ThreeNodes.PathOf(ThreeNodes.PodOf("node-3")));
        nodes.Play("node-2", "echo 'tcptracer: there is no agent here: start one' >&2; exit 4");
        using TcptracerProgram program = TcptracerProgram.StartWatching(Live("-A", "-o", "json"));
        program.AwaitError("node node-2: its agent cannot be read: there is no agent here: start one; it is tried again");
        nodes.Server.Store.Put(ThreeNodes.PathOf(ThreeNodes.PodOf("node-3")), ThreeNodes.PodObject(ThreeNodes.PodOf("node-3"), "node-3"));
        program.AwaitError("node node-3: joined");
        program.Await(() => program.OutputSoFar.Contains("\"node\":\"node-3\"", StringComparison.Ordinal), "to show node 3");
        RunResult run = program.Stop();
        Assert.Equal(0, run.ExitCode);
        Assert.Single(run.ErrorLines, l => l.Contains("node-2", StringComparison.Ordinal));
        Assert.Single(run.ErrorLines, l => l.Contains("node-3", StringComparison.Ordinal));
        Assert.True(nodes.Asked("node-2").Length > 1, "it was not tried again");
    }

    [ContainerFact]
    public void MissingAgentsNodesAndPermissionsAreOneSentence()
    {
        Prepare();
        RunResult nowhere = TcptracerProgram.Run(Live("--node", "node-9"));
        Assert.Equal((1, "tcptracer: --node selects none of the nodes that have an agent: node-1, node-2, node-3\n"),
            (nowhere.ExitCode, nowhere.Errors));
        RunResult none = TcptracerProgram.Run(Live("--agent-namespace", "other"));
        Assert.Equal((1, "tcptracer: no agent runs in namespace other of the cluster: `tcptracer cluster deploy` starts them; "
            + "if they run in another namespace, name that; live output and record start some with --once\n"),
            (none.ExitCode, none.Errors));
        nodes.Server.Store.Allows = (verb, resource, _) => resource != "pods/exec";
        RunResult refused = TcptracerProgram.Run(Live());
        Assert.Equal(1, refused.ExitCode);
        Assert.Equal($"tcptracer: reading the agents needs a permission that context 'first' in {nodes.Kubeconfig} does not have: "
            + "get, create pods/exec in namespace tcptracer; have a Role or ClusterRole grant it (docs/kubectl.md says "
            + "which each command needs)\n",
            refused.Errors);
        Each.Of(ThreeNodes.Names, n => Assert.Empty(nodes.Asked(n)));
        Assert.Equal(2, TcptracerProgram.Run(Live("--delay", "soon")).ExitCode);
        RunResult missing = TcptracerProgram.Run("cluster", "--kubeconfig", "/nowhere");
        Assert.Equal(2, missing.ExitCode);
        Assert.StartsWith("tcptracer: kubeconfig '/nowhere' is not there", missing.Errors, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
