using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Workloads;
using TcpTracer.Recorder.Machine;
using TcpTracer.Recorder.Targets;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Recorder;

/// <summary>What the flight recorder remembers, when it writes that, and what else it writes then.</summary>
public sealed class FlightRecorderTests : IDisposable
{
    private const long Second = 1_000_000_000;
    private static readonly TimeSpan s_long = TimeSpan.FromHours(1);

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _written = [];

    /// <summary>A pause ends by the machine's clock, so all events of a test happen from now on.</summary>
    private readonly long _begin = BootClock.Now;

    private FlightRecorder Open(FlightRule rule, WorkloadView? known = null) => new(_folder.File("t.tct"),
        new TraceSettings(TraceBytes.Header with { Clock = BootClock.Sample(ClockCause.Start) }, TimeSpan.Zero, known,
            MetadataScope.Referenced), rule, _written.Add);

    private static FlightRule Remember(TimeSpan? age = null, long? bytes = null, string? dumpOn = null, TimeSpan? after = null) =>
        new(bytes, age, dumpOn is null ? null : new EventFilter(new Selection { Filter = dumpOn, Existing = true }), after ?? s_long);

    /// <summary>Records an event so many seconds after the beginning, in a block of its own.</summary>
    private void Tell(FlightRecorder recorder, int seconds, ushort port = 443)
    {
        long at = _begin + seconds * Second;
        recorder.OnEvent(SampleEvents.Make(Operation.Connect) with { TimestampNs = at, StartNs = at, Dport = port });
        recorder.OnPause();
    }

    private void Tell(FlightRecorder recorder, int from, int to)
    {
        for (int i = from; i <= to; i++)
            Tell(recorder, i);
    }

    private static void WriteOut(FlightRecorder recorder)
    {
        recorder.Request();
        recorder.OnPause();
    }

    private int[] SecondsIn(string file)
    {
        TraceContents contents = TraceContents.Of(File.ReadAllBytes(file));
        Assert.Empty(contents.Damages);
        Assert.Equal(contents.Events.Count, contents.End?.Written);
        return [.. contents.Events.Select(e => (int)((e.TimestampNs - _begin) / Second))];
    }

    private static IEnumerable<int> Range(int first, int last) => Enumerable.Range(first, last - first + 1);

    [Fact]
    public void FlightRecorderKeepsTheLastSeconds()
    {
        using (FlightRecorder recorder = Open(Remember(age: TimeSpan.FromSeconds(10))))
        {
            Tell(recorder, 1, 30);
            WriteOut(recorder);
            recorder.Finish("test", 30, 0);
            Assert.Equal(11, recorder.Events);
            Assert.Equal(new FileInfo(_written[0]).Length, recorder.BytesWritten);
        }
        Assert.Equal(Range(20, 30), SecondsIn(Assert.Single(_written)));
        Assert.Equal(_written, Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void MemoryKeepsTheLastBytes()
    {
        const int bytes = 8_192, most = 500;
        using (FlightRecorder recorder = Open(Remember(bytes: bytes)))
        {
            Tell(recorder, 1, most);
            WriteOut(recorder);
            recorder.Finish("test", most, 0);
        }
        int[] seconds = SecondsIn(Assert.Single(_written));
        Assert.Equal(Range(seconds[0], most), seconds);
        const int headerAndEnd = 1_024, oneBlock = 512;
        Assert.InRange(new FileInfo(_written[0]).Length, bytes - oneBlock, bytes + headerAndEnd);
    }

    [Fact]
    public void EventsAfterTheMatchGoIntoTheDump()
    {
        using FlightRecorder recorder = Open(Remember(age: s_long, dumpOn: "dport == 80", after: TimeSpan.FromSeconds(5)));
        Tell(recorder, 1, 10);
        Assert.Empty(Directory.GetFiles(_folder.Path));
        Tell(recorder, 11, port: 80);
        Tell(recorder, 12, 15);
        Assert.Empty(_written);
        Tell(recorder, 16, 20);
        Assert.Equal(Range(1, 15), SecondsIn(Assert.Single(_written)));
    }

    [Fact]
    public void LaterMatchWritesTheMemoryOutAgain()
    {
        using FlightRecorder recorder = Open(Remember(age: s_long, dumpOn: "dport == 80", after: TimeSpan.FromSeconds(5)));
        Tell(recorder, 1, port: 80);
        Tell(recorder, 300, 310);
        Tell(recorder, 311, port: 80);
        Tell(recorder, 320);
        Assert.Equal([1], SecondsIn(_written[0]));
        Assert.Equal(2, _written.Count);
        Assert.Equal(Range(300, 311), SecondsIn(_written[1]).TakeLast(12));
    }

    [Fact]
    public void RequestJustBeforeTheEndIsWritten()
    {
        using FlightRecorder recorder = Open(Remember(age: s_long));
        Tell(recorder, 1, 3);
        recorder.Request();
        recorder.Finish("test", 3, 0);
        Assert.Equal(Range(1, 3), SecondsIn(Assert.Single(_written)));
    }

    [Fact]
    public void EndOfTheRecordingCompletesTheDump()
    {
        using FlightRecorder recorder = Open(Remember(age: s_long));
        Tell(recorder, 1, 3);
        WriteOut(recorder);
        Tell(recorder, 4, 6);
        recorder.OnLoss(new LossRecord(1, 2, LossSource.RingFull, 9, 9));
        recorder.Finish("test", 6, 9);
        Assert.Equal(Range(1, 6), SecondsIn(Assert.Single(_written)));
        TraceContents contents = TraceContents.Of(File.ReadAllBytes(_written[0]));
        Assert.Equal(("test", 9L, 9L), (contents.End!.Cause, contents.End.Lost, contents.Losses.Sum(l => l.Count)));
    }

    [Fact]
    public void NamesOutliveForgottenBlocks()
    {
        WorkloadView view = new WorkloadView(new SafeText("node-1")).With(new WorkloadChange(_begin));
        using (FlightRecorder recorder = Open(Remember(age: TimeSpan.FromSeconds(10)), view))
        {
            var pod = new WorkloadChange(_begin)
            {
                Pods = [new PodInfo("uid-1", "shop", "web-1") { Claims = [new AddressClaim(SampleEvents.Seed.Daddr, _begin)] }]
            };
            recorder.OnWorkloads(pod, view.With(pod));
            Tell(recorder, 1, 60);
            WriteOut(recorder);
            recorder.Finish("test", 60, 0);
        }
        Assert.Equal(Range(50, 60), SecondsIn(Assert.Single(_written)));
        RunResult run = TcptracerProgram.Run("show", _written[0], "-o", "custom-columns=dst", "--no-headers");
        Assert.Equal(string.Concat(Enumerable.Repeat("pod/shop/web-1:443\n", 11)), run.Output);
    }

    public void Dispose() => _folder.Dispose();
}
