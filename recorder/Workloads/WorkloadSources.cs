using TcpTracer.Recorder.Workloads.Cri;
using TcpTracer.Recorder.Workloads.Kubernetes;

namespace TcpTracer.Recorder.Workloads;

/// <summary>The sources of names that this machine has.</summary>
public static class WorkloadSources
{
    /// <summary>Finds the sources, the most trusted first.</summary>
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
