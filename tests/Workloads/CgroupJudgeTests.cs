using TcpTracer.Bpf;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Workloads;
using TcpTracer.Recorder.Workloads;
using Xunit;

namespace TcpTracer.Tests.Workloads;

/// <summary>The kernel may drop only events that are certainly not selected, and only as long as that is so.</summary>
public sealed class CgroupJudgeTests
{
    private const uint Slot = 7, HostSlot = 8;
    private static readonly string s_id = new('a', 64);
    private readonly Dictionary<uint, CgroupVerdict> _verdicts = [];
    private readonly CgroupJudge _judge;
    private WorkloadView _view = new WorkloadView(new SafeText("n1")).With(new WorkloadChange(0));

    public CgroupJudgeTests()
    {
        _judge = new CgroupJudge(new EventFilter(new Selection { Namespace = "shop", Labels = "app=web" }).MatchesWorkload,
            (slot, verdict) => _verdicts[slot] = verdict);
        _judge.Add(Slot, new CgroupInfo(CgroupHierarchy.Unified, 70, $"/kubepods/podweb/{s_id}"), _view);
    }

    private CgroupVerdict Verdict => _verdicts.GetValueOrDefault(Slot);

    private void Learn(WorkloadChange change)
    {
        _view = _view.With(change);
        _judge.Review(_view);
    }

    private static PodInfo Pod(string @namespace, string app) => new("web", @namespace, "web-1")
    {
        Labels = PodInfo.NoLabels.Add("app", app)
    };

    private static ContainerInfo Container => new(s_id, "web", "nginx", "");

    [Fact]
    public void ContainerPassesUntilItAndItsPodAreKnown()
    {
        Assert.Equal(CgroupVerdict.None, Verdict);
        Learn(new WorkloadChange(0) { Pods = [Pod("other", "web")] });
        Assert.Equal(CgroupVerdict.None, Verdict);
        Learn(new WorkloadChange(0) { Containers = [Container] });
        Assert.Equal(CgroupVerdict.ContainerUnwanted, Verdict);
    }

    [Fact]
    public void ChangedLabelsChangeTheVerdict()
    {
        Learn(new WorkloadChange(0) { Pods = [Pod("shop", "web")], Containers = [Container] });
        Assert.Equal(CgroupVerdict.None, Verdict);
        Learn(new WorkloadChange(0) { Pods = [Pod("shop", "db")] });
        Assert.Equal(CgroupVerdict.ContainerUnwanted, Verdict);
        Learn(new WorkloadChange(0) { Pods = [Pod("shop", "web")] });
        Assert.Equal(CgroupVerdict.None, Verdict);
    }

    [Fact]
    public void HostIsDroppedOnlyWhenPodsAreSelected()
    {
        var host = new CgroupInfo(CgroupHierarchy.Unified, 80, "/system.slice/kubelet.service");
        _judge.Add(HostSlot, host, _view);
        Assert.Equal(CgroupVerdict.HostUnwanted, _verdicts[HostSlot]);
        _verdicts.Clear();
        var notShop = new CgroupJudge(new EventFilter(new Selection { Namespace = "!shop" }).MatchesWorkload,
            (slot, verdict) => _verdicts[slot] = verdict);
        notShop.Add(HostSlot, host, _view);
        Assert.Empty(_verdicts);
    }

    [Fact]
    public void ClearedSlotsGetNoVerdict()
    {
        _judge.Clear();
        Learn(new WorkloadChange(0) { Pods = [Pod("other", "web")], Containers = [Container] });
        Assert.Empty(_verdicts);
    }
}
