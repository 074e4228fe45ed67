using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Replay.Redactions;
using TcpTracer.Tests.Formats.TraceFile;
using Xunit;

namespace TcpTracer.Tests.Replay.Copies;

/// <summary>A trace of a cluster names the nodes of which nothing is in it, and so does each copy.</summary>
public sealed class AbsentNodesTests
{
    private static readonly AbsentNode s_stopped = new("worker-stopped", AbsentNode.NotRunning),
        s_silent = new("worker-silent", AbsentNode.Silent);

    private static byte[] Node(string name, ulong seed) => MergeTests.Node(name, $"boot-{name}", seed, 1_770_000_000_000_000_000);

    private static byte[] Merged => MergeTests.Merge([Node("node-1", 1), Node("node-2", 2)], absent: [s_stopped, s_silent]).Merged;

    private static IReadOnlyList<AbsentNode> AbsentIn(byte[] trace) => TraceContents.Of(trace).Headers[0].Absent;

    [Fact]
    public void MergedTraceNamesThem()
    {
        Assert.Equal([s_stopped, s_silent], AbsentIn(Merged));
        Assert.Empty(AbsentIn(MergeTests.Merge([Node("node-1", 1), Node("node-2", 2)]).Merged));
    }

    /// <summary>What one trace has nothing of, the other may have.</summary>
    [Fact]
    public void NodeOfAnotherTraceIsNotAbsent()
    {
        byte[] both = MergeTests.Merge([Merged, Node(s_silent.Node, 3), Merged]).Merged;
        Assert.Equal([s_stopped], AbsentIn(both));
        Assert.Equal([s_stopped, s_silent], AbsentIn(MergeTests.Merge([Merged, Merged]).Merged));
    }

    [Fact]
    public void FilterKeepsThem() =>
        Assert.Equal([s_stopped, s_silent], AbsentIn(Copying.Filter(Merged, new Selection { Port = "443" }).Bytes));

    [Fact]
    public void RedactedCopyDoesNotNameThem()
    {
        byte[] merged = Merged, copy = Copying.Redact(merged).Bytes;
        Assert.Equal(2, AbsentIn(copy).Select(a => a.Node).Distinct().Count());
        Assert.Equal([AbsentNode.NotRunning, AbsentNode.Silent], AbsentIn(copy).Select(a => a.Why));
        Assert.False(FullTrace.Holds(FullTrace.Decompressed(copy), "worker-stopped"));
        Assert.Empty(RedactionTests.Prove(merged, copy).Leaks);
        Assert.Contains(RedactionTests.Prove(merged, merged).Leaks, l => l.Place == "header.absent.*.0");
        Assert.Equal([s_stopped, s_silent], AbsentIn(Copying.Redact(merged, new RedactionPolicy { Kept = ["node"] }).Bytes));
    }

    /// <summary>The reason is a stranger's text: one that is not known is not copied.</summary>
    [Fact]
    public void UnknownReasonIsNotInARedactedCopy()
    {
        byte[] merged = MergeTests.Merge([Node("node-1", 1)], absent: new AbsentNode("node-2", "secret-of-a-stranger")).Merged;
        Assert.Equal("secret-of-a-stranger", Assert.Single(AbsentIn(merged)).Why);
        byte[] copy = Copying.Redact(merged).Bytes;
        Assert.Equal("", Assert.Single(AbsentIn(copy)).Why);
        Assert.Empty(RedactionTests.Prove(merged, copy).Leaks);
    }
}
