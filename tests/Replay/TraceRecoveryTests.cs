using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Inspection;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Replay;

/// <summary>A recovered trace follows the specification, and says nothing that is not true.</summary>
public sealed class TraceRecoveryTests
{
    private static byte[] Recover(byte[] damaged)
    {
        var to = new MemoryStream();
        TraceRecovery saved = TraceRecovery.Run(new MemoryStream(damaged), to);
        TraceVerifier check = TraceVerifier.Of(new MemoryStream(to.ToArray()));
        Assert.Empty(check.Damages);
        Assert.Equal((saved.Events, true), (check.Events, check.IsFinished));
        return to.ToArray();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void GoodTraceKeepsEveryRowAndName(ulong seed)
    {
        byte[] trace = TraceBytes.WithPods(seed, 60);
        Assert.Equal(Printing.Of(trace).Lines, Printing.Of(Recover(trace)).Lines);
    }

    [Fact]
    public void TraceWithoutHeaderRecordGetsOne()
    {
        byte[] trace = TraceBytes.Write(RandomTraffic.Events(33, 12), 4);
        TraceBytes.FramePart[] parts = TraceBytes.Split(trace);
        foreach (byte[] damaged in new[] { TraceBytes.Join([parts[0], .. parts[3..]]),
            TraceBytes.Join([parts[0], parts[1], .. parts[4..]]) })
        {
            byte[] recovered = Recover(damaged);
            TraceContents contents = TraceContents.Of(recovered);
            TraceHeader header = Assert.Single(contents.Headers);
            Assert.Equal((TraceBytes.Header.RunId, TraceBytes.Clock), (header.RunId, header.Clock));
            // The record itself is there, so it is found without skippable frames, too
            Assert.Empty(TraceContents.Of(TraceBytes.Join(TraceBytes.Split(recovered).Where(p => !p.IsSkippable))).Damages);
        }
    }

    [Fact]
    public void ClockIsRestoredBeforeTheFirstEvents()
    {
        TraceBytes.FramePart[] parts = TraceBytes.Split(TraceBytes.WithPods(4, 60));
        TraceContents contents = TraceContents.Of(Recover(TraceBytes.Join([parts[0], .. parts[3..]])));
        Assert.Equal(TraceBytes.Clock, contents.Clocks.Append(contents.Headers[0].Clock).First(c => c != default));
    }

    /// <summary>A pod has an address; then it has not; then an event follows; then a record says which pod has the address now.</summary>
    /// <returns>The trace, and the place of the record that ends the first pod.</returns>
    private static (byte[] Trace, int EndOfPod) WithAnEndedPod(bool byCheckpoint)
    {
        TcpEvent[] events = RandomTraffic.Events(34, 4);
        long[] times = [2_000_000_000_000, 2_000_000_001_000, 2_000_000_002_000, 2_000_000_003_000];
        var address = new Address([10, 9, 9, 9]);
        var pod = new PodInfo("uid-1", "shop", "old-1") { Claims = [new AddressClaim(address, 0)] };
        WorkloadView view = new WorkloadView(new SafeText("node-1")).With(new WorkloadChange(TraceBytes.Clock.BootNs) { Pods = [pod] });
        var to = new MemoryStream();
        var writer = new TraceWriter(to, TraceBytes.Header, TimeSpan.Zero, view, MetadataScope.Cluster);
        int part = 0;
        for (int i = 0; i < events.Length; i++)
        {
            WorkloadChange? change = i switch
            {
                1 when byCheckpoint => new WorkloadChange(times[1] - 10) { IsCheckpoint = true },
                1 => new WorkloadChange(times[1] - 10) { Forgotten = [new WorkloadKey(WorkloadKind.Pod, "uid-1")] },
                3 => new WorkloadChange(times[3] - 10)
                {
                    Pods = [new PodInfo("uid-2", "shop", "new-1") { Claims = [new AddressClaim(address, times[3] - 10)] }]
                },
                _ => null,
            };
            if (i == 1)
                part = TraceBytes.Split(to.ToArray()).Length + 1;
            if (change is not null)
                writer.OnWorkloads(change, view = view.With(change));
            (events[i].Daddr, events[i].TimestampNs, events[i].StartNs, events[i].Operation) =
                (address, times[i], times[i] - 5, Operation.Connect);
            events[i].NameBy(view);
            writer.OnEvent(in events[i]);
            writer.OnPause();
        }
        writer.Finish(new TraceEnd("test", 4, 4, 0));
        return (to.ToArray(), part);
    }

    private static string[] Destinations(byte[] trace) =>
        [.. Printing.Of(trace, 1, "csv").Lines.Skip(1).Select(l => l.Contains("old-1", StringComparison.Ordinal)
            ? "old" : l.Contains("new-1", StringComparison.Ordinal) ? "new" : "")];

    [Theory]
    [InlineData(false, "bent")]
    [InlineData(true, "bent")]
    [InlineData(false, "missing")]
    [InlineData(true, "missing")]
    [InlineData(true, "swallowed")]
    public void AddressLosesANameThatMayHaveEndedInALostRecord(bool byCheckpoint, string damage)
    {
        (byte[] trace, int at) = WithAnEndedPod(byCheckpoint);
        Assert.Equal(["old", "", "", "new"], Destinations(trace));
        TraceBytes.FramePart[] parts = TraceBytes.Split(trace);
        Assert.Equal(RecordKind.Metadata, BlockHeader.TryRead(parts[at - 1].Bytes.AsSpan(8))!.Kind);
        if (damage == "bent")
            parts[at].Bytes[^1] ^= 1;
        else if (damage == "missing")
            parts[at] = parts[at - 1] = new TraceBytes.FramePart(0, []);
        else
            parts[at - 2].Bytes[17] ^= 0x70; // the length of the events before it
        byte[] recovered = Recover(TraceBytes.Join(parts));
        Assert.DoesNotContain("old", Destinations(recovered).TakeLast(3));
        Assert.Equal("new", Destinations(recovered)[^1]);
    }

    [Fact]
    public void LostEventsCostNoName()
    {
        (byte[] trace, int at) = WithAnEndedPod(byCheckpoint: false);
        TraceBytes.FramePart[] parts = TraceBytes.Split(trace);
        // Damages events that the record of the last pod does not follow
        parts[at + 2].Bytes[^1] ^= 1;
        Assert.Equal(["old", "", "new"], Destinations(Recover(TraceBytes.Join(parts))));
        // without the lost block, but with a record in its place; and with the loss at the end
        Assert.Equal(4, TraceBytes.Split(Recover(TraceBytes.Join(parts))).Length - (parts.Length - 4));
    }

    [Fact]
    public void UnknownWorkloadAfterLostNamesIsNotTheHost()
    {
        (byte[] trace, _) = WithAnEndedPod(byCheckpoint: false);
        TraceBytes.FramePart[] parts = TraceBytes.Split(trace);
        for (int i = 2; i < parts.Length; i += 2)
        {
            if (BlockHeader.TryRead(parts[i - 1].Bytes.AsSpan(8))!.Kind == RecordKind.Metadata)
                parts[i].Bytes[^1] ^= 1;
        }
        byte[] damaged = TraceBytes.Join(parts);
        foreach (byte[] read in new[] { damaged, Recover(damaged) })
            Each.Of(Printing.Of(read).Lines, l => Assert.Contains("\"pod\":\"?\"", l));
    }

    [Fact]
    public void SecondTraceDoesNotInheritNames()
    {
        (byte[] first, _) = WithAnEndedPod(byCheckpoint: false);
        TraceBytes.FramePart[] second = TraceBytes.Split(TraceBytes.Write([.. RandomTraffic.Events(35, 2).Select(e => e with
        {
            Daddr = new Address([10, 9, 9, 9]), TimestampNs = 3_000_000_000_000, StartNs = 3_000_000_000_000 - 5
        })]));
        second[2].Bytes[^1] ^= 1;
        byte[] both = [.. first, .. TraceBytes.Join(second)];
        foreach (byte[] read in new[] { both, Recover(both) })
            Assert.Equal(["old", "", "", "new", "", ""], Destinations(read));
        Assert.Equal(2, TraceContents.Of(Recover(both)).Headers.Count);
    }

    [Fact]
    public void LossesOfTheRecorderAreKept()
    {
        TcpEvent[] events = RandomTraffic.Events(36, 9);
        var to = new MemoryStream();
        var writer = new TraceWriter(to, TraceBytes.Header, TimeSpan.Zero);
        for (int i = 0; i < events.Length; i++)
        {
            writer.OnEvent(in events[i]);
            writer.OnPause();
            if (i % 3 == 1)
                writer.OnLoss(new LossRecord(i, i + 1, LossSource.RingFull, 5 + i, 0));
        }
        writer.Finish(new TraceEnd("test", 9, 9, 27));
        TraceBytes.FramePart[] parts = TraceBytes.Split(to.ToArray());
        int[] blocks = [.. Enumerable.Range(1, parts.Length - 1)
            .Where(i => parts[i].IsSkippable && BlockHeader.TryRead(parts[i].Bytes.AsSpan(8)) is { IsEvents: true })];
        parts[blocks[3] + 1].Bytes[^1] ^= 1;
        byte[] recovered = Recover(TraceBytes.Join(parts));
        TraceContents contents = TraceContents.Of(recovered);
        Assert.Equal([(LossSource.RingFull, 6L), (LossSource.RingFull, 9L), (LossSource.RingFull, 12L), (LossSource.Damage, 1L)],
            contents.Losses.Select(l => (l.Source, l.Count)));
        Assert.Equal(("recovered", 8L, 28L), (contents.End!.Cause, contents.End.Written, contents.End.Lost));
        // A reader that skips blocks knows the losses from their headers
        Assert.Equal([0, 0, 6, 6, 15, 15, 15, 27],
            TraceBytes.Split(recovered).Where(p => p.IsSkippable).Select(p => BlockHeader.TryRead(p.Bytes.AsSpan(8)))
            .OfType<BlockHeader>().Where(h => h.IsEvents).Select(h => (int)h.LossesSoFar));
        Assert.Equal(28, TraceVerifier.Of(new MemoryStream(recovered)).Lost);
    }
}
