using TcpTracer.Bpf;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Workloads;

/// <summary>
/// Lets the kernel's programs know which cgroups are not selected, so that their events cost next to nothing. They drop only what is
/// certain: events of a container without a name pass, and are filtered later. So there is no race when a container starts or its
/// labels change.
/// </summary>
/// <param name="wanted">Whether events of a workload are selected.</param>
/// <param name="judge">Hands a slot and its verdict to the programs.</param>
internal sealed class CgroupJudge(Func<Workload, bool> wanted, Action<uint, CgroupVerdict> judge)
{
    private readonly Dictionary<uint, (CgroupInfo Cgroup, CgroupVerdict Verdict)> _reported = [];

    /// <summary>The programs have sent a cgroup, with the slot for its verdict.</summary>
    public void Add(uint slot, CgroupInfo cgroup, WorkloadView view)
    {
        _reported[slot] = (cgroup, CgroupVerdict.None);
        Review(slot, view);
    }

    /// <summary>Names have changed: decides again.</summary>
    public void Review(WorkloadView view)
    {
        foreach (uint slot in _reported.Keys)
            Review(slot, view);
    }

    /// <summary>The programs have begun a new generation of slots: forgets the old ones.</summary>
    public void Clear() => _reported.Clear();

    private void Review(uint slot, WorkloadView view)
    {
        (CgroupInfo cgroup, CgroupVerdict before) = _reported[slot];
        CgroupVerdict verdict = Of(cgroup.Names, view);
        if (verdict == before)
            return;
        _reported[slot] = (cgroup, verdict);
        judge(slot, verdict);
    }

    private CgroupVerdict Of(CgroupNames names, WorkloadView view)
    {
        if (names.IsHost)
            return wanted(view.Host) ? CgroupVerdict.None : CgroupVerdict.HostUnwanted;
        if (names.IsUnknown)
            return CgroupVerdict.None;
        bool isKnown = view.Index.Containers.TryGetValue(names.ContainerId, out ContainerInfo? container)
            && view.Index.Pods.ContainsKey(container.PodUid);
        return !isKnown || wanted(view.In(names)) ? CgroupVerdict.None : CgroupVerdict.ContainerUnwanted;
    }
}
