using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Workloads;
using TcpTracer.Recorder.Workloads;
using Xunit;

namespace TcpTracer.Tests.Workloads;

/// <summary>When sources are asked about a container without a name, and when they are waited for.</summary>
public sealed class ContainerLookUpTests : IDisposable
{
    private readonly Runtime _runtime = new();
    private readonly Sink _sink = new();
    private readonly LiveWorkloads _workloads;
    private ulong _cgroups;

    public ContainerLookUpTests()
    {
        _workloads = new LiveWorkloads([_runtime], _ => { });
    }

    /// <summary>A runtime that hangs as long as the test wants it to.</summary>
    private sealed class Runtime : IWorkloadSource
    {
        public bool Hangs { get; set; }

        public List<string> Asked { get; } = [];

        public string Description => "runtime";

        public Task RunAsync(IWorkloadReceiver receiver, CancellationToken cancellation) => Task.CompletedTask;

        public async Task LookUpAsync(string containerId, string podUid, IWorkloadReceiver receiver, CancellationToken cancellation)
        {
            Asked.Add(podUid);
            if (Hangs)
                await Task.Delay(Timeout.Infinite, cancellation);
            receiver.OnPod(this,
                new ReportedPod(podUid, "shop", podUid) { Containers = [new ContainerInfo(containerId, podUid, "server", "")] });
        }
    }

    private sealed class Sink : IEventSink
    {
        public void OnEvent(in TcpEvent e)
        {
        }
    }

    private void SeeContainer(string pod) =>
        _workloads.OnCgroup(new CgroupInfo(CgroupHierarchy.Unified, ++_cgroups, $"/kubepods/pod{pod}/{_cgroups:x64}"), 0, _sink);

    [Fact]
    public void LookUpAnswersBeforeItsEventIsHandled()
    {
        SeeContainer("a");
        Assert.Equal("a", Assert.Single(_workloads.View.Index.Pods).Value.Name);
        SeeContainer("b");
        Assert.Equal(["a", "b"], _runtime.Asked);
    }

    [Fact]
    public void HangingSourceIsNotAskedAgainBeforeItAnswers()
    {
        _runtime.Hangs = true;
        SeeContainer("a");
        SeeContainer("b");
        Assert.Equal(["a"], _runtime.Asked);

        _runtime.Hangs = false;
        _workloads.Tracker.OnPod(_runtime, new ReportedPod("c", "shop", "c"));
        _workloads.Update(_sink); // as it happens between two reads of the ring
        SeeContainer("d");
        Assert.Equal(["a", "d"], _runtime.Asked);
        Assert.Contains("d", _workloads.View.Index.Pods.Keys);
    }

    /// <summary>The specification of a pod is known before the status of its containers.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OnlyContainerOfAPodIsNamedBeforeItsStatusIsKnown(bool isPodFirst)
    {
        _runtime.Hangs = true; // nobody but the API knows it
        var pod = new ReportedPod("a", "shop", "web") { OnlyContainer = new ContainerInfo("", "a", "server", "shop/web:1") };
        if (isPodFirst)
            _workloads.Tracker.OnPod(_runtime, pod);
        SeeContainer("a");
        if (!isPodFirst)
        {
            _workloads.Tracker.OnPod(_runtime, pod);
            _workloads.Update(_sink);
        }
        ContainerInfo container = Assert.Single(_workloads.View.Index.Containers).Value;
        Assert.Equal(("a", "server", "shop/web:1", 1UL.ToString("x64")), (container.PodUid, container.Name, container.Image, container.Id));
    }

    public void Dispose() => _workloads.Dispose();
}
