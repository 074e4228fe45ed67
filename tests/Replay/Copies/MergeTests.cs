using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Copies;
using TcpTracer.Replay.Inspection;
using TcpTracer.Replay.Reading;
using TcpTracer.Replay.Redactions;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Workloads;
using Xunit;

namespace TcpTracer.Tests.Replay.Copies;

/// <summary>A merged trace shows the events of its parts in the order of time. Each event has the node and the names of its part.</summary>
public sealed class MergeTests
{
    private const long Second = 1_000_000_000;

    /// <summary>A trace of one node, with random events and the names of its own pods.</summary>
    internal static byte[] Node(string node, string boot, ulong seed, long wallNs, int events = 300, long stepNs = Second / 10,
        bool metadata = true)
    {
        var to = new MemoryStream();
        ClockSample clock = TraceBytes.Clock with { WallNs = wallNs, BootNs = TraceBytes.Clock.BootNs + (long)seed * Second };
        TraceHeader header = TraceBytes.Header with
        {
            Node = node,
            BootId = boot,
            Clock = clock,
            RunId = new Guid((int)seed, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8])
        };
        WorkloadView view = new WorkloadView(new SafeText(node)).With(new WorkloadChange(clock.BootNs));
        var writer = new TraceWriter(to, header, TimeSpan.Zero,
            metadata ? view : null, metadata ? MetadataScope.Cluster : MetadataScope.None);
        long now = clock.BootNs;
        foreach ((TcpEvent recorded, WorkloadChange? change) in RandomWorkloads.Stream(seed, events))
        {
            TcpEvent e = recorded;
            e.TimestampNs = now += stepNs;
            e.StartNs = now - stepNs / 2;
            if (metadata && change is not null)
                writer.OnWorkloads(change with { ObservedNs = now }, view = view.With(change with { ObservedNs = now }));
            e.NameBy(view);
            writer.OnEvent(in e);
            if (seed % 3 > 0)
                writer.OnPause();
            if (now / Second % 7 == 0)
                writer.OnClock(clock with { BootNs = now, WallNs = clock.ToWall(now) + 1_000, Cause = ClockCause.Periodic });
        }
        writer.OnLoss(new LossRecord(now - 5, now, LossSource.RingFull, 2, 2));
        writer.Finish(new TraceEnd("SIGINT", events, events, 2) { Unfinished = new Unfinished(1, 0, 0, 2, 0) });
        return to.ToArray();
    }

    internal static (byte[] Merged, TraceMerge Merge) Merge(
        byte[][] files, bool align = false, Selection? selection = null, params AbsentNode[] absent)
    {
        var to = new MemoryStream();
        var alignment = align ? new ClockAlignment() : null;
        MergeInput[] inputs = [.. files.Select(f =>
        {
            var survey = new MergeSurvey(alignment);
            survey.Read(new MemoryStream(f));
            var filter = new EventFilter((selection ?? new Selection()) with { Existing = true, Progress = true });
            return new MergeInput(survey, () => new MemoryStream(f), new TraceSelection(filter, TimeWindow.Everything));
        })];
        var merge = new TraceMerge(to, inputs, alignment, new CopyNote(CopyNote.Merge, "", "tcptracer 9")) { Absent = absent };
        merge.Run();
        return (to.ToArray(), merge);
    }

    /// <summary>
    /// A trace that was not merged says that its events are of source 9: they stay its own, and the merged trace can be read.
    /// </summary>
    [Fact]
    public void UnknownSourceCountsAsTheFirst()
    {
        byte[] lying = TraceBytes.Write([.. RandomTraffic.Events(3, 50).Select(e =>
        {
            e.Process = e.Process with { Source = 9 };
            return e;
        })]);
        byte[] other = TraceBytes.Write(RandomTraffic.Events(4, 50));
        TraceContents contents = TraceContents.Of(Merge([lying, other], align: true).Merged);
        Assert.Empty(contents.Damages);
        Assert.Equal([(0, 50), (1, 50)], contents.Events.GroupBy(e => e.Process.Source).Select(g => (g.Key, g.Count())).Order());
    }

    private static string[] Events(byte[] trace, Selection? selection = null) =>
        [.. Copying.Show(trace, "json", selection).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(l => !l.StartsWith("{\"type\":\"lost\"", StringComparison.Ordinal))];

    private static string NameOf(string line, string key) => line.Split($"\"{key}\":\"")[1].Split('"')[0];

    private static string WithoutNames(string line) =>
        System.Text.RegularExpressions.Regex.Replace(line, """
            "(namespace|pod|container|container_id|pod_uid|owner|image|labels|src|dst)":("[^"]*"|\{[^}]*\}),?
            """, "").Replace(",}", "}", StringComparison.Ordinal);

    /// <summary>No node has two events at a time.</summary>
    private static string IdentityOf(string line) => NameOf(line, "node") + TimeOf(line);

    private static string TimeOf(string line) => line[(line.IndexOf("\"timestamp\":", StringComparison.Ordinal) + 13)..][..30];

    /// <summary>The rows of all files in the order of time; of the same time, in the order of the files.</summary>
    private static string[] InOrder(params IEnumerable<string[]> files) =>
        [.. files.SelectMany((f, number) => f.Select((line, i) => (Line: line, Number: number, Place: i)))
            .OrderBy(l => TimeOf(l.Line), StringComparer.Ordinal).ThenBy(l => l.Number).ThenBy(l => l.Place).Select(l => l.Line)];

    public static TheoryData<string> Sets => ["two nodes", "overlapping", "one after the other", "same moment", "no names", "random"];

    internal static byte[][] Of(string set)
    {
        long wall = TraceBytes.Clock.WallNs;
        return set switch
        {
            "two nodes" => [Node("node-1", "boot-1", 1, wall), Node("node-2", "boot-2", 2, wall + Second / 3),
                Node("node-3", "boot-3", 3, wall - 5 * Second, stepNs: Second / 3)],
            "overlapping" => [Node("node-1", "boot-1", 4, wall), Node("node-1", "boot-1", 5, wall + 10 * Second)],
            "one after the other" => [Node("node-1", "boot-1", 6, wall + 400 * Second), Node("node-1", "boot-1", 7, wall),
                Node("node-1", "boot-1", 8, wall + 200 * Second)],
            "same moment" => [Node("node-1", "boot-1", 9, wall), Node("node-2", "boot-2", 9, wall), Node("node-1", "boot-1", 9, wall)],
            "no names" => [Node("node-1", "boot-1", 10, wall, metadata: false), Node("node-2", "boot-2", 11, wall)],
            _ => [.. Enumerable.Range(0, 6)
                .Select(i => Node($"node-{i % 3}", $"boot-{i % 3}", (ulong)(20 + i), wall + i * Second, 200, Second / (i + 2)))],
        };
    }

    [Theory, MemberData(nameof(Sets))]
    public void MergedTraceShowsAllEventsInOrderOfTime(string set)
    {
        byte[][] files = Of(set);
        (byte[] merged, _) = Merge(files);
        string[] expected = InOrder(files.Select(f => Events(f)));
        Assert.Equal(expected, Events(merged));
        TraceVerifier verified = TraceVerifier.Of(new MemoryStream(merged));
        Assert.Equal((true, 0, (long)expected.Length), (verified.IsFinished, verified.Damages.Count, verified.Events));
        // To merge a merged trace again, to merge in groups and to filter gives the same rows
        Assert.Equal(expected, Events(Merge([merged]).Merged));
        Assert.Equal(InOrder([.. files.Select(f => Events(f)), Events(files[0])]), Events(Merge([merged, files[0]]).Merged));
        Assert.Equal(expected, Events(Copying.Filter(merged).Bytes));
        Assert.True(Copying.Filter(merged).BlocksCopied > 0);
        Selection[] selections =
            [new() { Pod = "web-1" }, new() { Op = "connect,accept" }, new() { Node = "node-1" }, new() { Filter = "dst =~ ^pod/" }];
        Each.Of(selections, selection =>
        {
            string[] selected = InOrder(files.Select(f => Events(f, selection)));
            Assert.Equal(selected, Events(Merge(files, selection: selection).Merged));
            Assert.Equal(selected, Events(merged, selection));
            Assert.Equal(selected, Events(Copying.Filter(merged, selection).Bytes));
        });
    }

    [Fact]
    public void NodesStayDistinctAfterAMerge()
    {
        byte[][] files = Of("same moment")[..2]; // both have the same pids, cgroups, namespaces and times
        (byte[] merged, _) = Merge(files);
        TraceContents contents = TraceContents.Of(merged);
        Assert.Equal(contents.Events.Count / 2, contents.Events.Count(e => e.Process.Source == 1));
        string[] rows = Events(merged);
        Assert.Equal(rows.Length / 2, rows.Count(r => r.Contains("\"node\":\"node-2\"", StringComparison.Ordinal)));
        Assert.Equal(Events(files[1]), rows.Where(r => r.Contains("\"node\":\"node-2\"", StringComparison.Ordinal)));
        TraceHeader header = contents.Headers[0];
        Assert.Equal(["node-1", "node-2"], header.Merged.Select(s => s.Header.Node));
        Assert.Equal([TraceHeader.MergedFeature], header.Required);
        Assert.Equal(("", "6.12.0"), (header.Node, header.Kernel));
        Assert.Equal(new Unfinished(2, 0, 0, 4, 0), contents.End!.Unfinished);
        Assert.Equal([2L, 4L], contents.Losses.Select(l => l.Total));
        Assert.Equal(["SIGINT", "merged"], new[] { TraceContents.Of(files[0]).End!.Cause, contents.End.Cause });
    }

    [Fact]
    public void MergedTraceCanBeRedacted()
    {
        byte[][] files = Of("two nodes");
        (byte[] merged, _) = Merge(files);
        foreach (bool shift in new[] { false, true })
        {
            byte[] copy = Copying.Redact(merged, new RedactionPolicy { ShiftsTime = shift }).Bytes;
            Assert.Empty(TraceVerifier.Of(new MemoryStream(copy)).Damages);
            string[] rows = Events(copy), before = Events(merged);
            Assert.Equal(before.Length, rows.Length);
            Assert.Equal(3, rows.Select(r => r.Split("\"node\":\"")[1].Split('"')[0]).Distinct().Count());
            Assert.Equal(rows.Select(TimeOf).Order(StringComparer.Ordinal), rows.Select(TimeOf));
            Assert.Equal(!shift, before.Select(TimeOf).SequenceEqual(rows.Select(TimeOf)));
            Assert.False(FullTrace.Holds(FullTrace.Decompressed(copy), "node-2"));
            // The file alone, redacted with the same key, gets the same names
            string[] alone = [.. Events(Copying.Redact(files[1], new RedactionPolicy { ShiftsTime = shift }).Bytes)];
            Assert.Subset(rows.ToHashSet(), alone.ToHashSet());
        }
    }

    [Fact]
    public void DamageLosesOnlyItsRowsAndNames()
    {
        byte[][] files = Of("two nodes");
        (byte[] merged, _) = Merge(files);
        Dictionary<string, string> rows = Events(merged).ToDictionary(IdentityOf);
        TraceBytes.FramePart[] parts = TraceBytes.Split(merged);
        int recovered = 0;
        Each.Of(parts.Where(p => !p.IsSkippable).Skip(1).Where((_, i) => i % 9 == 0).Take(25), part =>
        {
            byte[] damaged = [.. merged];
            damaged[part.Offset + part.Bytes.Length - 1] ^= 1;
            var saved = new MemoryStream();
            TraceRecovery.Run(new MemoryStream(damaged), saved);
            saved.Position = 0;
            TraceVerifier verified = TraceVerifier.Of(saved);
            Assert.Empty(verified.Damages);
            string[] left = Events(saved.ToArray());
            recovered += left.Length;
            Assert.True(left.Length > 0);
            // In this cluster names of pods are used again, so a lost record may change them; what else a row has stays
            Each.Of(left, l => Assert.Equal(WithoutNames(rows[IdentityOf(l)]), WithoutNames(l)));
        });
        Assert.True(recovered > 1_000);
    }

    /// <summary>A connection from one node to another, seen at both ends.</summary>
    private static (TcpEvent Connect, TcpEvent Accept) Pair(ulong flow, long trueNs, long roundTripNs, long clientBoot, long serverBoot)
    {
        TcpEvent e = TcpTracer.Tests.Formats.SampleEvents.Make(Operation.Connect);
        TcpEvent connect = e with
        {
            Flow = flow,
            StartNs = trueNs - clientBoot,
            TimestampNs = trueNs - clientBoot + roundTripNs,
            StartCpu = 0
        };
        long arrives = trueNs + roundTripNs + roundTripNs / 2 - serverBoot;
        return (connect, e with
        {
            Operation = Operation.Accept,
            Flow = flow,
            StartNs = arrives,
            TimestampNs = arrives + 20_000,
            StartCpu = 1
        });
    }

    private static byte[] File(string node, string boot, long wallOfBoot, IEnumerable<TcpEvent> events)
    {
        TcpEvent[] all = [.. events.OrderBy(e => e.TimestampNs)];
        return TraceBytes.Write(all, 50, TraceBytes.Header with
        {
            Node = node,
            BootId = boot,
            Clock = new ClockSample(0, wallOfBoot, 0, 1, ClockCause.Start)
        });
    }

    [Fact]
    public void ClocksAreAlignedByConnectionsSeenAtBothEnds()
    {
        const long skew2 = 3_000_000_000, skew3 = -70_000_000, boot1 = 1_000 * Second, boot2 = 1_500 * Second, boot3 = 900 * Second;
        var random = new Random(4);
        List<TcpEvent> one = [], two = [], three = [];
        for (ulong i = 1; i <= 200; i++)
        {
            long at = 2_000 * Second + (long)i * Second / 7, roundTrip = random.Next(200_000, 900_000);
            (TcpEvent connect, TcpEvent accept) = (i % 3) switch
            {
                0 => Pair(i, at, roundTrip, boot2, boot1),
                1 => Pair(i, at, roundTrip, boot1, boot2),
                _ => Pair(i, at, roundTrip, boot3, boot2),
            };
            (i % 3 == 0 ? two : i % 3 == 1 ? one : three).Add(connect);
            (i % 3 == 0 ? one : two).Add(accept);
        }
        byte[][] files =
            [File("node-1", "b1", boot1, one), File("node-2", "b2", boot2 + skew2, two), File("node-3", "b3", boot3 + skew3, three)];
        (byte[] merged, TraceMerge merge) = Merge(files, align: true);
        Assert.Equal([0, 133, 67], merge.Sources.Select(s => s.Pairs)); // node-3 has connections with node-2 only
        Each.Of(new[] { (1, skew2), (2, skew3) }, s =>
        {
            MergedSource source = merge.Sources[s.Item1];
            Assert.InRange(source.OffsetNs - s.Item2, -source.BoundNs!.Value, source.BoundNs.Value);
            Assert.InRange(source.BoundNs.Value, 100_000, 1_000_000);
        });
        TraceContents contents = TraceContents.Of(merged);
        Assert.Equal(merge.Sources.Select(s => (s.OffsetNs, s.BoundNs, s.Pairs)),
            contents.Headers[0].Merged.Select(s => (s.OffsetNs, s.BoundNs, s.Pairs)));
        // The two ends of each connection are neighbours, the connect first
        Each.Of(contents.Events.GroupBy(e => e.Flow), both =>
        {
            Assert.Equal([Operation.Connect, Operation.Accept], both.Select(e => e.Operation));
            Assert.InRange(both.Last().WallNs - both.First().WallNs, 0, 3_000_000);
        });
        (byte[] unaligned, TraceMerge none) = Merge(files);
        Assert.Equal([0L, 0, 0], none.Sources.Select(s => s.OffsetNs));
        Assert.Equal(InOrder(files.Select(f => Events(f))), Events(unaligned));
        // An aligned trace is not moved again
        Assert.InRange(Merge([merged, files[1]], align: true).Merge.Sources[3].OffsetNs - skew2, -1_000_000, 1_000_000);
        Assert.Equal(Events(merged), Events(Merge([merged]).Merged));
    }

    /// <summary>
    /// What is known of the clocks is a little different each time. Sources that were set right among each other move together, or their
    /// events would stand in another order than their times.
    /// </summary>
    [Fact]
    public void TracesOfNodesInGroupsMergeInTheOrderOfTime()
    {
        const int nodes = 4, connections = 400;
        var random = new Random(5);
        long[] boots = [1_000 * Second, 1_500 * Second, 900 * Second, 1_200 * Second], skews = [0, Second / 20, -Second / 30, Second / 40];
        List<TcpEvent>[] seen = [.. Enumerable.Range(0, nodes).Select(_ => new List<TcpEvent>())];
        for (int i = 1; i <= connections; i++)
        {
            bool isInGroup = i % 10 == 0;
            int from = isInGroup ? i / 10 % 2 * 2 : random.Next(nodes), to = isInGroup ? from + 1 : from ^ (2 + random.Next(2));
            long at = 2_000 * Second + i * 20_000L;
            (TcpEvent connect, TcpEvent accept) = Pair((ulong)i, at, random.Next(200_000, 900_000), boots[from], boots[to]);
            long late = isInGroup ? 300_000 : 0; // the way back is not always as long as the way there
            (accept.StartNs, accept.TimestampNs) = (accept.StartNs + late, accept.TimestampNs + late);
            seen[from].Add(connect);
            seen[to].Add(accept);
        }
        byte[][] files = [.. seen.Select((e, n) => File($"node-{n}", $"b{n}", boots[n] + skews[n], e))];
        byte[][] groups = [Merge(files[..2], align: true).Merged, Merge(files[2..], align: true).Merged];
        (byte[] merged, TraceMerge merge) = Merge(groups, align: true);
        string[] times = [.. Events(merged).Select(TimeOf)];
        Assert.Equal(2 * connections, times.Length);
        Assert.Equal(times.Order(StringComparer.Ordinal), times);
        Each.Of(Enumerable.Range(0, nodes), n => Assert.InRange(merge.Sources[n].OffsetNs - skews[n], -500_000, 500_000));
    }

    [Fact]
    public void ManyFlowsTakeBoundedMemory()
    {
        var alignment = new ClockAlignment();
        int one = alignment.ClockOf("b1"), two = alignment.ClockOf("b2");
        for (ulong i = 1; i <= 300_000; i++)
        {
            (TcpEvent connect, TcpEvent accept) = Pair(i * 0x9E37_79B9_7F4A_7C15, (long)i * 1_000_000, 400_000, 0, 0);
            connect.WallNs = connect.TimestampNs;
            accept.WallNs = accept.TimestampNs + 5 * Second;
            alignment.Add(one, in connect);
            alignment.Add(two, in accept);
        }
        ClockOffset offset = alignment.Solve()[two];
        Assert.InRange(offset.Pairs, 20_000, 66_000);
        Assert.Equal(5 * Second, offset.OffsetNs);
    }
}
