using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Replay.Redactions;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
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

    /// <summary>Also where files are read one after the other, in any order.</summary>
    [Theory]
    [InlineData("merged.tct", "other.tct")]
    [InlineData("other.tct", "merged.tct")]
    public void NodeOfAnotherFileIsNotAbsent(params string[] files)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("merged.tct"), Merged);
        File.WriteAllBytes(folder.File("other.tct"), Node(s_silent.Node, 3));
        string[] paths = [.. files.Select(folder.File)];
        foreach (string[] command in new string[][] { ["show"], ["summary", "--by", "node"], ["merge", "-o", folder.File("new.tct")] })
        {
            string sentence = Assert.Single(TcptracerProgram.Run([.. command, .. paths]).ErrorLines, l => l.Contains("gave nothing"));
            Assert.Equal("tcptracer: while this was recorded, node worker-stopped gave nothing: its agent did not run", sentence);
        }
    }

    [Fact]
    public void VeryManyAreCountedAndNotListed()
    {
        using var folder = new TemporaryFolder();
        AbsentNode[] absent = [.. Enumerable.Range(0, 2_000).Select(i => new AbsentNode($"worker-{i}", AbsentNode.Silent))];
        File.WriteAllBytes(folder.File("many.tct"), MergeTests.Merge([Node("node-1", 1)], absent: absent).Merged);
        RunResult run = TcptracerProgram.Run("show", folder.File("many.tct"));
        Assert.Equal(10, run.ErrorLines.Count(l => l.Contains("while this was recorded, node worker-")));
        Assert.Contains("tcptracer: and 1990 more nodes gave nothing: `tcptracer info -o json` names them", run.ErrorLines);
        Assert.Contains("and 1980 more nodes gave nothing", TcptracerProgram.Run("summary", folder.File("many.tct")).Output);
        Assert.Contains("and 1980 more nodes", TcptracerProgram.Run("info", folder.File("many.tct")).Output);
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
