using TcpTracer.Formats.Text;
using TcpTracer.Replay.Summaries;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Replay;

/// <summary>Groups that do not fit into memory have the same totals in the same order, with few groups in memory at a time.</summary>
public sealed class SummaryOnDiskTests
{
    private static readonly byte[] s_trace = TraceBytes.Write(RandomTraffic.Events(91, 6_000), 500);

    private static (SummaryGroups Groups, TraceSummary[] Workers) Sum(long? mostBytes, string by, int workers)
    {
        Field[] fields = [.. by.Split(',').Select(Fields.Find)];
        TraceSummary[] summaries = [.. Enumerable.Range(0, workers).Select(_ => new TraceSummary(fields) { MostBytes = mostBytes })];
        new BlockScan(Printing.SelectAll()) { ParallelFrom = 0 }.Run(new MemoryStream(s_trace), summaries);
        return (new SummaryGroups(summaries), summaries);
    }

    [Theory]
    [InlineData("conn", 1)]
    [InlineData("conn", 3)]
    [InlineData("comm,daddr,dport", 2)]
    [InlineData("comm", 2)]
    [InlineData("pid,comm,saddr", 2)]
    public void GroupsOnDiskEqualGroupsInMemory(string by, int workers)
    {
        using SummaryGroups inMemory = Sum(null, by, workers).Groups, onDisk = Sum(1_000, by, workers).Groups;
        Assert.Equal((false, true), (inMemory.IsOnDisk, onDisk.IsOnDisk));
        KeyValuePair<string, SummaryTotals>[] expected = [.. inMemory.InOrder()];
        Assert.Equal(expected, onDisk.InOrder());
        Assert.Equal(expected, onDisk.InOrder()); // it can be asked again
        Assert.Equal(expected.Take(3), onDisk.InOrder().Take(3));
        Assert.Equal(6_000, expected.Sum(g => g.Value.Events));
    }

    [Theory]
    [InlineData("conn")]
    [InlineData("state,comm")]
    public void ConnectionsToo(string by)
    {
        Field[] fields = [.. by.Split(',').Select(ConnectionFields.OfConnections.Find)];
        SummaryGroups Sum(long? mostBytes)
        {
            var summary = new TraceSummary(fields) { MostBytes = mostBytes };
            var connections = new ConnectionSummary(Printing.SelectAll(), summary);
            connections.Run(new MemoryStream(s_trace));
            Assert.Null(connections.Finish());
            return new SummaryGroups([summary]);
        }
        using SummaryGroups inMemory = Sum(null), onDisk = Sum(1_000);
        Assert.Equal((false, true), (inMemory.IsOnDisk, onDisk.IsOnDisk));
        KeyValuePair<string, SummaryTotals>[] expected = [.. inMemory.InOrder()];
        Assert.Equal(expected, onDisk.InOrder());
        Assert.True(expected.Sum(g => g.Value.Open) > 10);
    }

    [Fact]
    public void GroupsInMemoryAreBounded()
    {
        const long most = 40_000;
        Field[] by = [Fields.Find("conn")];
        var summary = new TraceSummary(by) { MostBytes = most };
        new BlockScan(Printing.SelectAll()) { ParallelFrom = 0 }.Run(new MemoryStream(s_trace), [summary]);
        Assert.InRange(summary.Groups.Count, 0, most / TraceSummary.BytesOf("") + 1);
        Assert.True(summary.Spilled?.Count > 2);
    }

    /// <summary>The real program with more groups than it keeps in memory; no file is left afterwards.</summary>
    [Fact]
    public void ManyGroupsAreAllPrinted()
    {
        const int events = 120_000;
        using var folder = new TemporaryFolder();
        string file = folder.File("connections.tct");
        TcpTracer.Formats.Events.TcpEvent e = TcpTracer.Tests.Formats.SampleEvents.Make(TcpTracer.Formats.Events.Operation.Connect, "curl");
        File.WriteAllBytes(file, TraceBytes.Write([.. Enumerable.Range(0, events).Select(i => e with
        {
            StartNs = e.StartNs + i * 7919L % 1_000_000_007, TimestampNs = e.TimestampNs + i * 1_000L + i % 37
        })]));
        Assert.True(events * TraceSummary.BytesOf("") > TraceSummary.DefaultMostBytes);
        RunResult run = TcptracerProgram.RunWith(null, [("TMPDIR", folder.Path)], "summary", "--by", "conn", file);
        Assert.Equal((0, events + 1), (run.ExitCode, run.Lines.Length));
        Assert.Equal(run.Lines.Skip(1), run.Lines.Skip(1).Order(StringComparer.Ordinal)); // one event each, so they are sorted by name
        Assert.Equal([file], Directory.GetFiles(folder.Path));
    }
}
