using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using Xunit;

namespace TcpTracer.Tests.Formats.TraceFile;

/// <summary>Every field that goes through writer and reader comes back.</summary>
public sealed class RoundTripTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 1_000)]
    [InlineData(4, 40_000)]
    public void EveryFieldSurvivesTheFile(ulong seed, int count) => Check(RandomTraffic.Events(seed, count), null);

    [Fact]
    public void ManySmallTracesSurviveTheFile()
    {
        for (ulong seed = 100; seed < 400; seed++)
            Check(RandomTraffic.Events(seed, (int)(seed % 37) + 1), seed % 2 == 0 ? 5 : null);
    }

    [Fact]
    public void BlockWithoutRepeatsStaysBelowTheLimit()
    {
        TcpEvent[] events = RandomTraffic.Events(5, 40_000, processes: 20_000);
        // Each event has its own process, addresses and names, so the dictionaries are as large as possible
        for (int i = 0; i < events.Length; i++)
        {
            byte[] number = BitConverter.GetBytes((long)i);
            var comm = new SafeText([.. number, .. number]);
            events[i].Process = new ProcessIdentity(uint.MaxValue - (uint)i, uint.MaxValue, uint.MaxValue, uint.MaxValue,
                uint.MaxValue, comm, comm,
                uint.MaxValue, ulong.MaxValue, uint.MaxValue, ulong.MaxValue, ulong.MaxValue);
            events[i].Saddr = new Address([.. number, .. number]);
            events[i].Daddr = new Address([1, .. number, .. number[1..]]);
            events[i].Other = new ProcessName(uint.MaxValue - (uint)i, new SafeText([.. number, .. number[1..]]));
            events[i].Error = (ushort)i;
            events[i].StartNs = i;
        }
        Check(events, null);
    }

    [Fact]
    public void ConnectionsWithOneIdentityButDifferentEndsStaySeparate()
    {
        TcpEvent one = RandomTraffic.Events(6, 1)[0], two = one;
        two.Daddr = new Address([192, 0, 2, 1]);
        TcpEvent three = one;
        three.Fd ^= 1;
        Check([one, two, one, three, two, two, one], null);
    }

    [Fact]
    public void FlowKnownOnlyFromALaterRowSurvivesTheFile()
    {
        TcpEvent connect = SampleEvents.Make(Operation.Connect), close = SampleEvents.Make(Operation.Close) with
        {
            TimestampNs = connect.TimestampNs + 1,
            Process = connect.Process
        };
        TcpEvent unknown = connect with { Flow = 0 }, known = close with { Flow = 0x0123_4567_89ab_cdef }, other = close with
        {
            Flow = ulong.MaxValue
        };
        Check([unknown, known, known, unknown, other, known], null);
        // An equal connection in other objects
        TcpEvent copy = known with { Saddr = SampleEvents.AddressOf("172.17.0.3"), Process = known.Process with { } };
        Check([unknown, copy, copy], null);
    }

    [Fact]
    public void FlowIsStoredOncePerConnection()
    {
        TcpEvent[] events = [.. Enumerable.Range(0, 200).SelectMany(i =>
            new[] { Operation.Connect, Operation.Progress, Operation.Progress, Operation.Close }.Select(o => SampleEvents.Make(o) with
        {
            StartNs = i, Process = SampleEvents.Seed.Process, Saddr = SampleEvents.Seed.Saddr, Daddr = SampleEvents.Seed.Daddr,
            Flow = (ulong)(i + 1) * 0x9E37_79B9_7F4A_7C15,
        }))];
        int bytes = 0, openings = 0;
        TraceBytes.Edit(TraceBytes.Write(events), "events", r =>
        {
            openings = Convert.ToInt32(r["openings"]);
            bytes = ((byte[])((object?[])((Dictionary<object, object?>)r["c"]!)["flow"]!)[3]!).Length;
        });
        Assert.Equal((200, 200 * sizeof(ulong)), (openings, bytes));
        Check(events, null);
    }

    [Theory]
    [InlineData("", "", 12)]
    [InlineData("/usr/bin/curl", "", 13)]
    [InlineData("/usr/bin/curl", "curl\0-s", 14)]
    [InlineData("", "curl\0-s", 14)]
    public void ProcessEntryHasOnlyItsKnownParts(string exe, string args, int parts)
    {
        TcpEvent e = SampleEvents.Seed;
        e.Process = e.Process with { Exe = new SafeText(exe), Args = new SafeText(args) };
        int written = 0;
        TraceBytes.Edit(TraceBytes.Write([e]), "events",
            r => written = ((object?[])((object?[])((Dictionary<object, object?>)r["d"]!)["process"]!)[0]!).Length);
        Assert.Equal(parts, written);
        Check([e, SampleEvents.Seed], null);
    }

    [Fact]
    public void LongCommandLinesEndABlockBeforeItsLimit()
    {
        byte[] kilobyte = [.. Enumerable.Repeat((byte)'x', 1_024)];
        TcpEvent[] events = [.. Enumerable.Range(0, 10_000).Select(i => SampleEvents.Make(Operation.Connect) with
        {
            StartNs = i, Process = SampleEvents.Seed.Process with
            {
                Tid = (uint)i, Exe = new SafeText(kilobyte), Args = new SafeText([.. kilobyte, .. BitConverter.GetBytes(i)])
            },
        })];
        Check(events, null);
    }

    [Fact]
    public void LossesClocksAndEndSurviveTheFile()
    {
        var to = new MemoryStream();
        var writer = new TraceWriter(to, TraceBytes.Header, TimeSpan.FromHours(1));
        var loss = new LossRecord(long.MinValue, long.MaxValue, LossSource.ProcessesFull, 17, long.MaxValue);
        var clock = new ClockSample(long.MaxValue, long.MinValue, -1, 1, ClockCause.Step);
        TcpEvent[] events = RandomTraffic.Events(7, 2);
        writer.OnEvent(in events[0]);
        writer.OnLoss(in loss);
        writer.OnClock(in clock);
        writer.OnEvent(in events[1]);
        var end = new TraceEnd("SIGTERM", long.MaxValue, 2, 17) { Unfinished = new Unfinished(1, 2, 3, 4, long.MaxValue) };
        var names = new NamesAtEnd(
            [
                new SourceAtEnd("api", "answering")
                {
                    Problem = "none", FirstNs = long.MinValue, LastNs = 7, Failures = 8, FailedNs = long.MaxValue,
                },
                new SourceAtEnd("runtime", "silent"),
            ],
            new UnnamedEvents(1, 2, 3, 4, long.MaxValue));
        writer.Finish(end with { Names = names });
        TraceContents contents = TraceContents.Of(to.ToArray());
        Assert.Equal(loss, Assert.Single(contents.Losses));
        Assert.Equal(clock, Assert.Single(contents.Clocks));
        Assert.Equal(names.Sources, contents.End!.Names!.Sources);
        Assert.Equal(names.Unnamed, contents.End.Names.Unnamed);
        Assert.Equal(end, contents.End with { Names = null });
        Assert.Equal(to.Length, writer.BytesWritten);
        TraceHeader header = Assert.Single(contents.Headers);
        Assert.Equivalent(TraceBytes.Header, header, strict: true);
        // The first row has the first clock sample, the second row the second one
        Assert.Equal([TraceBytes.Clock.ToWall(events[0].TimestampNs), clock.ToWall(events[1].TimestampNs)],
            contents.Events.Select(e => e.WallNs));
    }

    private static void Check(TcpEvent[] events, int? blockOf)
    {
        TraceContents contents = TraceContents.Of(TraceBytes.Write(events, blockOf));
        Assert.Null(contents.Refusal);
        Assert.Empty(contents.Damages);
        Assert.Equal(events.Length, contents.BlockSizes.Sum());
        if (events.Length > TraceLimits.WriterRows)
            Assert.True(contents.BlockSizes.Count > 1);
        for (int i = 0; i < events.Length; i++)
            Assert.Equal(EventFields.Of(events[i]), EventFields.Of(contents.Events[i]));
        Assert.NotNull(contents.End);
    }
}
