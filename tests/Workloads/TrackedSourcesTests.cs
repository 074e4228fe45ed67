using TcpTracer.Formats.Workloads;
using TcpTracer.Recorder.Workloads;
using Xunit;

namespace TcpTracer.Tests.Workloads;

/// <summary>What happens if several sources contradict each other.</summary>
public sealed class TrackedSourcesTests
{
    private sealed class Silent(string description) : IWorkloadSource
    {
        public string Description => description;

        public Task RunAsync(IWorkloadReceiver receiver, CancellationToken cancellation) => Task.CompletedTask;

        public Task LookUpAsync(string containerId, string podUid, IWorkloadReceiver receiver, CancellationToken cancellation) =>
            Task.CompletedTask;
    }

    private readonly Silent _api = new("API"), _runtime = new("runtime");

    private static ReportedPod Pod(string image) => new("u", "shop", "web") { Containers = [new ContainerInfo("c", "u", "server", image)] };

    [Fact]
    public void ImageHasTheNameOfTheMoreTrustedSource()
    {
        var tracker = new WorkloadTracker([_api, _runtime]);
        tracker.OnPods(_runtime, [Pod("docker.io/library/nginx:1")]);
        tracker.OnPods(_api, [Pod("nginx:1")]);
        Assert.Equal("nginx:1", Assert.Single(tracker.Take().Containers).Image);
        tracker.OnPods(_runtime, [Pod("docker.io/library/nginx:1")]);
        Assert.False(tracker.HasChanges);
    }

    [Fact]
    public void SourceWithoutAnswersCausesNoDelayAndNoReport()
    {
        List<string> said = [];
        var tracker = new WorkloadTracker([_runtime], said.Add);
        tracker.OnNothingToAsk(_runtime, "it only serves Docker");
        tracker.AwaitAnswers(TimeSpan.FromMinutes(5));
        Assert.Empty(said);
        Assert.Equal(new SourceState(SourceStatus.Unused, "it only serves Docker"), Assert.Single(tracker.Sources).State);
    }
}
