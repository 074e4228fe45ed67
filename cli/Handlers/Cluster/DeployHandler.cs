using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Recorder.Cluster;

namespace TcpTracer.Cli.Handlers.Cluster;

/// <summary>Starts an agent on every node, and removes them.</summary>
internal static class DeployHandler
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    /// <summary>Reasons that every pod has for a while.</summary>
    private static readonly string[] s_usual = ["", "ContainerCreating", "PodInitializing"];

    /// <param name="request">Where.</param>
    /// <param name="patience">How long to wait until all agents run; zero: not at all.</param>
    public static int Deploy(ClusterRequest request, TimeSpan patience)
    {
        Signals.HearInterrupts();
        ClusterApi api = ClusterTarget.Find(request);
        return ClusterTarget.With(api, () =>
        {
            AgentManifest manifest = ClusterManifest.Read(request.AgentNamespace, request.Image);
            ClusterAccess[] toAwait = patience == TimeSpan.Zero ? [] : ToAwait(request);
            ClusterTarget.Require(api, "deploy", [.. ToChange(manifest, "patch", "create"), .. toAwait]);
            var rollout = new AgentRollout(api, manifest);
            foreach (AgentManifest.ManifestObject one in manifest.Objects)
            {
                bool isSent = rollout.ApplyAsync(one, CancellationToken.None).GetAwaiter().GetResult();
                Messages.Line($"{one.Kind} {one.Name}: {(isSent ? "applied" : "is there, and stays as it is")}");
            }
            return patience == TimeSpan.Zero ? ExitCode.Done : Await(api, rollout, request, patience);
        });
    }

    /// <summary>What applying or deleting needs. The server wants create as well, where something is applied that is not there.</summary>
    private static IEnumerable<ClusterAccess> ToChange(AgentManifest manifest, params string[] verbs) => manifest.Objects.SelectMany(o =>
    {
        string[] path = o.Path.Split('/'); // [/api/v1 or /apis/GROUP/v1][/namespaces/NAME]/RESOURCE/NAME
        string group = path[1] == "apis" ? path[2] : "";
        int space = Array.IndexOf(path, "namespaces");
        string @namespace = space >= 0 && space < path.Length - 2 ? path[space + 1] : "";
        // Whether the namespace is there, and whose it is, is asked before
        IEnumerable<string> needed = o.Kind == "Namespace" ? ["get", .. verbs] : verbs;
        return needed.Select(v => new ClusterAccess(v, path[^2], @namespace) { Group = group });
    });

    private static ClusterAccess[] ToAwait(ClusterRequest request) =>
    [
        new("get", "daemonsets", request.AgentNamespace) { Group = "apps" }, new("list", "pods", request.AgentNamespace),
    ];

    private static int Await(ClusterApi api, AgentRollout rollout, ClusterRequest request, TimeSpan patience)
    {
        var agents = new AgentList(api, request.AgentNamespace, AgentList.DaemonSetLabels);
        HashSet<string> said = [];
        bool isOver = false;
        using var signals = new Signals(_ => Volatile.Write(ref isOver, true), () => { });
        long end = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        AgentRollout.Progress? progress = null;
        while (!Volatile.Read(ref isOver) && Environment.TickCount64 < end)
        {
            progress = rollout.ProgressAsync(CancellationToken.None).GetAwaiter().GetResult();
            IReadOnlyList<AgentPod> pods = agents.ListAsync(CancellationToken.None).GetAwaiter().GetResult();
            foreach (AgentPod pod in pods.Where(p =>
                !p.IsReady && !p.IsGoing && !s_usual.Contains(p.Problem) && said.Add($"{p.Node} {p.Problem}")))
                Messages.Say($"node {pod.Node}: its agent does not run: {pod.Problem}");
            if (progress is { IsDone: true, Desired: > 0 })
                break;
            if (Messages.HasTerminal && progress is not null)
                Messages.Transient($"{progress.Ready} of {Messages.Count(progress.Desired, "agent")} run");
            Thread.Sleep(s_period);
        }
        Messages.ClearTransient();
        if (progress is { IsDone: true, Desired: > 0 })
        {
            string agentsRun = Messages.Count(progress.Desired, "agent runs", "agents run");
            Messages.Line($"{agentsRun}; `{ClusterWords.Command}` shows what they see");
            return ExitCode.Done;
        }
        return SayWhyNot(agents, progress, Volatile.Read(ref isOver));
    }

    private static int SayWhyNot(AgentList agents, AgentRollout.Progress? progress, bool isInterrupted)
    {
        foreach (AgentPod pod in agents.ListAsync(CancellationToken.None).GetAwaiter().GetResult().Where(p => !p.IsReady && !p.IsGoing))
        {
            string where = pod.Node.Length > 0 ? $"node {pod.Node}" : $"pod {pod.Name}";
            Messages.Say($"{where}: its agent does not run: {(pod.Problem.Length > 0 ? pod.Problem : $"its pod is {pod.Phase}")}");
        }
        string state = progress is null or { Desired: 0 }
            ? "the DaemonSet wants no node: compare its nodeSelector and affinity with the labels of the nodes"
            : $"{progress.Ready} of {Messages.Count(progress.Desired, "agent")} run";
        Messages.Say($"{(isInterrupted ? "waited no longer" : "this takes too long")}: {state} ({ClusterWords.Call("status")} tells more)");
        return ExitCode.Failed;
    }

    public static int Undeploy(ClusterRequest request)
    {
        ClusterApi api = ClusterTarget.Find(request);
        return ClusterTarget.With(api, () =>
        {
            AgentManifest manifest = ClusterManifest.Read(request.AgentNamespace, null);
            ClusterTarget.Require(api, "undeploy", [.. ToChange(manifest, "delete")]);
            var rollout = new AgentRollout(api, manifest);
            int gone = 0;
            foreach (AgentManifest.ManifestObject one in manifest.Objects.Reverse())
            {
                bool isDeleted = rollout.DeleteAsync(one, CancellationToken.None).GetAwaiter().GetResult();
                gone += isDeleted ? 1 : 0;
                bool stays = !isDeleted && one.Kind == "Namespace"
                    && rollout.NamespaceAsync(one.Path, CancellationToken.None).GetAwaiter().GetResult() is not null;
                string fate = isDeleted ? "deleted" : stays ? "stays: it was not made by deploy" : "is not there";
                Messages.Line($"{one.Kind} {one.Name}: {fate}");
            }
            if (gone > 0)
                Messages.Line($"what the agents have recorded stays on the nodes, in /var/lib/tcptracer");
            return ExitCode.Done;
        });
    }
}
