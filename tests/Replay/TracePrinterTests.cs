using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Traces;
using TcpTracer.Replay.Printing;
using TcpTracer.Replay.Reading;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Replay;

/// <summary>However many workers print, the output is the same as that of a plain loop.</summary>
public sealed class TracePrinterTests
{
    private static readonly TcpEvent[] s_events = RandomTraffic.Events(21, 12_000);
    private static readonly byte[] s_trace = TraceBytes.Write(s_events, 1_100);

    [Theory]
    [InlineData("json", 1)]
    [InlineData("json", 2)]
    [InlineData("json", 4)]
    [InlineData("columns", 4)]
    [InlineData("wide", 2)]
    [InlineData("csv", 4)]
    [InlineData("yaml", 2)]
    [InlineData("jsonpretty", 3)]
    public void AnyNumberOfWorkersPrintsTheSameBytes(string format, int workers)
    {
        Printing printing = Printing.Of(s_trace, workers, format);
        Assert.Empty(printing.Findings.Damages);
        Assert.Equal(s_events.Length, printing.Passed);
        Assert.True(Printing.ByHand(s_events, TraceBytes.Clock, format).AsSpan().SequenceEqual(printing.Output));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void APipePrintsTheSameBytes(int workers)
    {
        Printing printing = Printing.Of(new Pipe(s_trace, 3), workers);
        Assert.True(Printing.ByHand(s_events, TraceBytes.Clock, "json").AsSpan().SequenceEqual(printing.Output));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void ASelectionPrintsTheSameBytes(int workers)
    {
        var selection = new Selection { Port = "80,443,!32767", Addr = "10.0.0.0/30,fd00::/16", Op = "!accept" };
        Printing printing = Printing.Of(s_trace, workers, "json", selection);
        byte[] expected = Printing.ByHand(s_events, TraceBytes.Clock, "json", selection);
        Assert.NotEmpty(expected);
        Assert.True(expected.AsSpan().SequenceEqual(printing.Output));
        Assert.Equal(s_events.Length, printing.Passed + printing.Hidden);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void LossesArePrintedAtTheirPlace(int workers)
    {
        TcpEvent[] events = RandomTraffic.Events(22, 3);
        var to = new MemoryStream();
        var writer = new TraceWriter(to, TraceBytes.Header, TimeSpan.FromHours(1));
        writer.OnEvent(in events[0]);
        writer.OnLoss(new LossRecord(1, 2, LossSource.RingFull, 5, 5));
        writer.OnEvent(in events[1]);
        writer.OnEvent(in events[2]);
        writer.OnLoss(new LossRecord(3, 4, LossSource.RingFull, 2, 7));
        writer.Finish(new TraceEnd("", 3, 3, 7));
        Printing printing = Printing.Of(to.ToArray(), workers);
        Assert.Equal(["normal", "lost", "normal", "normal", "lost"], printing.Lines.Select(l => l.Split('"')[3]));
        Assert.Equal(7, printing.Findings.Lost[LossSource.RingFull]);
        Assert.True(printing.Findings.IsFinished);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void EventsBeforeATooNewTraceArePrinted(int workers)
    {
        byte[] newer = TraceBytes.Write([], null, TraceBytes.Header with { Major = 2 });
        Printing printing = Printing.Of([.. s_trace, .. newer], workers);
        Assert.Equal(TraceFault.TooNew, printing.Refusal?.Fault);
        Assert.True(Printing.ByHand(s_events, TraceBytes.Clock, "json").AsSpan().SequenceEqual(printing.Output));
    }

    [Fact]
    public void ManyThreadsMayCompareTextAtOnce()
    {
        TcpEvent[] events =
            [.. Enumerable.Range(0, 60_000).Select(i => SampleEvents.Make(Operation.Connect, i % 3 == 0 ? "wanted" : $"other{i}"))];
        byte[] trace = TraceBytes.Write(events, 200);
        var selection = new Selection { Filter = "comm == wanted and comm =~ ^want" };
        string[] lines = Printing.Of(trace, workers: 4, "custom-columns=comm", selection).Lines;
        Assert.Equal(20_001, lines.Length);
        Each.Of(lines.Skip(1), l => Assert.Equal("wanted", l));
    }

    /// <summary>show -f needs the window at once: on a quiet machine no event comes that would settle it.</summary>
    [Theory]
    [InlineData("2026-11-23T14:30:00Z", false, true)]
    [InlineData("14:30", true, true)]
    [InlineData("14:30", false, false)]
    public void ReadingEndsAfterTheSelectedTimeWithoutAnEvent(string until, bool isDayKnown, bool isKnown)
    {
        long day = (new DateTime(2026, 11, 23, 0, 0, 0, DateTimeKind.Utc) - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        long end = day + (long)new TimeSpan(14, 30, 0).TotalSeconds * 1_000_000_000;
        var times = new TimeWindow(null, until, default);
        var printer = new TracePrinter(new TraceSelection(new EventFilter(Printing.Everything), isDayKnown ? times.BeginningAt(day)
            : times), () => EventFormat.Parse("json", null, false), Stream.Null, withStatus: false, workers: 1);
        printer.Print(new MemoryStream(TraceBytes.Write([])));
        Assert.Equal(isKnown ? end : (long?)null, printer.Selection.UntilNs);
    }
}
