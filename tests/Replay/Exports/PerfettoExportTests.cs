using System.Text.Json;
using TcpTracer.Formats.Events;
using TcpTracer.Replay.Exports.Perfetto;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Replay.Exports;

/// <summary>The slices that ui.perfetto.dev would show, read from the packets by the rules of the format.</summary>
public sealed class PerfettoExportTests
{
    /// <summary>A slice with its names.</summary>
    private sealed record Slice(string Process, int Pid, ulong Lane, string Name, long BeginNs, IReadOnlyList<ulong> Flows)
    {
        public long? EndNs { get; set; }

        public Dictionary<string, string> Notes { get; } = [];
    }

    /// <summary>Reads the packets as trace_processor does: names by number, tracks with parents, slices that end newest first.</summary>
    private static List<Slice> Read(byte[] bytes)
    {
        Dictionary<ulong, string> names = [], notes = [];
        var tracks = new Dictionary<ulong, TrackDescriptor>();
        var slices = new List<Slice>();
        bool knowsNames = false;
        List<TracePacket> packets = [.. Trace.Parser.ParseFrom(bytes).Packet];
        var found = new List<(ulong Time, int Order, Action Apply)>();
        var open = new Dictionary<ulong, Stack<Slice>>();
        foreach (TracePacket packet in packets)
        {
            Assert.Equal(1u, packet.TrustedPacketSequenceId);
            if (packet.TrackDescriptor is { } track)
                tracks.Add(track.Uuid, track);
            if ((packet.SequenceFlags & 1) != 0)
            {
                names.Clear();
                notes.Clear();
                knowsNames = true;
            }
            foreach (EventName name in packet.InternedData?.EventNames ?? [])
                names.Add(name.Iid, name.Name);
            foreach (DebugAnnotationName name in packet.InternedData?.DebugAnnotationNames ?? [])
                notes.Add(name.Iid, name.Name);
            if (packet.TrackEvent is not { } e)
                continue;
            Assert.True(knowsNames && (packet.SequenceFlags & 2) != 0);
            var annotations =
                e.DebugAnnotations.Select(a => (notes[a.NameIid], a.HasStringValue ? a.StringValue : $"{a.UintValue}")).ToList();
            string? called = e.HasNameIid ? names[e.NameIid] : null;
            found.Add((packet.Timestamp, found.Count, () => Apply(packet, e, called, annotations)));
        }
        foreach (Action apply in found.OrderBy(f => f.Time).ThenBy(f => f.Order).Select(f => f.Apply))
            apply();
        return slices;

        void Apply(TracePacket packet, TrackEvent e, string? name, List<(string, string)> annotations)
        {
            Stack<Slice> lane = open.TryGetValue(e.TrackUuid, out Stack<Slice>? known) ? known : open[e.TrackUuid] = new Stack<Slice>();
            if (e.Type == TrackEvent.Types.Type.SliceBegin)
            {
                Assert.Empty(lane); // the slices of a lane do not overlap
                ProcessDescriptor process = tracks[tracks[e.TrackUuid].ParentUuid].Process;
                slices.Add(new Slice(process.ProcessName, process.Pid, e.TrackUuid, name!, (long)packet.Timestamp, [.. e.FlowIds]));
                lane.Push(slices[^1]);
            }
            else
            {
                lane.Peek().EndNs = (long)packet.Timestamp;
            }
            foreach ((string key, string value) in annotations)
                lane.Peek().Notes[key] = value;
            if (e.Type == TrackEvent.Types.Type.SliceEnd)
                lane.Pop();
        }
    }

    private static List<Slice> Export(params byte[][] traces) => Read(Exported.Write(to => new PerfettoExport(to), traces));

    [Fact]
    public void EveryConnectionIsASlice()
    {
        JsonElement[] events = [.. Printing.Of(Exported.Shop).Lines.Select(l => JsonDocument.Parse(l).RootElement)
            .Where(l => l.GetProperty("type").GetString() == "normal")];
        List<Slice> slices = Export(Exported.Shop);
        Assert.Equal(events.Select(e => e.GetProperty("conn").GetString()).Distinct().Order(StringComparer.Ordinal),
            slices.Select(s => s.Notes["conn"]).Order(StringComparer.Ordinal));
        Each.Of(events.Where(e => e.TryGetProperty("duration_ns", out _)), e =>
        {
            Slice slice = slices.Single(s => s.Notes["conn"] == e.GetProperty("conn").GetString());
            Assert.Equal(e.GetProperty("duration_ns").GetInt64(), slice.EndNs - slice.BeginNs);
            Assert.Equal((e.GetProperty("pid").GetInt32(), e.GetProperty("sent_bytes").GetRawText()),
                (slice.Pid, slice.Notes["sent_bytes"]));
        });
        Assert.Contains(slices, s => s.Process == "shop/cart-5c9f7b6d4-q8t2m cart-sync" && s.Name == "svc/shop/cache:6379"
            && s.Notes["reason"] == "reset-received");
        Assert.Contains(slices, s => s.Notes.GetValueOrDefault("error") == "ETIMEDOUT" && s.EndNs - s.BeginNs > 3_000_000_000);
    }

    [Fact]
    public void OverlappingConnectionsHaveSeparateLanes()
    {
        TcpEvent[] a = Exported.Connection("10.0.0.1", "10.0.0.2", 1, 1),
            b = Exported.Connection("10.0.0.1", "10.0.0.2", 1, 1, 1_000_001_000_000, sport: 40_001);
        TcpEvent[] later = Exported.Connection("10.0.0.1", "10.0.0.2", 1, 1, 1_000_100_000_000, sport: 40_002);
        List<Slice> slices = Export(TraceBytes.Write([a[0], b[0], a[1], b[1], .. later]));
        Assert.Equal(3, slices.Count);
        Assert.NotEqual(slices[0].Lane, slices[1].Lane);
        Assert.Contains(slices[2].Lane, slices.Take(2).Select(s => s.Lane));
    }

    [Fact]
    public void BothEndsOfAConnectionShareItsFlow()
    {
        TcpEvent[] one = Exported.Connection("10.0.0.1", "10.0.0.2", 1, 1, flow: 0xfedcba98_76543210), other = Exported.OtherEnd(one);
        List<Slice> slices = Export(TraceBytes.Write([one[0], other[0], one[1], other[1]]));
        Assert.Equal([0xfedcba98_76543210, 0xfedcba98_76543210], slices.Select(s => Assert.Single(s.Flows)));
    }

    [Fact]
    public void SlicesHaveTheTimeOfDay()
    {
        var trace = Trace.Parser.ParseFrom(Exported.Write(to => new PerfettoExport(to), Exported.Shop));
        ClockSnapshot clock = Assert.Single(trace.Packet.Select(p => p.ClockSnapshot).OfType<ClockSnapshot>());
        Assert.Equal([6u, 1u], clock.Clocks.Select(c => c.ClockId));
        long wall = (long)(clock.Clocks[1].Timestamp - clock.Clocks[0].Timestamp);
        TracePacket last = trace.Packet.Last(p => p.TrackEvent is not null);
        string expected = JsonDocument.Parse(Printing.Of(Exported.Shop).Lines[^1]).RootElement.GetProperty("timestamp").GetString()!;
        Assert.StartsWith(expected[..23], DateTimeOffset.UnixEpoch.AddTicks((wall + (long)last.Timestamp) / 100)
            .ToString("yyyy-MM-ddTHH:mm:ss.fffffff"), StringComparison.Ordinal);
    }

    /// <summary>With more names than the export keeps, it forgets them and starts again.</summary>
    [Fact]
    public void AnyNumberOfNamesIsExported()
    {
        TcpEvent[] many = [.. Enumerable.Range(0, 40_000).SelectMany(i => Exported.Connection("10.0.0.1",
            $"10.{1 + i / 65536}.{i / 256 % 256}.{i % 256}", 1, 1, 1_000_000_000_000 + i * 10_000_000L))];
        List<Slice> slices = Export(TraceBytes.Write(many));
        Assert.Equal(40_000, slices.Select(s => s.Name).Distinct().Count());
        Each.Of(slices, s => Assert.Equal(s.Name, $"{s.Notes["daddr"]}:{s.Notes["dport"]}"));
    }

    [Fact]
    public void RandomTracesAreExported() => Assert.NotEmpty(
        Trace.Parser.ParseFrom(Exported.Write(to => new PerfettoExport(to), TraceBytes.Write(RandomTraffic.Events(9, 3_000)))).Packet);
}
