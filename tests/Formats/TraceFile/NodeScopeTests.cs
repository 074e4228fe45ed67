using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Workloads;
using Xunit;

namespace TcpTracer.Tests.Formats.TraceFile;

/// <summary><c>--metadata node</c>: names of this node's pods and containers, and of no others.</summary>
public sealed class NodeScopeTests
{
    private readonly List<WorkloadChange> _written = [];
    private readonly TraceWriter _writer;
    private WorkloadView _view;

    public NodeScopeTests()
    {
        _view = new WorkloadView(new SafeText(TraceBytes.Header.Node))
            .With(Pods(("before", TraceBytes.Header.Node), ("far-before", "node-9")));
        _writer = new TraceWriter(new MemoryStream(), TraceBytes.Header, TimeSpan.Zero, _view, MetadataScope.Node, _written.Add);
    }

    private static WorkloadChange Pods(params (string Name, string Node)[] pods) => new(1)
    {
        Pods = [.. pods.Select(p => new PodInfo($"uid-{p.Name}", "shop", p.Name) { Node = p.Node })],
        Containers = [.. pods.Select(p => new ContainerInfo($"id-{p.Name}", $"uid-{p.Name}", "c", ""))],
    };

    private void Tell(WorkloadChange change) => _writer.OnWorkloads(change, _view = _view.With(change));

    private IEnumerable<string> Names => _written.SelectMany(c => c.Pods.Select(p => p.Name));

    private IEnumerable<string> Containers => _written.SelectMany(c => c.Containers.Select(p => p.Id));

    private IEnumerable<string> Forgotten => _written.SelectMany(c => c.Forgotten.Select(p => p.Key));

    [Fact]
    public void PodsAndContainersOfOtherNodesAreNotWritten()
    {
        Tell(Pods(("near", TraceBytes.Header.Node), ("far", "node-9"), ("of-the-runtime", "")));
        Assert.Equal(["before", "near", "of-the-runtime"], Names);
        Assert.Equal(["id-before", "id-near", "id-of-the-runtime"], Containers);
        Tell(new WorkloadChange(2)
        {
            Forgotten = [.. new[] { "near", "far" }.SelectMany(n => new[]
                { new WorkloadKey(WorkloadKind.Container, $"id-{n}"), new WorkloadKey(WorkloadKind.Pod, $"uid-{n}") })],
        });
        Assert.Equal(["id-near", "uid-near"], Forgotten);
    }

    [Fact]
    public void PodWithoutANodeIsWrittenWhenMoreIsKnown()
    {
        Tell(new WorkloadChange(1) { Pods = [new PodInfo("uid-near", "shop", "near"), new PodInfo("uid-far", "shop", "far")] });
        Assert.DoesNotContain("near", Names);
        Tell(new WorkloadChange(2) { Containers = [new ContainerInfo("id-near", "uid-near", "c", "")] }); // the runtime knows it
        Tell(Pods(("far", "node-9")));
        Assert.Equal(["before", "near"], Names);
        Assert.Equal(["id-before", "id-near"], Containers);
    }

    [Fact]
    public void PodThatTurnsOutToBeElsewhereIsForgotten()
    {
        Tell(Pods(("lost", "")));
        Tell(Pods(("lost", "node-9")));
        Assert.Contains("uid-lost", Forgotten);
    }
}
