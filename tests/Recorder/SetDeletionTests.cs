using Microsoft.Win32.SafeHandles;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;
using TcpTracer.Recorder.Machine;
using TcpTracer.Recorder.Targets;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Recorder;

/// <summary>
/// Which files of a set are deleted: the oldest by run and number, whatever their names are; never one that is in
/// use, or that is not a trace.
/// </summary>
public sealed class SetDeletionTests : IDisposable
{
    private const long Second = 1_000_000_000;
    private readonly TemporaryFolder _folder = new();
    private readonly List<TargetNews> _news = [];
    private readonly TraceHeader _header = TraceBytes.Header with { Clock = BootClock.Sample(ClockCause.Start), RunId = Guid.NewGuid() };

    private string Earlier(string name, TraceHeader header)
    {
        File.WriteAllBytes(_folder.File(name), TraceBytes.Write([SampleEvents.Make(Operation.Connect)], null, header));
        return name;
    }

    /// <summary>Makes a recording of so many files with one event each.</summary>
    private void Record(int files, int keep)
    {
        using var set = new RotatingTraces(_folder.File("t.tct"), new TraceSettings(_header, TimeSpan.Zero, null, MetadataScope.None),
            new RotationRule(null, null, false, keep), _news.Add);
        for (int i = 0; i < files; i++)
        {
            TcpEvent e = SampleEvents.Make(Operation.Connect);
            (e.TimestampNs, e.StartNs) = (_header.Clock.BootNs + i * Second, _header.Clock.BootNs);
            set.OnEvent(in e);
            set.Request();
            set.OnPause();
        }
        set.Finish("test", files, 0);
    }

    private string[] Names => [.. Directory.GetFiles(_folder.Path).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    private IEnumerable<string> Deleted => _news.OfType<TargetNews.Deleted>().Select(d => Path.GetFileName(d.Path));

    [Fact]
    public void OldestFilesAreFoundByRunAndNumber()
    {
        // The clock was ahead in two runs of this boot, and there was an earlier boot
        var boot = _header with
        {
            RunId = Guid.NewGuid(),
            BootId = "another",
            Clock = _header.Clock with { BootNs = long.MaxValue / 2, WallNs = _header.Clock.WallNs + 1_000 * Second }
        };
        var first = _header with { RunId = Guid.NewGuid(), Clock = _header.Clock with { BootNs = 100 } };
        var second = _header with { RunId = Guid.NewGuid(), Clock = _header.Clock with { BootNs = 200, WallNs = 1 } };
        string[] oldestFirst =
        [
            Earlier("t-29990105T000000Z-0001.tct", boot),
            Earlier("t-29990104T000000Z-0001.tct", first), Earlier("t-29990103T000000Z-0002.tct", first),
            Earlier("t-29990102T000000Z-10000.tct", first),
            Earlier("t-20000101T000000Z-0001.tct", second),
        ];
        Record(3, keep: 3);
        Assert.Equal(oldestFirst, Deleted);
        Assert.Equal(3, Names.Length);
        Each.Of(Names, n => Assert.Equal(_header.RunId, TraceContents.Of(File.ReadAllBytes(_folder.File(n))).Headers[0].RunId));
    }

    [Fact]
    public void FilesThatAreInUseOrNoTracesStay()
    {
        var earlier = _header with { RunId = Guid.NewGuid(), Clock = _header.Clock with { BootNs = 100 } };
        File.WriteAllText(_folder.File("t-20000101T000000Z-0001.tct"), "the notes of somebody who likes such names");
        Directory.CreateDirectory(_folder.File("t-20000101T000000Z-0002.tct"));
        string used = Earlier("t-20000101T000000Z-0003.tct", earlier), gone = Earlier("t-20000101T000000Z-0004.tct", earlier);
        using (var set = new RotatingTraces(_folder.File("t.tct"), new TraceSettings(_header, TimeSpan.Zero, null, MetadataScope.None),
            new RotationRule(null, null, false, 2), _news.Add))
        {
            // From here on another recorder uses it
            using SafeFileHandle held = OpenFile.Existing(_folder.File(used));
            Assert.True(OpenFile.TryLock(held));
            for (int i = 0; i < 3; i++)
            {
                set.OnEvent(SampleEvents.Make(Operation.Connect) with { TimestampNs = _header.Clock.BootNs + i * Second });
                set.Request();
                set.OnPause();
            }
            set.Finish("test", 3, 0);
        }
        Assert.Contains("t-20000101T000000Z-0001.tct", Names);
        Assert.True(Directory.Exists(_folder.File("t-20000101T000000Z-0002.tct")));
        Assert.Contains(gone, Deleted);
    }

    [Fact]
    public void FileInUseStaysAndIsReportedOnce()
    {
        ClockSample clock = _header.Clock with { BootNs = 100 };
        string used = Earlier("t-20000101T000000Z-0003.tct", _header with { RunId = Guid.NewGuid(), Clock = clock });
        var keeper = new SetKeeper(_folder.File("t.tct"), 1, _header, _news.Add);
        using (SafeFileHandle held = OpenFile.Existing(_folder.File(used)))
        {
            Assert.True(OpenFile.TryLock(held));
            keeper.Prune(_folder.File("t-20000101T000000Z-0009.tct"));
            keeper.Prune(_folder.File("t-20000101T000000Z-0009.tct"));
            Assert.Equal([new TargetNews.NotDeleted(_folder.File(used), "another recorder writes it")], _news);
            Assert.Equal([used], Names);
            OpenFile.Unlock(held); // a process that another test is starting just now has the file, too
        }
        keeper.Prune(_folder.File("t-20000101T000000Z-0009.tct"));
        Assert.Empty(Names);
    }

    [Fact]
    public void FileIsSealedWhenItsPeriodEnds()
    {
        using var set = new RotatingTraces(_folder.File("t.tct"), new TraceSettings(_header, TimeSpan.Zero, null, MetadataScope.None),
            new RotationRule(null, TimeSpan.FromMilliseconds(200), false, null));
        set.OnEvent(SampleEvents.Make(Operation.Connect) with { TimestampNs = _header.Clock.BootNs + 1 });
        set.OnPause();
        Assert.Null(TraceContents.Of(File.ReadAllBytes(_folder.File(Assert.Single(Names)))).End);
        Thread.Sleep(250);
        set.OnPause(); // nothing has happened
        Assert.Equal("rotation", TraceContents.Of(File.ReadAllBytes(_folder.File(Assert.Single(Names)))).End?.Cause);
        // An event that comes late does not begin a file of an earlier period
        set.OnEvent(SampleEvents.Make(Operation.Connect) with { TimestampNs = _header.Clock.BootNs + 2 });
        set.OnEvent(SampleEvents.Make(Operation.Connect) with { TimestampNs = _header.Clock.BootNs + 250_000_000 });
        set.Finish("test", 3, 0);
        Assert.Equal(2, Names.Length);
    }

    [KernelFact]
    public void UndeletableFileIsReportedOnceAndTheRecordingContinues()
    {
        ClockSample clock = _header.Clock with { BootNs = 100 };
        Earlier("t-20000101T000000Z-0001.tct", _header with { RunId = Guid.NewGuid(), Clock = clock, BootId = "another" });
        // A file on which something is mounted cannot be deleted
        RunResult run = Shell.Run("""
            unshare -m bash -c '
                mount --bind $1/t-20000101T000000Z-0001.tct $1/t-20000101T000000Z-0001.tct
                "$TCPTRACER" record --verbose -o $1/t.tct --rotate-size 1 --keep 2 -- \
                    bash -c "for i in 1 2 3; do (exec 3<>/dev/tcp/127.0.0.1/9) 2>/dev/null; sleep 1.3; done"' bash $1
            """, _folder.Path);
        Assert.Matches("3 events captured, 3 written to [34] files", run.Errors);
        Assert.Single(run.ErrorLines, l => l.Contains("t-20000101T000000Z-0001.tct: --keep cannot delete it: ", StringComparison.Ordinal));
        Assert.Contains("t-20000101T000000Z-0001.tct", Names);
        Assert.Contains("tcptracer: deleted ", run.Errors);
    }

    public void Dispose() => _folder.Dispose();
}
