using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Strings;
using TcpTracer.Recorder.Cluster;

namespace TcpTracer.Cli.Handlers.Cluster;

/// <summary>Finds the agents that a command reads, or starts some for the time of that command.</summary>
internal static class AgentsOf
{
    private static readonly TimeSpan s_longest = TimeSpan.FromHours(1), s_margin = TimeSpan.FromMinutes(5),
        s_patience = TimeSpan.FromMinutes(2),
        s_period = TimeSpan.FromSeconds(0.5), s_endPatience = TimeSpan.FromSeconds(30);

    /// <summary>Runs an action with the agents.</summary>
    /// <param name="api">The API server.</param>
    /// <param name="request">Where they are.</param>
    /// <param name="nodes">Which nodes are wanted.</param>
    /// <param name="duration">How long the command runs; null: until somebody ends it.</param>
    /// <param name="action">Returns an exit code.</param>
    public static int Run(ClusterApi api, ClusterRequest request, NameList nodes, TimeSpan? duration, Func<AgentList, int> action)
    {
        IReadOnlyList<ClusterAccess> toRead = ClusterTarget.ToRead(request.AgentNamespace);
        ClusterTarget.Require(api, request.Once ? "--once" : "reading the agents",
            request.Once ? [.. toRead, .. ToStart(request)] : toRead);
        return request.Once ? RunOnce(api, request, nodes, (duration ?? s_longest) + s_margin, action)
            : action(new AgentList(api, request.AgentNamespace, AgentList.DaemonSetLabels));
    }

    private static ClusterAccess[] ToStart(ClusterRequest request) =>
    [
        new("list", "nodes", ""),
        new("create", "configmaps", request.AgentNamespace), new("delete", "configmaps", request.AgentNamespace),
        new("create", "pods", request.AgentNamespace), new("delete", "pods", request.AgentNamespace),
    ];

    private static int RunOnce(ClusterApi api, ClusterRequest request, NameList nodes, TimeSpan lifetime, Func<AgentList, int> action)
    {
        IReadOnlyList<ClusterNode> all = ClusterNode.ListAsync(api, CancellationToken.None).GetAwaiter().GetResult();
        string[] wanted = [.. all.Where(n => n.IsLinux && n.IsReady && nodes.Matches(n.Name)).Select(n => n.Name)];
        if (wanted.Length == 0)
            throw ClusterFailure.NoSuchNode([.. all.Select(n => n.Name)]);
        var pods = new OncePods(api, ClusterManifest.Read(request.AgentNamespace, request.Image), request.AgentNamespace);
        var agents = new AgentList(api, request.AgentNamespace, pods.Labels);
        bool isAnythingLeft;
        int status;
        try
        {
            status = RunWith(pods, wanted, lifetime, agents, action);
        }
        finally
        {
            isAnythingLeft = !Delete(pods, api);
        }
        return isAnythingLeft ? EachTrace.Worse(status, ExitCode.Failed) : status;
    }

    private static int RunWith(OncePods pods, string[] nodes, TimeSpan lifetime, AgentList agents, Func<AgentList, int> action)
    {
        using var ended = new CancellationTokenSource();
        try
        {
            using (new Signals(_ => ended.Cancel(), () => { }))
            {
                pods.CreateAsync(nodes, lifetime, ended.Token).GetAwaiter().GetResult();
                Await(agents, nodes.Length, ended.Token);
            }
            return ended.IsCancellationRequested ? ExitCode.Failed : action(agents);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            return ExitCode.Failed;
        }
    }

    /// <summary>Waits until the agents run. Those that do not are named when they are looked for.</summary>
    private static void Await(AgentList agents, int count, CancellationToken cancellation)
    {
        Messages.Say($"starting an agent on {Messages.Count(count, "node")} for this run");
        for (long end = Environment.TickCount64 + (long)s_patience.TotalMilliseconds; Environment.TickCount64 < end;)
        {
            IReadOnlyList<AgentPod> pods = agents.ListAsync(cancellation).GetAwaiter().GetResult();
            if (pods.Count(p => p.IsRunning) >= count || pods.All(p => p.IsRunning || p.Phase is "Failed" or "Succeeded"))
                return;
            cancellation.WaitHandle.WaitOne(s_period);
        }
    }

    /// <returns>Whether nothing is left.</returns>
    private static bool Delete(OncePods pods, ClusterApi api)
    {
        using var time = new CancellationTokenSource(s_endPatience);
        IReadOnlyList<(string Path, ClusterException Why)> left = pods.DeleteAsync(time.Token).GetAwaiter().GetResult();
        foreach ((string path, ClusterException why) in left)
        {
            string[] parts = path.Split('/'); // .../RESOURCE/NAME
            Sentence then = parts[^2] == "pods" ? "it ends by itself" : "it stays until the next --once, or until you delete it";
            Messages.Say($"{parts[^2]} {parts[^1]} could not be deleted: {then}: {ClusterFailure.Of(why, api)}");
        }
        return left.Count == 0;
    }
}
