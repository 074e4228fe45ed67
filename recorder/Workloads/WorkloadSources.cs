using TcpTracer.Recorder.Workloads.Cri;
using TcpTracer.Recorder.Workloads.Kubernetes;

namespace TcpTracer.Recorder.Workloads;

/// <summary>Which sources are asked for names; what is not given is found.</summary>
public sealed record SourceOptions
{
    /// <summary>--kubeconfig; null: $KUBECONFIG, ~/.kube/config, or a pod's own service account.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>--context; null: the current one.</summary>
    public string? Context { get; init; }

    /// <summary>--runtime-endpoint; null: $CONTAINER_RUNTIME_ENDPOINT, crictl's configuration, or the sockets where runtimes have them.</summary>
    public string? RuntimeEndpoint { get; init; }

    /// <summary>--no-kubernetes: neither the API nor a runtime is asked.</summary>
    public bool NoKubernetes { get; init; }
}

/// <summary>The sources that this machine has.</summary>
public static class WorkloadSources
{
    /// <summary>Finds them; the most trusted comes first.</summary>
    public static IReadOnlyList<IWorkloadSource> Find(SourceOptions options)
    {
        if (options.NoKubernetes)
            return [];
        List<IWorkloadSource> sources = [];
        if (KubernetesSource.TryCreate(options) is { } kubernetes)
            sources.Add(kubernetes);
        if (CriSource.TryCreate(options) is { } runtime)
            sources.Add(runtime);
        return sources;
    }
}
