namespace TcpTracer.Recorder.Workloads;

/// <summary>Which sources are asked for names. Those that are not given are searched for.</summary>
public sealed record SourceOptions
{
    /// <summary>--kubeconfig; null: $KUBECONFIG, ~/.kube/config, or a pod's own service account.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>--context; null: the current one.</summary>
    public string? Context { get; init; }

    /// <summary>--runtime-endpoint; null: $CONTAINER_RUNTIME_ENDPOINT, crictl's configuration, or the usual sockets of runtimes.</summary>
    public string? RuntimeEndpoint { get; init; }

    /// <summary>--no-kubernetes: neither the API nor a runtime is asked.</summary>
    public bool NoKubernetes { get; init; }
}
