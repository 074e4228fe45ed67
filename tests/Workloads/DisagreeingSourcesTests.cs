using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Recorder.Machine;
using TcpTracer.Recorder.Workloads;
using TcpTracer.Tests.Formats;
using Xunit;
using Source = TcpTracer.Tests.Workloads.WorkloadTrackerTests.Source;

namespace TcpTracer.Tests.Workloads;

/// <summary>An address that is used again, and sources that notice an end at different times.</summary>
public sealed class DisagreeingSourcesTests
{
    private const long Second = 1_000_000_000;
    private static readonly Address s_ip = SampleEvents.AddressOf("10.1.0.7");

    private readonly Source _api = new("api"), _runtime = new("runtime", isLocal: true);
    private readonly WorkloadTracker _tracker;
    private WorkloadView _view = WorkloadView.Empty;

    public DisagreeingSourcesTests()
    {
        _tracker = new WorkloadTracker([_api, _runtime]);
    }

    private static ReportedPod Pod(string name, long? ageSeconds = null) => new($"uid-{name}", "shop", name)
    {
        Addresses = [s_ip],
        SinceWallNs = ageSeconds is { } age ? WallAgo(age) : null,
    };

    private static ReportedPod Ended(string name, long? secondsAgo = null) => new($"uid-{name}", "shop", name)
    {
        HasEnded = true,
        EndedWallNs = secondsAgo is { } ago ? WallAgo(ago) : null,
    };

    private static long WallAgo(long seconds) => (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) * 100 - seconds * Second;

    /// <summary>Whose the address was, so many seconds ago.</summary>
    private string? Owner(long secondsAgo = 0)
    {
        _view = _view.With(_tracker.Take());
        return _view.PeerAt(s_ip, BootClock.Now - secondsAgo * Second)?.Name.ToString();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void EndThatOneSourceHasSeenIsNotUndoneByTheOther(bool isApiFirst)
    {
        (Source first, Source late) = isApiFirst ? (_api, _runtime) : (_runtime, _api);
        _tracker.OnPod(first, Pod("job", 60));
        _tracker.OnPod(late, Pod("job", 60));
        _tracker.OnPod(first, Ended("job"));
        Assert.Equal((null, "job"), (Owner(), Owner(10)));
        _tracker.OnPod(late, Pod("job", 60));
        _tracker.OnPods(late, [Pod("job", 60)]);
        Assert.Equal((null, "job"), (Owner(), Owner(10)));
    }

    [Fact]
    public void PodThatItsRuntimeHasRemovedOwnsNoAddress()
    {
        _tracker.OnPod(_api, Pod("web", 60));
        _tracker.OnPods(_runtime, [Pod("web", 60)]);
        _tracker.OnPods(_runtime, []);
        _tracker.OnPod(_api, Pod("web", 60));
        Assert.Null(Owner());
        _tracker.OnPods(_runtime, [Pod("web", 1)]); // a new sandbox of the same pod
        Assert.Equal("web", Owner());
    }

    [Fact]
    public void PodThatOnlyOneSourceKnowsKeepsItsAddress()
    {
        _tracker.OnPod(_api, Pod("elsewhere", 60));
        _tracker.OnPods(_runtime, []);
        Assert.Equal("elsewhere", Owner());
    }

    [Fact]
    public void EndOfAPodIsTheEndOfItsLastContainer()
    {
        _tracker.OnPod(_api, Pod("job", 60));
        _tracker.OnPod(_api, Ended("job", 30));
        Assert.Equal(("job", null, null), (Owner(40), Owner(20), Owner()));
    }

    [Fact]
    public void YoungerPodHasTheAddress()
    {
        _tracker.OnPod(_api, Pod("old", 60));
        Assert.Equal("old", Owner());
        _tracker.OnPod(_api, Pod("new"));
        Assert.Equal("new", Owner());
        _tracker.OnPods(_runtime, [Pod("old", 60), Pod("new", 0)]); // who has not noticed
        Assert.Equal("new", Owner());
        _tracker.OnPod(_api, Ended("new"));
        Assert.Null(Owner()); // the old one does not get it back
        _tracker.OnPod(_api, Pod("old") with { Addresses = [] });
        _tracker.OnPods(_runtime, []);
        _tracker.OnPods(_runtime, [Pod("old", 0)]);
        Assert.Equal("old", Owner()); // all had let go of it, so this is new
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OfTwoPodsInOneListTheYoungerHasTheAddress(bool isOldFirst)
    {
        ReportedPod old = Pod("old", 60), next = Pod("new", 30);
        _tracker.OnPods(_api, isOldFirst ? [old, next] : [next, old]);
        Assert.Equal(("new", "new", isOldFirst ? "old" : null), (Owner(), Owner(20), Owner(40)));
    }

    /// <summary>A list after an outage may say of a pod that it began long before it was heard of.</summary>
    [Fact]
    public void WhatWasToldOfATimeStays()
    {
        _tracker.OnPod(_api, Pod("old", 60));
        Assert.Equal("old", Owner(30));
        _tracker.OnPod(_api, Ended("old", 20));
        _tracker.OnPods(_api, [Pod("new", 50)]);
        Assert.Equal(("old", "new", "new"), (Owner(30), Owner(10), Owner()));
    }

    /// <summary>A connection that closes is named by the pod that had the address at its beginning.</summary>
    [Fact]
    public void NameOfAConnectionOutlivesItsPod()
    {
        _tracker.OnPod(_api, Pod("job", 72));
        Assert.Equal("job", Owner(70));
        _tracker.OnPod(_api, Ended("job", 36));
        Assert.Equal("job", Owner(70));
        _tracker.OnPodGone(_api, "uid-job");
        _tracker.OnPod(_api, Pod("next"));
        _tracker.OnPodGone(_api, "uid-next");
        Assert.Equal(("job", null), (Owner(70), Owner()));
    }

    [Fact]
    public void ChangeOfAPodKeepsItsEndedClaims()
    {
        Address other = SampleEvents.AddressOf("10.1.0.8");
        _tracker.OnPod(_api, Pod("web", 72));
        _tracker.OnPod(_api, Ended("web", 36));
        _tracker.OnPod(_api, Pod("web") with { Addresses = [other] });
        _tracker.OnPod(_api, Pod("web") with { Addresses = [other], Labels = PodInfo.NoLabels.Add("a", "b") });
        Assert.Equal("web", Owner(70));
    }
}
