using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Workloads;
using TcpTracer.Recorder.Targets;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Recorder;

/// <summary>A set of files on a real disk: where each file begins and ends, its name, and which files are kept.</summary>
public sealed class RotatingTracesTests : IDisposable
{
    private const long Second = 1_000_000_000, Begin = 1_000 * Second;

    /// <summary>2026-11-23T12:00:07Z.</summary>
    private const long BeginWall = 1_795_435_207 * Second;

    private readonly TemporaryFolder _folder = new();

    private RotatingTraces Open(RotationRule rule, WorkloadView? known = null) => new(_folder.File("t.tct"),
        new TraceSettings(TraceBytes.Header with { Clock = new ClockSample(Begin, BeginWall, Begin - 5, 100, ClockCause.Start) },
            TimeSpan.Zero, known, MetadataScope.Cluster), rule);

    private static RotationRule Every(int seconds, bool aligned = false, int? keep = null) =>
        new(null, TimeSpan.FromSeconds(seconds), aligned, keep);

    /// <summary>Records an event so many seconds after the beginning, in a block of its own.</summary>
    private static void Tell(RotatingTraces set, double seconds)
    {
        long at = Begin + (long)(seconds * Second);
        set.OnEvent(SampleEvents.Make(Operation.Connect) with { TimestampNs = at, StartNs = at });
        set.OnPause();
    }

    private string[] Names => [.. Directory.GetFiles(_folder.Path).Order(StringComparer.Ordinal)];

    private TraceContents[] Files => [.. Names.Select(n => TraceContents.Of(File.ReadAllBytes(n)))];

    /// <summary>The seconds of the events in each file, from the beginning on.</summary>
    private string Seconds =>
        string.Join(" | ", Files.Select(f => string.Join(' ', f.Events.Select(e => $"{(e.TimestampNs - Begin) / (double)Second}"))));

    private void AssertWhole()
    {
        Each.Of(Files, file =>
        {
            Assert.Empty(file.Damages);
            Assert.Equal(file.Events.Count, file.End?.Written);
            Each.Of(file.Events, e => Assert.Equal(BeginWall + (e.TimestampNs - Begin), file.Headers[0].Clock.ToWall(e.TimestampNs)));
        });
    }

    [Fact]
    public void EmptyFileReplacesNoOtherFile()
    {
        using (RotatingTraces set = Open(Every(10, keep: 2)))
        {
            for (int i = 0; i < 3; i++)
                Tell(set, 10 * i);
            set.Finish("test", 3, 0);
            Assert.Equal((1, 1L), set.Deleted);
        }
        for (int i = 0; i < 3; i++)
        {
            using RotatingTraces idle = Open(Every(10, keep: 2));
            idle.OnPause();
            idle.Finish("test", 0, 0);
        }
        Assert.Equal("10 | 20", Seconds);
    }

    [Fact]
    public void NewestOfSeveralEmptyFilesStays()
    {
        for (int i = 0; i < 4; i++)
        {
            using RotatingTraces idle = Open(Every(10, keep: 2));
            idle.Finish($"run {i}", 0, 0);
        }
        Assert.Equal(["run 2", "run 3"], Files.Select(f => f.End!.Cause).Order()); // a name that is free again is used again
    }

    [Fact]
    public void FileWithALossIsNotEmpty()
    {
        for (int i = 0; i < 2; i++)
        {
            using RotatingTraces set = Open(Every(10, keep: 1));
            if (i == 0)
                Tell(set, 0);
            else
                set.OnLoss(new LossRecord(Begin, Begin + 1, LossSource.RingFull, 7, 7));
            set.Finish("test", 0, 7);
        }
        Assert.Equal(7, Assert.Single(Assert.Single(Files).Losses).Count);
    }

    [Fact]
    public void AFileEndsAfterItsPeriod()
    {
        using (RotatingTraces set = Open(Every(10)))
        {
            foreach (double seconds in new[] { 0, 5, 9.75, 10, 19.75, 25, 36 })
                Tell(set, seconds);
            set.Finish("test", 7, 0);
            Assert.Equal(7, set.Events);
        }
        Assert.Equal("0 5 9.75 | 10 19.75 | 25 | 36", Seconds);
        AssertWhole();
    }

    [Fact]
    public void AlignedFilesEndAtMultiplesOfTheirPeriod()
    {
        using (RotatingTraces set = Open(Every(10, aligned: true)))
        {
            foreach (double seconds in new[] { 0, 2.75, 3, 12.75, 13, 40 })
                Tell(set, seconds);
            set.Finish("test", 6, 0);
        }
        Assert.Equal("0 2.75 | 3 12.75 | 13 | 40", Seconds);
        AssertWhole();
    }

    [Fact]
    public void FilesAreNamedByTheirStartAndANumber()
    {
        using (RotatingTraces set = Open(Every(10)))
        {
            Tell(set, 0);
            Tell(set, 10);
            set.Finish("test", 2, 0);
            Assert.Equal("2 files t-*.tct", set.Description);
        }
        Assert.Equal([_folder.File("t-20261123T120007Z-0001.tct"), _folder.File("t-20261123T120017Z-0002.tct")], Names);
        Each.Of(Names, n => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(n)));
    }

    [Fact]
    public void AFileEndsAtItsSize()
    {
        const int size = 4_096, events = 100;
        using (RotatingTraces set = Open(new RotationRule(size, null, false, null)))
        {
            for (int i = 0; i < events; i++)
                Tell(set, i);
            set.Finish("test", events, 0);
            Assert.Equal((events, Names.Sum(n => new FileInfo(n).Length)), (set.Events, set.BytesWritten));
        }
        AssertWhole();
        Assert.InRange(Names.Length, 3, events / 2);
        const int oneBlockAndTheEnd = 1_024;
        Each.Of(Names.SkipLast(1), n => Assert.InRange(new FileInfo(n).Length, size, size + oneBlockAndTheEnd));
        Assert.Equal(Enumerable.Range(0, events), Files.SelectMany(f => f.Events).Select(e => (int)((e.TimestampNs - Begin) / Second)));
    }

    [Fact]
    public void OldestFilesAreDeletedFirst()
    {
        File.WriteAllText(_folder.File("t-notes.tct"), "not of the set");
        File.WriteAllText(_folder.File("other-20200101T000000Z-0001.tct"), "not of the set");
        using (RotatingTraces set = Open(Every(10, keep: 3)))
        {
            for (int i = 0; i < 60; i += 5)
            {
                Tell(set, i);
                Assert.InRange(Names.Length - 2, 1, 3); // at every moment
            }
            set.Finish("test", 12, 0);
        }
        File.Delete(_folder.File("t-notes.tct"));
        File.Delete(_folder.File("other-20200101T000000Z-0001.tct"));
        Assert.Equal("30 35 | 40 45 | 50 55", Seconds);
        AssertWhole();
    }

    [Fact]
    public void RequestBeginsANewFileUnlessTheFileIsEmpty()
    {
        using (RotatingTraces set = Open(Every(1_000)))
        {
            Tell(set, 0);
            set.Request();
            set.OnPause();
            Assert.NotNull(Assert.Single(Files).End); // the file is complete at once
            Tell(set, 1);
            Tell(set, 2);
            set.Request();
            set.OnPause();
            set.Request();
            set.OnPause();
            Tell(set, 3);
            set.Finish("test", 4, 0);
        }
        Assert.Equal("0 | 1 2 | 3", Seconds);
        AssertWhole();
    }

    [Fact]
    public void LossIsInTheFileOfItsTime()
    {
        using (RotatingTraces set = Open(Every(10)))
        {
            Tell(set, 0);
            set.OnLoss(new LossRecord(Begin, Begin + Second, LossSource.RingFull, 5, 5));
            Tell(set, 10);
            Tell(set, 20);
            set.OnLoss(new LossRecord(Begin, Begin + Second, LossSource.RingFull, 2, 7));
            set.Finish("test", 3, 7);
        }
        Assert.Equal([5L, 0L, 2L], Files.Select(f => f.End!.Lost));
        Assert.Equal([5L, 0L, 2L], Files.Select(f => f.Losses.Sum(l => l.Count)));
    }

    [Fact]
    public void EveryFileHoldsTheNamesOfPods()
    {
        WorkloadView view = new WorkloadView(new SafeText("node-1")).With(new WorkloadChange(Begin));
        using (RotatingTraces set = Open(Every(10), view))
        {
            Tell(set, 0);
            var pod = new WorkloadChange(Begin + Second)
            {
                Pods = [new PodInfo("uid-1", "shop", "web-1") { Claims = [new AddressClaim(SampleEvents.Seed.Daddr, Begin)] }]
            };
            set.OnWorkloads(pod, view = view.With(pod));
            Tell(set, 2);
            Tell(set, 10);
            Tell(set, 20);
            set.Finish("test", 4, 0);
        }
        string[] destinations = [.. Names.Select(n => TcptracerProgram.Run("show", n, "-o", "custom-columns=dst", "--no-headers").Output)];
        Assert.Equal(["23.57.4.240:443\npod/shop/web-1:443\n", "pod/shop/web-1:443\n", "pod/shop/web-1:443\n"], destinations);
    }

    public void Dispose() => _folder.Dispose();
}
