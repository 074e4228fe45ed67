using TcpTracer.Recorder.Workloads;
using TcpTracer.Recorder.Workloads.Cri;
using TcpTracer.Recorder.Workloads.Kubernetes;

namespace TcpTracer.Recorder.Live;

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
