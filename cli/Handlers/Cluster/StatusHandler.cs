using System.Globalization;
using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Strings;
using TcpTracer.Recorder.Cluster;

namespace TcpTracer.Cli.Handlers.Cluster;

/// <summary>Tells which nodes have an agent, and how each does: <c>doctor</c> runs in its container.</summary>
internal static class StatusHandler
{
    private const int AtOnce = 16, LongestAnswer = 1 << 20;
    private static readonly string[] s_doctor = ["tcptracer", "doctor", "-o", "json"];

    public static int Run(ClusterRequest request, string? nodeList, bool json)
    {
        ClusterApi api = ClusterTarget.Find(request);
        var names = new NameList("--node", nodeList);
        return ClusterTarget.With(api, () =>
        {
            ClusterTarget.Require(api, "reading the agents", ClusterTarget.ToRead(request.AgentNamespace));
            IReadOnlyList<AgentPod> pods =
                new AgentList(api, request.AgentNamespace, AgentList.DaemonSetLabels)
                    .ListAsync(CancellationToken.None).GetAwaiter().GetResult();
            AgentPod[] wanted = [.. pods.Where(p => names.Matches(p.Node))];
            var reports = new AgentReport[wanted.Length];
            Parallel.For(0, wanted.Length, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, i => reports[i] = Of(api, wanted[i]));
            AgentReport[] all = [.. reports.Concat(Without(api, pods, names)).OrderBy(r => r.Node, StringComparer.Ordinal)];
            if (json)
                Console.Out.Write(string.Concat(all.Select(r => AgentJson.Write(r) + '\n')));
            else
                Print(all);
            if (pods.Count == 0)
                throw ClusterFailure.NoAgents(request.AgentNamespace);
            if (all.Length == 0)
                throw ClusterFailure.NoSuchNode([.. pods.Select(p => p.Node).Where(n => n.Length > 0)]);
            return all.All(r => r.Records) ? ExitCode.Done : ExitCode.Failed;
        });
    }

    /// <summary>The nodes that have no agent, where we may list nodes.</summary>
    private static IEnumerable<AgentReport> Without(ClusterApi api, IReadOnlyList<AgentPod> pods, NameList names)
    {
        if (!api.MayAsync(new ClusterAccess("list", "nodes", ""), CancellationToken.None).GetAwaiter().GetResult())
            return [];
        return ClusterNode.ListAsync(api, CancellationToken.None).GetAwaiter().GetResult()
            .Where(n => names.Matches(n.Name) && n.IsLinux && pods.All(p => p.Node != n.Name))
            .Select(n => new AgentReport(n.Name, "", n.IsReady ? "has no agent" : "has no agent; the node is not ready"));
    }

    private static AgentReport Of(ClusterApi api, AgentPod pod)
    {
        string node = pod.Node.Length > 0 ? pod.Node : "(none yet)";
        if (!pod.IsRunning)
        {
            string why = pod.IsGoing ? "its pod is being deleted" : pod.Problem.Length > 0 ? pod.Problem : pod.Phase;
            return new AgentReport(node, pod.Name, $"does not run: {why}") { Restarts = pod.Restarts };
        }
        string lastError = "";
        try
        {
            using ExecStream stream = api.ExecAsync(pod, s_doctor, line => lastError = line, CancellationToken.None)
                .GetAwaiter().GetResult();
            string answer = Read(stream);
            if (AgentReport.Of(pod, answer) is { } report)
                return report;
            string why = lastError.Length > 0 ? lastError : stream.End is null ? stream.WhyBroken : stream.End.Message;
            return new AgentReport(node, pod.Name, $"does not answer: {Messages.Foreign(why)}") { Restarts = pod.Restarts };
        }
        catch (ClusterException e)
        {
            return new AgentReport(node, pod.Name, $"cannot be asked: {ClusterFailure.Words(e)}") { Restarts = pod.Restarts };
        }
    }

    private static string Read(Stream stream)
    {
        var reader = new StreamReader(stream);
        char[] text = new char[LongestAnswer];
        int length = reader.ReadBlock(text);
        return new string(text, 0, length);
    }

    private static void Print(AgentReport[] all)
    {
        string[] header = ["NODE", "STATE", "VERSION", "SINCE", "EVENTS", "LOST", "RESTARTS", "POD"];
        string Number(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";
        string[][] rows = [header, .. all.Select(r => new[]
        {
            r.Node, r.State, r.Version, r.Started, Number(r.Captured), Number(r.Lost), r.Pod.Length > 0 ? Number(r.Restarts) : "", r.Pod,
        }.Select(Sentence.Clean).ToArray())];
        Console.Out.Write(PlainTable.Of(rows));
        foreach (AgentReport report in all)
        {
            foreach (string limit in report.Limits)
                Messages.Print($"{report.Node}: {limit}");
        }
    }
}
