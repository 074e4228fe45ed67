using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Recorder.Cluster;

/// <summary>A pod in which an agent runs, or is to run.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Its uid.</param>
/// <param name="Node">Its node; empty: none yet.</param>
public sealed record AgentPod(string Namespace, string Name, string Uid, string Node)
{
    /// <summary>The name of the container in which the agent runs.</summary>
    public const string Container = "tcptracer";

    /// <summary>Whether its container runs.</summary>
    public bool IsRunning { get; init; }

    /// <summary>Whether its container is ready, and it is not being deleted.</summary>
    public bool IsReady { get; init; }

    /// <summary>Whether it is being deleted.</summary>
    public bool IsGoing { get; init; }

    /// <summary>Its phase.</summary>
    public string Phase { get; init; } = "";

    /// <summary>The image of its container.</summary>
    public string Image { get; init; } = "";

    /// <summary>How often its container was started again.</summary>
    public int Restarts { get; init; }

    /// <summary>Why its container does not run, in the words of the cluster; empty: it runs, or nobody says why.</summary>
    public string Problem { get; init; } = "";

    internal static AgentPod Of(AgentPodObject pod)
    {
        AgentContainerStatus? container = pod.Status?.ContainerStatuses?.FirstOrDefault(c => c?.Name == Container);
        bool isGoing = pod.Metadata?.DeletionTimestamp is not null;
        return new AgentPod(
            pod.Metadata?.Namespace ?? "", pod.Metadata?.Name ?? "", pod.Metadata?.Uid ?? "", pod.Spec?.NodeName ?? "")
        {
            IsRunning = container?.State?.Running is not null && !isGoing,
            IsReady = container?.Ready == true && !isGoing,
            IsGoing = isGoing,
            Phase = pod.Status?.Phase ?? "",
            Image = pod.Spec?.Containers?.FirstOrDefault(c => c?.Name == Container)?.Image ?? "",
            Restarts = container?.RestartCount ?? 0,
            Problem = ForeignText.FirstLine(ProblemOf(pod, container)),
        };
    }

    private static string ProblemOf(AgentPodObject pod, AgentContainerStatus? container)
    {
        if (container?.State?.Running is not null)
            return "";
        EndedState? ended = container?.State?.Terminated ?? container?.LastState?.Terminated;
        string exit = ended is null ? "" : $"its container ended with {ended.ExitCode} ({ended.Reason})"
            + (string.IsNullOrWhiteSpace(ended.Message) ? "" : $": {ended.Message.Trim()}");
        if (container?.State?.Waiting is { Reason: { Length: > 0 } reason } waiting)
            return exit.Length > 0 ? $"{reason}: {exit}" : Joined(reason, waiting.Message);
        if (exit.Length > 0)
            return exit;
        PodCondition? unmet = pod.Status?.Conditions?.FirstOrDefault(c => c is { Type: "PodScheduled", Status: "False" });
        return unmet is not null ? Joined(unmet.Reason ?? "", unmet.Message) : Joined(pod.Status?.Reason ?? "", pod.Status?.Message);
    }

    private static string Joined(string reason, string? message) =>
        string.IsNullOrWhiteSpace(message) ? reason : $"{reason}: {message.Trim()}";
}
