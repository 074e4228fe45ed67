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

/// <summary>
/// What a flight recorder writes: each event once, files not too often, one more at the end, and nothing on a full disk, without losing it.
/// </summary>
public sealed class FlightRecorderDumpTests : IDisposable
{
    private const long Second = 1_000_000_000;
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _written = [];
    private readonly List<TargetNews> _news = [];
    private readonly long _begin = BootClock.Now;

    private static FlightRule Rule => new(null, TimeSpan.FromHours(10),
        new EventFilter(new Selection { Filter = "dport == 80", Existing = true }), TimeSpan.FromSeconds(5));

    private FlightRecorder Open(FlightRule rule, WorkloadView? known = null) => new(_folder.File("t.tct"),
        new TraceSettings(TraceBytes.Header with { Clock = BootClock.Sample(ClockCause.Start) }, TimeSpan.Zero, known,
            MetadataScope.Referenced), rule, _written.Add, _news.Add);

    private void Tell(FlightRecorder recorder, int second, ushort port = 443)
    {
        long at = _begin + second * Second;
        recorder.OnEvent(SampleEvents.Make(Operation.Connect) with { TimestampNs = at, StartNs = at, Dport = port });
        recorder.OnPause();
    }

    private string Seconds =>
        string.Join(" | ", _written.Select(f => string.Join(' ', Read(f).Events.Select(e => (e.TimestampNs - _begin) / Second))));

    private static TraceContents Read(string file)
    {
        TraceContents contents = TraceContents.Of(File.ReadAllBytes(file));
        Assert.Empty(contents.Damages);
        return contents;
    }

    [Fact]
    public void NoTwoDumpsHoldTheSameEvent()
    {
        WorkloadView view = new WorkloadView(new SafeText("node-1")).With(new WorkloadChange(_begin));
        using (FlightRecorder recorder = Open(Rule, view))
        {
            var pod = new WorkloadChange(_begin)
            {
                Pods = [new PodInfo("uid-1", "shop", "web-1") { Claims = [new AddressClaim(SampleEvents.Seed.Daddr, _begin)] }]
            };
            recorder.OnWorkloads(pod, view.With(pod));
            for (int i = 1; i <= 9; i++)
            {
                Tell(recorder, i);
                if (i % 3 == 0)
                {
                    recorder.Request();
                    recorder.OnPause();
                    Tell(recorder, i += 10); // the file ends, because its time is over
                    i -= 10;
                }
            }
            recorder.Finish("test", 12, 0);
            Assert.Equal((12, 0), (recorder.Events, recorder.EventsInMemory));
        }
        Assert.Equal("1 2 3 | 13 4 5 6 | 16 7 8 9 | 19", Seconds);
        // Names, too; only the first event had one
        Each.Of(_written, f =>
            Assert.DoesNotContain("23.57.4.240", TcptracerProgram.Run("show", f, "-o", "custom-columns=dst", "--no-headers").Output));
    }

    [Fact]
    public void MatchingEventDuringThePauseWaitsForItsEnd()
    {
        using (FlightRecorder recorder = Open(Rule with { Pause = TimeSpan.FromMinutes(1), DumpOnExit = false }))
        {
            Tell(recorder, 1, 80);
            Tell(recorder, 10);
            Tell(recorder, 20, 80); // too early
            Tell(recorder, 30, 80);
            Assert.Single(_written);
            Tell(recorder, 62); // late enough
            Tell(recorder, 70);
            recorder.Finish("test", 6, 0);
        }
        Assert.Equal("1 | 10 20 30 62", Seconds);
    }

    [Fact]
    public void EndOfTheRecordingWritesTheMemoryOutByDefault()
    {
        using (FlightRecorder recorder = Open(Rule))
        {
            Tell(recorder, 1);
            recorder.Finish("SIGTERM", 1, 0);
        }
        Assert.Equal("SIGTERM", Read(Assert.Single(_written)).End?.Cause);
        using (FlightRecorder recorder = Open(Rule))
            recorder.Finish("SIGTERM", 0, 0);
        using (FlightRecorder recorder = Open(Rule with { DumpOnExit = false }))
        {
            Tell(recorder, 1);
            recorder.Finish("SIGTERM", 1, 0);
            Assert.Equal((0, 1), (recorder.Events, recorder.EventsInMemory));
        }
        Assert.Single(_written); // the recorder had nothing to write, or was told not to write
        using (FlightRecorder recorder = Open(Rule with { DumpOnExit = false }))
        {
            Tell(recorder, 1);
            recorder.Request(); // just before the end
            recorder.Finish("SIGTERM", 1, 0);
        }
        Assert.Equal("1 | 1", Seconds);
    }

    [Fact]
    public void OnlyTheGivenNumberOfDumpsIsKept()
    {
        using (FlightRecorder recorder = Open(Rule with { Keep = 2 }))
        {
            for (int i = 0; i < 5; i++)
                Tell(recorder, i * 100, 80);
            recorder.Finish("test", 5, 0);
        }
        Assert.Equal(5, _written.Count);
        Assert.Equal(_written[^2..], Directory.GetFiles(_folder.Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void FailedDumpStaysInMemoryAndIsReportedOnce()
    {
        string away = _folder.Path + ".away";
        using (FlightRecorder recorder = Open(Rule with { Pause = TimeSpan.Zero }))
        {
            Directory.Move(_folder.Path, away);
            try
            {
                for (int i = 1; i <= 3; i++)
                    Tell(recorder, i, 80);
                Assert.Equal((0, 3, ""), (recorder.Events, recorder.EventsInMemory, Seconds));
                Assert.Equal(0, Assert.IsType<TargetNews.DumpFailed>(Assert.Single(_news)).BytesKept);
            }
            finally
            {
                Directory.Move(away, _folder.Path);
            }
            Tell(recorder, 4, 80);
            recorder.Finish("test", 4, 0);
        }
        Assert.Equal("1 2 3 4", Seconds);
    }

    [Fact]
    public void EmptyMemoryWritesNoFile()
    {
        using FlightRecorder recorder = Open(Rule with { Keep = 2 });
        recorder.Request();
        recorder.OnPause();
        Assert.IsType<TargetNews.NothingToDump>(Assert.Single(_news));
        Tell(recorder, 1);
        recorder.Request();
        recorder.OnPause();
        Assert.IsType<TargetNews.DumpBegun>(_news[^1]);
        Tell(recorder, 10); // this ends the file
        recorder.Request();
        recorder.Finish("test", 2, 0);
        Assert.Equal("1 | 10", Seconds);
    }

    [Fact]
    public void ForgottenEventsAreCounted()
    {
        using FlightRecorder recorder = Open(new FlightRule(null, TimeSpan.FromSeconds(60), null, TimeSpan.Zero));
        for (int second = -110; second < 0; second += 20)
            Tell(recorder, second);
        Assert.Equal((3, 3), (recorder.EventsLetGo, recorder.EventsInMemory));
        recorder.Finish("test", 6, 0);
        Assert.Equal("-50 -30 -10", Seconds);
    }

    [Fact]
    public void MemorySmallerThanABlockKeepsTheLastBlock()
    {
        using FlightRecorder recorder = Open(new FlightRule(1, null, null, TimeSpan.Zero));
        for (int second = 1; second <= 5; second++)
        {
            Tell(recorder, second);
            recorder.OnClock(new ClockSample(_begin, _begin, _begin, 1, ClockCause.Periodic));
        }
        Assert.Equal((4, 1), (recorder.EventsLetGo, recorder.EventsInMemory));
        recorder.Finish("test", 5, 0);
        Assert.Equal("5", Seconds);
    }

    [Fact]
    public void EventsInDeletedFilesAreCounted()
    {
        using FlightRecorder recorder = Open(Rule with { Keep = 1 });
        for (int i = 1; i <= 3; i++)
        {
            Tell(recorder, 20 * i);
            recorder.Request();
            recorder.OnPause();
        }
        recorder.Finish("test", 3, 0);
        Assert.Equal((2, 2L, 3L), (recorder.Deleted.Files, recorder.Deleted.Events, recorder.Events));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [KernelFact]
    public void FullDiskDoesNotEndTheFlightRecorder()
    {
        using var second = new TemporaryFolder();
        RunResult run = Shell.Run("""
            unshare -m bash -c '
                mount -t tmpfs -o size=8k none $1; dd if=/dev/zero of=$1/full bs=4k count=2 2>/dev/null
                "$TCPTRACER" record -o $1/t.tct --ring 64M --dump-after 1ms -- bash -c "
                    for i in {1..9}; do exec 3<>/dev/tcp/127.0.0.1/9; done 2>/dev/null
                    for i in 1 2; do kill -USR2 \$PPID; until [ \$(grep -c \"stays in memory\" $2) = \$i ]; do sleep 0.05; done; done
                    rm $1/full; kill -USR2 \$PPID; until ls $1 | grep -q t-; do sleep 0.05; done" 2>$2
                echo $?; "$TCPTRACER" show $1/t-*.tct --no-headers | wc -l; ls -A $1 | wc -l; cat $2 >&2' bash $1 $2
            """, _folder.Path, second.File("errors"));
        Assert.Equal(["0", "9", "1"], run.Lines);
        // Each request gets an answer
        string[] full = [.. run.ErrorLines.Where(l => l.Contains("no space is left", StringComparison.Ordinal))];
        Assert.Equal(2, full.Length);
        Each.Of(full, l => Assert.Contains("it is not there; the rest stays in memory, and the recording goes on", l));
        Assert.Contains("9 events captured, 9 written to 1 file t-*.tct", run.Errors);
    }

    public void Dispose() => _folder.Dispose();
}
