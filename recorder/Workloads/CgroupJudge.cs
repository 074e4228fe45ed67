using TcpTracer.Bpf;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Workloads;

/// <summary>
/// Tells the kernel which cgroups are not selected, so that their events cost next to nothing. Only what is known for certain is dropped there: a
/// container that nobody has named yet passes, and is filtered here; so there is no race at a container's start, nor when its labels change.
/// </summary>
/// <param name="wanted">Whether events from somewhere are selected.</param>
/// <param name="judge">Hands the verdict to the kernel.</param>
internal sealed class CgroupJudge(Func<Workload, bool> wanted, Action<uint, CgroupVerdict> judge)
{
    private readonly Dictionary<uint, (CgroupInfo Cgroup, CgroupVerdict Verdict)> _told = [];

    /// <summary>A cgroup was told, with the slot for its verdict.</summary>
    public void Add(uint slot, CgroupInfo cgroup, WorkloadView view)
    {
        _told[slot] = (cgroup, CgroupVerdict.None);
        Review(slot, view);
    }

    /// <summary>Something has become known.</summary>
    public void Review(WorkloadView view)
    {
        foreach (uint slot in _told.Keys)
            Review(slot, view);
    }

    /// <summary>The kernel has begun anew.</summary>
    public void Clear() => _told.Clear();

    private void Review(uint slot, WorkloadView view)
    {
        (CgroupInfo cgroup, CgroupVerdict before) = _told[slot];
        CgroupVerdict verdict = Of(cgroup.Names, view);
        if (verdict == before)
            return;
        _told[slot] = (cgroup, verdict);
        judge(slot, verdict);
    }

    private CgroupVerdict Of(CgroupNames names, WorkloadView view)
    {
        if (names.IsHost)
            return wanted(view.Host) ? CgroupVerdict.None : CgroupVerdict.HostUnwanted;
        if (names.IsUnknown)
            return CgroupVerdict.None;
        bool isKnown = view.Index.Containers.TryGetValue(names.ContainerId, out ContainerInfo? container) && view.Index.Pods.ContainsKey(container.PodUid);
        return !isKnown || wanted(view.In(names)) ? CgroupVerdict.None : CgroupVerdict.ContainerUnwanted;
    }
}
