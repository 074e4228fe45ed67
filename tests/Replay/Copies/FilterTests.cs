using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Inspection;
using TcpTracer.Replay.Names;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Replay.Copies;

/// <summary>A filtered copy shows the events that the original shows with the selection, and holds nothing else of the original.</summary>
public sealed class FilterTests
{
    private static readonly byte[] s_shop = File.ReadAllBytes(Path.Combine(TcptracerProgram.Repository, "examples", "shop.tct"));

    private static readonly Selection[] s_selections =
    [
        new(), new() { Pod = "web-1" }, new() { Namespace = "!shop" }, new() { Comm = "curl,nginx" },
        new() { Addr = "10.0.0.0/31" }, new() { Port = "80,443" },
        new() { Op = "connect,close" }, new() { Filter = "dst =~ ^pod/ or failed" }, new() { Labels = "app=web" },
        new() { Filter = "pid < 20 and latency_ns > 5" }, new() { Pid = "4294967295" },
    ];

    public static TheoryData<string> Traces { get; } =
        ["random", "blocks", "pods", "cluster", "shop", "cut", "damaged", "damaged-names", "one-behind-another", "golden"];

    private static IEnumerable<byte[]> Of(string kind) => kind switch
    {
        "random" => [TraceBytes.Write(RandomTraffic.Events(5, 3_000))],
        "blocks" => [TraceBytes.Write(RandomTraffic.Events(6, 2_000), blockOf: 90)],
        "pods" => [.. Enumerable.Range(0, 8).Select(i => TraceBytes.WithPods((ulong)i, 300, MetadataScope.Referenced))],
        "cluster" => [.. Enumerable.Range(0, 8).Select(i => TraceBytes.WithPods((ulong)i, 300))],
        "shop" => [s_shop],
        "cut" => [s_shop[..^900], TraceBytes.WithPods(3, 200)[..^700]],
        "damaged" => [Damage(TraceBytes.Write(RandomTraffic.Events(8, 2_000), blockOf: 100), 3)],
        "damaged-names" => [.. Enumerable.Range(1, 6).Select(i => Damage(TraceBytes.WithPods(4, 300), i))],
        "golden" => [.. Directory.GetFiles(Path.Combine(TcptracerProgram.Repository, "tests/golden"), "*.tct", SearchOption.AllDirectories)
            .Where(f => !f.Contains("newer-major", StringComparison.Ordinal) && !f.Contains("required", StringComparison.Ordinal))
                .Select(File.ReadAllBytes)],
        _ => [[.. s_shop, .. TraceBytes.WithPods(2, 200), .. TraceBytes.Write(RandomTraffic.Events(9, 500), blockOf: 100)]],
    };

    private static byte[] Damage(byte[] trace, int place)
    {
        byte[] damaged = [.. trace];
        damaged[trace.Length * place / 7] ^= 0x10;
        return damaged;
    }

    /// <summary>Summaries print the owner of the far end, and policies select by its labels.</summary>
    [Fact]
    public void APodAtTheFarEndKeepsItsOwnerAndLabels()
    {
        byte[] copy = Copying.Filter(s_shop, new Selection { Namespace = "shop" }).Bytes;
        var names = new NamesOf();
        new TraceReader(new MemoryStream(copy)).Read(names);
        PodInfo[] far = [.. names.Pods.Where(p => p.Namespace != "shop")];
        Assert.NotEmpty(far);
        Each.Of(far, p => Assert.NotEmpty(p.Owner));
        Each.Of(far, p => Assert.NotEmpty(p.Labels));
        Each.Of(far, p => Assert.Equal("worker-1", p.Node)); // that of the rows themselves
    }

    private sealed class NamesOf : ITraceVisitor
    {
        public List<PodInfo> Pods { get; } = [];

        public void OnWorkloads(WorkloadChange change) => Pods.AddRange(change.Pods);

        public void OnHeader(TraceHeader header)
        {
        }

        public void OnEvents(EventBlock block)
        {
        }

        public void OnDamage(TraceDamage damage) => Assert.Fail($"{damage}");
    }

    [Theory, MemberData(nameof(Traces))]
    public void ShowPrintsTheSameForTheCopyAsForTheOriginal(string kind)
    {
        int shown = 0;
        Each.Of(Of(kind).Where(t => t.Length > 0), trace => Each.Of(s_selections, selection =>
        {
            string expected = Events(Copying.Show(trace, "json", selection));
            shown += expected.Length;
            byte[] copy = Copying.Filter(trace, selection, workers: 2).Bytes;
            Assert.Equal(expected, Events(Copying.Show(copy)));
            Assert.Equal(expected, Events(Copying.Show(copy, "json", selection)));
            byte[] again = Copying.Filter(copy, selection).Bytes;
            Assert.Equal(expected, Events(Copying.Show(again)));
            TraceVerifier verified = TraceVerifier.Of(new MemoryStream(copy));
            Assert.Equal((true, 0), (verified.IsFinished, verified.Damages.Count));
        }));
        Assert.True(shown > 1_000);
    }

    /// <summary>The lines without the losses: a copy of a damaged trace has a loss more than the original.</summary>
    private static string Events(string lines) =>
        string.Join('\n', lines.Split('\n').Where(l => !l.StartsWith("{\"type\":\"lost\"", StringComparison.Ordinal)));

    [Theory]
    [InlineData("columns")]
    [InlineData("wide")]
    [InlineData("csv")]
    [InlineData("yaml")]
    [InlineData("jsonpretty")]
    [InlineData("custom-columns=conn,dst,dst_pod,dst_cgroup,dst_cgroup_v1")]
    public void EveryFormatPrintsTheSameForTheCopy(string format) => Each.Of(
        new[] { s_shop, TraceBytes.WithPods(1, 300), TraceBytes.Write(RandomTraffic.Events(5, 500)) },
        trace => Each.Of(s_selections,
            s => Assert.Equal(Copying.Show(trace, format, s), Copying.Show(Copying.Filter(trace, s).Bytes, format))));

    [Fact]
    public void CopyInHindsightHasTheNamesOfHindsight()
    {
        byte[] trace = TraceBytes.WithPods(5, 400, isOneHierarchy: true);
        string seen = Copying.Show(trace), hindsight = Copying.Show(trace, enrichment: Enrichment.Hindsight);
        Assert.NotEqual(seen, hindsight);
        Assert.Equal(WithoutSource(hindsight),
            WithoutSource(Copying.Show(Copying.Filter(trace, enrichment: Enrichment.Hindsight).Bytes)));
    }

    /// <summary>
    /// Leaves out <c>src</c>. In hindsight it stays the node, if it was seen so, when the pod becomes known later. The copy has the pod
    /// from the beginning.
    /// </summary>
    private static string WithoutSource(string rows) => System.Text.RegularExpressions.Regex.Replace(rows, "\"src\":\\{[^}]*\\},?", "");

    [Fact]
    public void CopyOfOnePodHoldsNothingOfOtherPods()
    {
        byte[] trace = FullTrace.Write(), all = FullTrace.Decompressed(trace);
        const int chosen = 1, peer = chosen + 1;
        byte[] copy = FullTrace.Decompressed(Copying.Filter(trace, new Selection { Pod = FullTrace.PodName(chosen) }).Bytes);
        int[] others = [.. Enumerable.Range(0, FullTrace.Pods).Where(i => i != chosen)];
        string[] ofPeer = // the pod's peer: its owner is printed, and policies select by its labels
            [FullTrace.PodName(peer), $"uid-of-pod-{peer}", $"tenant-{peer}",
                $"Deployment/app-{peer}", $"label-key-{peer}", $"label-value-{peer}"];
        string[] inHeader = [FullTrace.PodName(3)]; // the recorder's command line in the header names it
        string[] unwanted =
            [.. others.SelectMany(i => FullTrace.TextsOf(i).Concat(FullTrace.TextsOfPeers(i))).Except(ofPeer).Except(inHeader)];
        Each.Of(unwanted, text => Assert.True(FullTrace.Holds(all, text) && !FullTrace.Holds(copy, text), text));
        Each.Of(others.SelectMany(i => FullTrace.AddressesOfPeers(i).Concat(FullTrace.AddressesOf(i)[(i == peer ? 1 : 0)..])),
            address => Assert.True(FullTrace.Holds(all, address.Bytes) && !FullTrace.Holds(copy, address.Bytes), address.ToString()));
        Each.Of(FullTrace.TextsOf(chosen).Concat(FullTrace.TextsOfPeers(chosen)).Concat(ofPeer),
            text => Assert.True(FullTrace.Holds(copy, text), text));
    }

    [Fact]
    public void WhollySelectedBlockIsCopiedUnchanged()
    {
        byte[] trace = TraceBytes.Write(RandomTraffic.Events(6, 2_000), blockOf: 100);
        Copying copy = Copying.Filter(trace);
        Assert.Equal(20, copy.BlocksCopied);
        byte[][] frames = [.. TraceBytes.Split(trace).Where(p => !p.IsSkippable).Skip(1).SkipLast(1).Select(p => p.Bytes)];
        Each.Of(frames, frame => Assert.True(FullTrace.Holds(copy.Bytes, frame)));
        Assert.InRange(copy.Bytes.Length, trace.Length, trace.Length + 200);
        Assert.InRange(Copying.Filter(trace, new Selection { Op = "connect" }).BlocksCopied, 0, 1);
    }

    /// <summary>The header, the losses and the end of a trace.</summary>
    private static (TraceHeader Header, List<LossRecord> Losses, TraceEnd? End) Read(byte[] trace)
    {
        var contents = TraceContents.Of(trace);
        return (contents.Headers[0], contents.Losses, contents.End);
    }

    [Fact]
    public void CopyKeepsLossesAndItsHeaderNamesTheSelection()
    {
        byte[] trace = FullTrace.Write();
        (TraceHeader header, List<LossRecord> losses, TraceEnd? end) =
            Read(Copying.Filter(trace, new Selection { Pod = "web-of-pod-1,!web-of-pod-4", Filter = "not failed" }).Bytes);
        Assert.Equal(Read(trace).Losses, losses);
        Assert.Equal(3, losses.Count);
        Assert.Equal(("SIGINT", 42L, new Unfinished(1, 2, 3, 4, 5)), (end!.Cause, end.Written, end.Unfinished));
        Assert.Equal(FullTrace.Header.CommandLine, header.CommandLine);
        Assert.Equal([new CopyNote("filter", "--podname web-of-pod-1 (and exclusions)", "tcptracer 9")], header.Copies);
        TraceHeader twice = Read(Copying.Filter(Copying.Filter(trace).Bytes, new Selection { Comm = "x" }).Bytes).Header;
        Assert.Equal([new CopyNote("filter", "", "tcptracer 9"), new CopyNote("filter", "--comm x", "tcptracer 9")], twice.Copies);
    }

    /// <summary>What was lost at other times is not missing in the copy.</summary>
    [Fact]
    public void CopyForATimeHasTheLossesOfThatTime()
    {
        byte[] trace = FullTrace.Write();
        (TraceHeader header, List<LossRecord> losses, _) = Read(trace);
        Assert.NotEmpty(losses);
        const long step = 1_000_000; // the clock is set by less in that trace
        long Wall(long bootNs) => header.Clock.ToWall(bootNs);
        foreach (LossRecord loss in losses)
        {
            var from = new TimeWindow(TimeWindow.Moment(Wall(loss.ToNs)), null, default);
            var after = new TimeWindow(TimeWindow.Moment(Wall(loss.ToNs) + step), null, default);
            var before = new TimeWindow(null, TimeWindow.Moment(Wall(loss.FromNs) - step), default);
            Assert.Contains(loss, Read(Copying.Filter(trace, times: from).Bytes).Losses);
            Assert.DoesNotContain(loss, Read(Copying.Filter(trace, times: after).Bytes).Losses);
            Assert.DoesNotContain(loss, Read(Copying.Filter(trace, times: before).Bytes).Losses);
        }
    }

    [Fact]
    public void DamageBecomesALossInTheCopy()
    {
        byte[] trace = TraceBytes.Write(RandomTraffic.Events(6, 2_000), blockOf: 100);
        TraceBytes.FramePart[] parts = TraceBytes.Split(trace);
        TraceBytes.FramePart block = parts.Where(p => !p.IsSkippable).ElementAt(5);
        trace[block.Offset + block.Bytes.Length - 1] ^= 1;
        Copying copy = Copying.Filter(trace, new Selection { Comm = "curl" });
        LossRecord loss = Assert.Single(Read(copy.Bytes).Losses);
        Assert.Equal((LossSource.Damage, 100L), (loss.Source, loss.Count));
        Assert.Empty(TraceVerifier.Of(new MemoryStream(copy.Bytes)).Damages);
    }

    [Theory]
    [InlineData("a,b", "--podname a,b")]
    [InlineData("a,!b", "--podname a (and exclusions)")]
    [InlineData("!b", "(and exclusions)")]
    public void HeaderOmitsExcludedNamesOfOptions(string pods, string described) =>
        Assert.Equal(described, new Selection { Pod = pods }.DescribeWanted());

    [Theory]
    [InlineData("pod == a", "--filter 'pod == a'")]
    [InlineData("pod != a", "(and exclusions)")]
    [InlineData("pod !~ a", "(and exclusions)")]
    [InlineData("not pod == a", "(and exclusions)")]
    public void HeaderOmitsExcludedNamesOfExpressions(string expression, string described) =>
        Assert.Equal(described, new Selection { Filter = expression }.DescribeWanted());
}
