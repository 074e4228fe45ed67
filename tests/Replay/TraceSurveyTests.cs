using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Inspection;
using TcpTracer.Replay.Names;
using TcpTracer.Tests.Formats.TraceFile;
using Xunit;

namespace TcpTracer.Tests.Replay;

/// <summary>What <c>info</c> reports beside the block headers: names, and who talks most.</summary>
public sealed class TraceSurveyTests
{
    [Fact]
    public void RepeatedNamesCountOnce()
    {
        var to = new MemoryStream();
        WorkloadView view = new WorkloadView(new SafeText("node-1")).With(new WorkloadChange(0)
        {
            Pods = [.. Enumerable.Range(0, 1_200).Select(i => new PodInfo($"uid-{i}", i % 3 == 0 ? "shop" : "batch", $"pod-{i}"))],
            Containers = [new ContainerInfo("c", "uid-0", "web", "")],
            Nodes = [new NodeInfo("node-1", [])],
        });
        var writer = new TraceWriter(to, TraceBytes.Header, TimeSpan.FromHours(1), view, MetadataScope.Cluster);
        for (int i = 0; i < 3; i++)
            writer.OnWorkloads(view.Index.ToCheckpoint(i), view);
        writer.Finish(new TraceEnd("test", 0, 0, 0));
        NamesSurvey names = TraceSurvey.Of(new MemoryStream(to.ToArray())).Names;
        Assert.Equal((1_200, 1, 1, 0, 0), (names.CountOf(WorkloadKind.Pod), names.CountOf(WorkloadKind.Container),
            names.CountOf(WorkloadKind.Node), names.CountOf(WorkloadKind.Service), names.CountOf(WorkloadKind.Cgroup)));
        Assert.Equal([("batch", 800), ("shop", 400)], names.Namespaces.OrderBy(n => n.Key).Select(n => (n.Key, n.Value)));
        Assert.Equal(5, names.FirstPods.Count);
        Assert.False(names.IsIncomplete);
    }

    [Fact]
    public void TopTalkersOfAShortTraceCountEveryEvent()
    {
        TcpEvent[] events = RandomTraffic.Events(23, 3_000);
        TraceSurvey survey = TraceSurvey.Of(new MemoryStream(TraceBytes.Write(events, 100)));
        Assert.Equal((30, 3_000L, 3_000L), (survey.Top.Blocks, survey.Top.Events, survey.Events));
        var expected = events.GroupBy(e => e.Daddr.ToString()).Select(g => (g.Key, Count: (long)g.Count())).OrderByDescending(g => g.Count)
            .ThenBy(g => g.Key, StringComparer.Ordinal).Take(5);
        Assert.Equal(expected, survey.Top.Remotes(5).Select(g => (g.Key, g.Value.Events)));
        Assert.Equal(3_000, survey.Top.Owners(int.MaxValue).Sum(g => g.Value.Events));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TopTalkersOfALongTraceAreASample(bool pipe)
    {
        TcpEvent[] events = RandomTraffic.Events(24, 1_000);
        var to = new MemoryStream();
        var writer = new TraceWriter(to, TraceBytes.Header, TimeSpan.FromHours(1));
        const int blocks = 100;
        for (int i = 0; i < blocks * TraceLimits.WriterRows; i++)
            writer.OnEvent(in events[i % events.Length]);
        writer.Finish(new TraceEnd("test", 0, 0, 0));
        byte[] trace = to.ToArray();
        TraceSurvey survey = TraceSurvey.Of(pipe ? new Pipe(trace, 1) : new MemoryStream(trace));
        Assert.Equal((blocks, (long)blocks * TraceLimits.WriterRows), (survey.Blocks, survey.Events));
        Assert.InRange(survey.Top.Blocks, 6, 8);
        Assert.Equal(survey.Events, Enum.GetValues<Operation>().Sum(survey.CountOf) + survey.CountOfOthers);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EveryOperationIsCounted(bool withoutHeaders)
    {
        // A block header has no count of its own for operation 8. Here 8 is alone among such operations in one block,
        // and not alone in another.
        byte[] operations = [1, 8, 8, 2, 8, 17, 8, 3, 7, 7, 40, 0];
        TcpEvent[] events = [.. RandomTraffic.Events(26, 12).Select((e, i) => e with { Operation = (Operation)operations[i] })];
        byte[] trace = TraceBytes.Write(events, 4);
        TraceBytes.FramePart[] parts = TraceBytes.Split(trace);
        TraceSurvey survey =
            TraceSurvey.Of(new MemoryStream(withoutHeaders ? TraceBytes.Join(parts.Where((p, i) => i == 0 || !p.IsSkippable)) : trace));
        Assert.Equal((3, 12L), (survey.Blocks, survey.Events));
        Assert.Equal([1, 1, 1, 0, 0, 0, 2, 4], Enum.GetValues<Operation>().Select(o => (int)survey.CountOf(o)));
        Assert.Equal(3, survey.CountOfOthers);
        Assert.Equal(12, survey.Top.Events);
    }

    [Fact]
    public void AnyNumberOfLossesIsAddedUp()
    {
        var to = new MemoryStream();
        var writer = new TraceWriter(to, TraceBytes.Header, TimeSpan.FromHours(1));
        for (int i = 0; i < 1_500; i++)
            writer.OnLoss(new LossRecord(100 - i, 100 + i, (LossSource)(1 + i % 2), i < 2 ? long.MaxValue : 1, i));
        writer.Finish(new TraceEnd("test", 0, 0, 0));
        using var folder = new TcpTracer.Tests.Harness.TemporaryFolder();
        File.WriteAllBytes(folder.File("losses.tct"), to.ToArray());
        TraceSurvey survey = TraceSurvey.Of(new MemoryStream(to.ToArray()));
        Assert.Equal((1_000, 2), (survey.Losses.Count, survey.LossesBySource.Count));
        Assert.Equal((100L - 1_499, 100L + 1_499),
            (survey.LossesBySource.Values.Min(l => l.FromNs), survey.LossesBySource.Values.Max(l => l.ToNs)));
        foreach (string format in new[] { "text", "json" })
            Assert.DoesNotContain("internal error",
                TcpTracer.Tests.Harness.TcptracerProgram.Run("info", "-o", format, folder.File("losses.tct")).Errors);
    }

    [Fact]
    public void ExtremeClocksAreAccepted()
    {
        var to = new MemoryStream();
        var writer = new TraceWriter(to, TraceBytes.Header with { Clock = default }, TimeSpan.FromHours(1));
        writer.OnClock(new ClockSample(0, long.MinValue, 0, 0, ClockCause.Step));
        writer.Finish(new TraceEnd("test", 0, 0, 0));
        using var folder = new TcpTracer.Tests.Harness.TemporaryFolder();
        File.WriteAllBytes(folder.File("clocks.tct"), to.ToArray());
        Assert.Equal(0, TcpTracer.Tests.Harness.TcptracerProgram.Run("info", folder.File("clocks.tct")).ExitCode);
    }

    [Fact]
    public void DamagedBlockOfTheSampleIsReportedAndTheRestCounted()
    {
        byte[] trace = TraceBytes.Write(RandomTraffic.Events(25, 500), 100);
        TraceBytes.FramePart[] parts = TraceBytes.Split(trace);
        parts[6].Bytes[^1] ^= 1;
        TraceSurvey survey = TraceSurvey.Of(new MemoryStream(TraceBytes.Join(parts)));
        Assert.Equal(TraceFault.BadChecksum, Assert.Single(survey.Damages).Fault);
        Assert.Equal((500L, 400L), (survey.Events, survey.Top.Events));
    }
}
