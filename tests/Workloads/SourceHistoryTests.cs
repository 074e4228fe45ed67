using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Workloads;
using TcpTracer.Recorder.Workloads;
using TcpTracer.Tests.Formats;
using Xunit;
using Source = TcpTracer.Tests.Workloads.WorkloadTrackerTests.Source;

namespace TcpTracer.Tests.Workloads;

/// <summary>How the sources of a recording did, and why events have no name.</summary>
public sealed class SourceHistoryTests : IDisposable
{
    private readonly Source _api = new("api"), _runtime = new("runtime", isLocal: true);
    private readonly LiveWorkloads _workloads;
    private ulong _cgroups;

    public SourceHistoryTests()
    {
        _workloads = new LiveWorkloads([_api, _runtime], _ => { });
    }

    private WorkloadTracker Tracker => _workloads.Tracker;

    private sealed class Sink : IEventSink
    {
        public void OnEvent(in TcpEvent e)
        {
        }
    }

    /// <summary>An event of a process in a cgroup.</summary>
    private void See(string? path)
    {
        TcpEvent e = SampleEvents.Seed;
        e.Process = e.Process with { Cgroup = ++_cgroups, CgroupV1 = 0 };
        if (path is not null)
            _workloads.OnCgroup(new CgroupInfo(CgroupHierarchy.Unified, _cgroups, path), 0, new Sink());
        e.NameBy(_workloads.View);
        _workloads.Count(in e);
    }

    private static string Pod(string uid) => $"/kubepods/pod{uid}/{new string('a', 64)}";

    [Fact]
    public void EventsWithoutANameAreCountedByReason()
    {
        See(Pod("a"));
        Tracker.OnSynced(_api);
        Tracker.OnSynced(_runtime);
        See(Pod("a"));
        Tracker.OnPod(_api, new ReportedPod("b", "shop", "b"));
        See(Pod("b"));
        See("/system.slice");
        See(null);
        Tracker.OnProblem(_api, "away");
        See(Pod("a"));
        See(Pod("b"));
        Assert.Equal(new UnnamedEvents(NoSource: 0, NotAnswered: 1, Failing: 1, NotReported: 1, NoCgroup: 1),
            _workloads.NamesAtEnd().Unnamed);
    }

    [Fact]
    public void EachOutageCountsOnce()
    {
        SourceAtEnd Api() => _workloads.NamesAtEnd().Sources[0];
        Assert.Equal(("silent", null, 0L), (Api().State, Api().FirstNs, Api().Failures));
        Tracker.OnSynced(_api);
        Assert.Equal(("answering", 0L, 0L), (Api().State, Api().Failures, Api().FailedNs));
        Tracker.OnAnswering(_api, fails: true); // also what is not worth a sentence
        Tracker.OnProblem(_api, "away");
        Tracker.OnProblem(_api, "away, in other words");
        Thread.Sleep(5);
        Assert.Equal(("failing", 1L, "away, in other words"), (Api().State, Api().Failures, Api().Problem));
        Assert.InRange(Api().FailedNs, 5_000_000, long.MaxValue);
        Tracker.OnRecovered(_api);
        long failed = Api().FailedNs;
        Tracker.OnProblem(_api, "away");
        Tracker.OnRecovered(_api);
        Assert.Equal(("answering", 2L, ""), (Api().State, Api().Failures, Api().Problem));
        Assert.True(Api().FailedNs >= failed && Api().LastNs > Api().FirstNs);
        Assert.Equal("silent", _workloads.NamesAtEnd().Sources[1].State);
    }

    /// <summary>What is said of a long recording: also the second outage of the same kind.</summary>
    [Fact]
    public void SecondOutageIsReported()
    {
        List<string> said = [];
        var tracker = new WorkloadTracker([_api], said.Add);
        for (int i = 0; i < 2; i++)
        {
            tracker.OnProblem(_api, "away");
            tracker.OnRecovered(_api);
        }
        Assert.Equal(["away", "api answers again", "away", "api answers again"], said);
    }

    public void Dispose() => _workloads.Dispose();
}
