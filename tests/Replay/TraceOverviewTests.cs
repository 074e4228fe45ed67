using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Calls;
using TcpTracer.Replay.Summaries;
using TcpTracer.Tests.Formats;
using Xunit;

namespace TcpTracer.Tests.Replay;

/// <summary>What the page of a summary is made of.</summary>
public sealed class TraceOverviewTests
{
    private const long Ms = 1_000_000, Second = 1_000 * Ms;

    private static TraceOverview Of(params IEnumerable<TcpEvent> events)
    {
        var overview = new TraceOverview();
        foreach (TcpEvent recorded in events)
        {
            TcpEvent e = recorded;
            overview.OnEvent(in e);
        }
        overview.Finish();
        return overview;
    }

    /// <summary>However long the time and in whichever order, each event counts in the mark of its time.</summary>
    [Theory]
    [InlineData(1_000)]
    [InlineData(3_600 * Second)]
    [InlineData(long.MaxValue / 2)]
    public void EveryEventCountsInTheMarkOfItsTime(long span)
    {
        var random = new Random(7);
        long from = 1_780_000_000 * Second;
        (long At, bool IsFailure)[] events = [.. Enumerable.Range(0, 5_000)
            .Select(_ => (unchecked(from + (random.NextInt64(span) * (random.Next(2) * 2 - 1))), random.Next(9) == 0))];
        var strip = new RateStrip();
        foreach ((long at, bool isFailure) in events)
            strip.Add(at, 1, isFailure ? 1 : 0);
        Rates rates = strip.Strip(80)!;
        Assert.InRange(rates.Events.Length, 1, 80);
        for (int i = 0; i < rates.Events.Length; i++)
        {
            Int128 begin = (Int128)rates.StartNs + (Int128)i * rates.WidthNs;
            bool IsIn((long At, bool) e) => e.At >= begin && e.At < begin + rates.WidthNs;
            Assert.Equal((events.Count(IsIn), events.Count(e => IsIn(e) && e.IsFailure)), (rates.Events[i], rates.Failed[i]));
        }
        Assert.Equal(5_000, rates.Events.Sum());
    }

    /// <summary>Workers count spans of events in any order: the strip is the same as that of the events.</summary>
    [Theory]
    [InlineData(1_000)]
    [InlineData(40 * Ms)]
    [InlineData(3_600 * Second)]
    [InlineData(long.MaxValue)]
    public void SpansOfAnyOrderMakeTheSameStrip(long span)
    {
        var random = new Random(8);
        (long At, bool IsFailure)[] events = [.. Enumerable.Range(0, 5_000)
            .Select(_ => (unchecked(random.NextInt64(span) * (random.Next(2) * 2 - 1)), random.Next(9) == 0))];
        events[17].At = long.MinValue / (long.MaxValue / span);
        var one = new RateStrip();
        foreach ((long at, bool isFailure) in events)
            one.Add(at, 1, isFailure ? 1 : 0);
        random.Shuffle(events);
        var other = new RateStrip();
        var counts = new EventCounts();
        foreach ((long At, bool IsFailure)[] part in events.Chunk(700))
        {
            counts.Clear();
            foreach ((long at, bool isFailure) in part.OrderBy(e => e.At))
                counts.Add(isFailure ? Operation.ConnectFailed : Operation.Connect, at);
            Assert.Equal((part.Min(e => e.At), part.Max(e => e.At)), (counts.FirstNs, counts.LastNs));
            foreach (EventSpan some in counts.Spans)
                other.Add(some.WallNs, some.Events, some.Failed);
        }
        Rates expected = one.Strip(80)!, strip = other.Strip(80)!;
        Assert.Equal((expected.StartNs, expected.WidthNs), (strip.StartNs, strip.WidthNs));
        Assert.Equal(expected.Events, strip.Events);
        Assert.Equal(expected.Failed, strip.Failed);
    }

    [Fact]
    public void StripOverAnyTimeSpanIsShort()
    {
        var strip = new RateStrip();
        Assert.Null(strip.Strip(80));
        strip.Add(long.MinValue, 1, 0);
        strip.Add(long.MaxValue, 1, 1);
        Rates rates = strip.Strip(80)!;
        Assert.InRange(rates.Events.Length, 2, 80);
        Assert.Equal((1, 1, 1), (rates.Events[0], rates.Events[^1], rates.Failed[^1]));
    }

    [Fact]
    public void FailuresAreGroupedByErrorAndDestination()
    {
        TcpEvent Failure(int i, ushort error, ushort port, string comm) => SampleEvents.Make(Operation.ConnectFailed, comm) with
        {
            StartNs = 1_000 + i,
            TimestampNs = 2_000 + i,
            WallNs = i * Second,
            Error = error,
            Dport = port
        };
        TcpEvent[] events = [.. Enumerable.Range(0, 6).Select(i => Failure(i, 111, 80, i < 4 ? "curl" : "wget")),
            Failure(6, 110, 80, "curl"), Failure(7, 111, 81, "curl"), Failure(8, 0, 82, "curl")];
        TraceOverview overview = Of(events.Select(Named));
        KeyValuePair<FailureKey, ProblemGroup>[] failures = [.. overview.Connections.Failures];
        Assert.Equal([(6, 111, 80), (1, 110, 80), (1, 111, 81), (1, 0, 82)],
            failures.Select(f => ((int)f.Value.Count, (int)f.Key.Error, (int)f.Key.Port)));
        ProblemGroup most = failures[0].Value;
        Assert.Equal((0, 5 * Second, 3), (most.FirstNs, most.LastNs, most.Examples.Count));
        Assert.Equal(("curl", 1), (most.Callers.Caller!.ToString(), most.Callers.Others));
        Assert.Equal((9, 9), (overview.Connections.CountOf(ConnectionState.Failed), overview.CountOf(Operation.ConnectFailed)));
        Assert.Equal(9, overview.Rate.Strip(80)!.Failed.Sum());
    }

    private static TcpEvent Named(TcpEvent e)
    {
        e.NameBy(WorkloadView.Empty);
        return e;
    }

    /// <summary>Whoever tells it, a reset is by the same party; what is no reset is by nobody.</summary>
    [Theory]
    [InlineData(Operation.Connect, Reason.ResetSent, Reason.ResetSent, true)]
    [InlineData(Operation.Connect, Reason.ResetReceived, Reason.ResetSent, false)]
    [InlineData(Operation.Accept, Reason.ResetSent, Reason.ResetSent, false)]
    [InlineData(Operation.Accept, Reason.ResetReceived, Reason.ResetSent, true)]
    [InlineData(Operation.Connect, Reason.TimedOut, Reason.TimedOut, true)]
    [InlineData(Operation.Accept, Reason.Killed, Reason.Killed, true)]
    public void ResetsAreGroupedBySender(Operation opening, Reason told, Reason reason, bool isByCaller)
    {
        TraceOverview overview = Of(TcpTracer.Tests.Formats.Connections.Gathered.Of(opening, 0, Ms),
            TcpTracer.Tests.Formats.Connections.Gathered.Of(Operation.Unknown, 0, 2 * Ms, reason: told));
        (BreakKey key, ProblemGroup problem) = Assert.Single(overview.Connections.Broken);
        Assert.Equal((reason, isByCaller, 1), (key.Reason, key.IsByCaller, problem.Count));
        bool isOwn = isByCaller == (opening == Operation.Connect);
        (Party own, Party other) = isOwn ? (key.By, key.Other) : (key.Other, key.By);
        Assert.Equal("wget", (opening == Operation.Connect ? own : overview.Connections.Listeners.At(own, key.Port))?.ToString());
        Assert.NotEqual("wget", other.ToString());
        Assert.Equal(1, overview.Connections.Breaks[reason]);
    }

    /// <summary>Against the exact ones: a bucket is at most 1.6 % away.</summary>
    [Fact]
    public void PercentilesOfWaitsAndLatenciesAreNearlyExact()
    {
        var random = new Random(3);
        long[] waits = [.. Enumerable.Range(0, 3_000).Select(_ => (long)Math.Exp(random.NextDouble() * 14) + 100)];
        foreach (Operation operation in new[] { Operation.Accept, Operation.Connect })
        {
            TraceOverview overview = Of(waits.Select((w, i) => Named(SampleEvents.Make(operation) with
            {
                StartNs = i * Second,
                TimestampNs = i * Second + w,
                Sport = 5_000
            })));
            ValueSketch sketch = operation == Operation.Accept
                ? Assert.Single(overview.Connections.Queues).Value : Assert.Single(overview.Connections.SlowestConnects).Latency;
            long[] sorted = [.. waits.Order()];
            foreach (double share in new[] { 0.5, 0.9, 0.99 })
            {
                double exact = sorted[(int)Math.Ceiling(share * sorted.Length) - 1];
                Assert.InRange(sketch.Percentile(share) / exact, 0.984, 1.016);
            }
            Assert.Equal(((ulong)sorted[^1], 3_000), (sketch.Most, sketch.Count));
        }
    }

    [Fact]
    public void TrafficCountsForBothParties()
    {
        TcpEvent end = TcpTracer.Tests.Formats.Connections.Gathered.Of(Operation.Close, 0, 2 * Ms) with { Sent = 10, Received = 300 };
        TraceOverview overview = Of(TcpTracer.Tests.Formats.Connections.Gathered.Of(Operation.Connect, 0, Ms), end);
        PartyTraffic own = Assert.Single(overview.Connections.Traffic, t => t.Party.ToString() == "wget");
        PartyTraffic other = Assert.Single(overview.Connections.Traffic, t => t.Party.ToString() != "wget");
        Assert.Equal((1, 0, 10ul, 300ul), (own.Calls, own.Called, own.Sent, own.Received));
        Assert.Equal((0, 1, 300ul, 10ul), (other.Calls, other.Called, other.Sent, other.Received));
    }

    [Fact]
    public void ExcessGroupsAreMergedWithoutLoss()
    {
        TraceOverview overview = Of(Enumerable.Range(1, 5_000).Select(i => Named(SampleEvents.Make(Operation.ConnectFailed) with
        {
            StartNs = i,
            TimestampNs = i + 1,
            Dport = (ushort)i,
            Error = 111
        })));
        Assert.Equal(5_000, overview.Connections.Failures.Sum(f => f.Value.Count));
        Assert.True(overview.Connections.HasOthers);
        Assert.InRange(overview.Connections.Failures.Count(), 2, 1_025);
        Assert.Contains(overview.Connections.Failures, f => f.Key.To == Party.Others && f.Value.Count > 3_000);
    }

    /// <summary>There are many more pairs than parties: what a party sent is counted apart from the pairs.</summary>
    [Fact]
    public void APartyHasAllItsTrafficThoughThereAreTooManyPairs()
    {
        const int ports = 5_000;
        TraceOverview overview = Of(Enumerable.Range(1, ports).SelectMany(i => new[] { Operation.Connect, Operation.Close }
            .Select(o => Named(
                SampleEvents.Make(o) with { StartNs = i, TimestampNs = i + 1, Dport = (ushort)i, Sent = 10, Received = 1 }))));
        PartyTraffic caller = Assert.Single(overview.Connections.Traffic, t => t.Calls > 0);
        Assert.Equal((ports, 10UL * ports, 1UL * ports), (caller.Calls, caller.Sent, caller.Received));
        Assert.DoesNotContain(overview.Connections.MostCalls, e => e.From == Party.Others);
        Assert.Equal(ports, overview.Connections.MostCalls.Sum(e => e.Calls) + overview.Connections.NotToldApart);
        Assert.True(overview.Connections.NotToldApart > 0);
    }

    [Theory]
    [InlineData(18, 17, false)]
    [InlineData(400, 255, true)]
    public void CallersOfAFailureAreCounted(int callers, int others, bool hasMore)
    {
        TraceOverview overview = Of(Enumerable.Range(1, callers).Select(i => Named(
            SampleEvents.Make(Operation.ConnectFailed, $"caller-{i}") with { StartNs = i, TimestampNs = i + 1, Error = 111 })));
        ProblemGroup trouble = Assert.Single(overview.Connections.Failures).Value;
        Assert.Equal((others, hasMore), (trouble.Callers.Others, trouble.HasMoreCallers));
    }

    [Fact]
    public void LossesOfOneCauseAreMergedWithTheirWholeSpan()
    {
        var overview = new TraceOverview();
        overview.OnClock(new ClockSample(0, 1_000 * Second, 0, 0, ClockCause.Start));
        overview.OnLoss(new LossRecord(5 * Second, 6 * Second, LossSource.RingFull, 3, 3));
        overview.OnLoss(new LossRecord(8 * Second, 9 * Second, LossSource.RingFull, 4, 7));
        overview.OnLoss(new LossRecord(8 * Second, 9 * Second, LossSource.Evicted, 1, 1));
        Assert.Equal((7, 1_005 * Second, 1_009 * Second), (overview.Losses[LossSource.RingFull].Count,
            overview.Losses[LossSource.RingFull].Times.SinceNs, overview.Losses[LossSource.RingFull].Times.UntilNs));
        Assert.Equal(2, overview.Losses.Count);
    }
}
