using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Workloads;
using TcpTracer.Recorder.Targets;
using TcpTracer.Replay.Printing;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Replay;
using Xunit;

namespace TcpTracer.Tests.Workloads;

/// <summary>
/// Whatever becomes known among the events, and whenever it does: replay names each event as live output did, byte for byte,
/// from every kind of file.
/// </summary>
public sealed class NamesAtReplayTests : IDisposable
{
    private const int Count = 300;
    private readonly string _folder = Directory.CreateTempSubdirectory("tcptracer-test-").FullName;

    /// <summary>Plays the stream into a recording, and returns what live output printed.</summary>
    private static string[] Live(ulong seed, Func<TraceSettings, RecordingTarget> open, MetadataScope scope,
        WorkloadChange? knownBefore = null, Action<int>? atEvent = null)
    {
        var printed = new MemoryStream();
        WorkloadView view = new WorkloadView(new SafeText(TraceBytes.Header.Node))
            .With(knownBefore ?? new WorkloadChange(TraceBytes.Clock.BootNs));
        using RecordingTarget target = open(new TraceSettings(TraceBytes.Header, TimeSpan.FromHours(1), view, scope));
        var sink = new Tee(target,
            new TextSink(printed, EventFormat.Parse("json", "+labels,+owner,+image,+container_id,+pod_uid", true), true));
        int number = 0;
        foreach ((TcpEvent recorded, WorkloadChange? change) in RandomWorkloads.Stream(seed, Count))
        {
            TcpEvent e = recorded;
            if (change is not null)
            {
                view = view.With(change);
                sink.OnWorkloads(change, view);
            }
            e.WallNs = TraceBytes.Clock.ToWall(e.TimestampNs);
            e.NameBy(view);
            sink.OnEvent(in e);
            atEvent?.Invoke(number++);
            if (seed % 2 == 0)
                sink.OnPause();
        }
        sink.OnPause();
        target.Finish("test", Count, 0);
        return System.Text.Encoding.UTF8.GetString(printed.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static string[] Replay(byte[] trace)
    {
        var output = new MemoryStream();
        Func<EventFormat> format = () => EventFormat.Parse("json", "+labels,+owner,+image,+container_id,+pod_uid", true);
        var printer = new TracePrinter(Printing.SelectAll(), format, output, true, 2) { ParallelFrom = 0 };
        printer.Print(new MemoryStream(trace));
        Assert.Empty(printer.Selection.Findings.Damages);
        return System.Text.Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public static TheoryData<ulong, string> Cases
    {
        get
        {
            var cases = new TheoryData<ulong, string>();
            for (ulong seed = 0; seed < 14; seed++)
            {
                cases.Add(seed, nameof(MetadataScope.Referenced));
                if (seed < 6)
                    cases.Add(seed, nameof(MetadataScope.Cluster));
            }
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void OneFileReplaysTheLiveNames(ulong seed, string scope)
    {
        var file = new MemoryStream();
        string[] live = Live(seed, s => new SingleTrace(file, "memory", s), Enum.Parse<MetadataScope>(scope));
        Assert.Equal(live, Replay(file.ToArray()));
        Assert.Contains(live, l => l.Contains("\"pod\":\"web-", StringComparison.Ordinal));
        Assert.Contains(live, l => l.Contains("\"dst\":{", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1, nameof(MetadataScope.Referenced))]
    [InlineData(2, nameof(MetadataScope.Referenced))]
    [InlineData(3, nameof(MetadataScope.Cluster))]
    [InlineData(4, nameof(MetadataScope.Cluster))]
    public void EveryFileOfASetAloneReplaysTheLiveNames(ulong seed, string scope)
    {
        string path = Path.Combine(_folder, "set.tct");
        RecordingTarget? target = null;
        string[] live = Live(seed, s => target = new RotatingTraces(path, s, new RotationRule(null, TimeSpan.FromHours(1), false, null)),
            Enum.Parse<MetadataScope>(scope), null, number =>
        {
            if (number % 50 != 49)
                return;
            target!.Request();
            target.OnPause();
        });
        string[] files = [.. TraceFileSet.InSet(path).OrderBy(f => f[^8..])]; // by number, because these events have no order in time
        Assert.True(files.Length > 4, $"{files.Length} files");
        Assert.Equal(live, files.SelectMany(f => Replay(File.ReadAllBytes(f))));
    }

    [Theory]
    [InlineData(1, nameof(MetadataScope.Referenced))]
    [InlineData(2, nameof(MetadataScope.Referenced))]
    [InlineData(3, nameof(MetadataScope.Cluster))]
    [InlineData(4, nameof(MetadataScope.Cluster))]
    public void FlightRecorderDumpReplaysTheLiveNames(ulong seed, string scope)
    {
        string path = Path.Combine(_folder, "flight.tct");
        RecordingTarget? target = null;
        WorkloadChange known = new RandomWorkloads(seed, [.. RandomTraffic.Events(seed, 20)]).Change(1_000_000_000_000);
        string[] live = Live(seed, s => target = new FlightRecorder(path, s, new FlightRule(30_000, null, null, TimeSpan.FromHours(1)),
            _ => { }), Enum.Parse<MetadataScope>(scope), known, number =>
        {
            target!.OnClock(TraceBytes.Clock); // this ends the block
            target.OnPause();
            if (number == Count - 1)
                target.Request(); // it is written at the end
        });
        string[] replayed = Replay(File.ReadAllBytes(Assert.Single(TraceFileSet.InSet(path))));
        Assert.InRange(replayed.Length, 20, Count - 20);
        Assert.Equal(live[^replayed.Length..], replayed);
    }

    [Fact]
    public void TraceWithoutMetadataNamesNobody()
    {
        var file = new MemoryStream();
        Live(2, s => new SingleTrace(file, "memory", s), MetadataScope.None);
        Each.Of(Replay(file.ToArray()), l => Assert.Contains("\"pod\":\"\\u003c\\u003e\"", l));
    }

    [Fact]
    public void ScopeReferencedIsSmallerThanCluster()
    {
        long Size(MetadataScope scope)
        {
            var file = new MemoryStream();
            var pods = new WorkloadChange(1_000_000_000_000)
            {
                Pods = [.. Enumerable.Range(0, 5_000).Select(i => new PodInfo($"uid-{i}", "shop", $"web-{i}"))]
            };
            Live(2, s => new SingleTrace(file, "memory", s), scope, pods);
            return file.ToArray().Length;
        }
        Assert.InRange(Size(MetadataScope.Referenced), 0, Size(MetadataScope.Cluster) - 10_000);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
