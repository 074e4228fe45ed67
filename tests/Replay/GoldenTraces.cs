using MessagePack;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;
using TcpTracer.Tests.Formats.TraceFile;

namespace TcpTracer.Tests.Replay;

/// <summary>How the golden traces are made, one for each feature of the format.</summary>
internal static class GoldenTraces
{
    private static readonly TcpEvent[] s_events = GoldenEvents.Every;

    public static readonly IReadOnlyDictionary<string, Func<byte[]>> All = new Dictionary<string, Func<byte[]>>
    {
        ["plain"] = () => TraceBytes.Write(s_events),
        ["empty"] = () => TraceBytes.Write([]),
        ["blocks"] = () => TraceBytes.Write(s_events, 4),
        ["since-1.1"] = () => TraceBytes.Write(GoldenEvents.Since11()),
        ["both-ends"] = GoldenPods.BothEnds,
        ["ordinary"] = () => TraceBytes.Write(GoldenEvents.Ordinary()),
        ["loss"] = () => Write(w =>
        {
            w.OnEvent(in s_events[0]);
            w.OnLoss(new LossRecord(5, 9, LossSource.RingFull, 3, 3));
            w.OnEvent(in s_events[1]);
            w.OnLoss(new LossRecord(9, 9, LossSource.ConnectionsFull, 1, 1));
        }),
        ["clock-set"] = () => Write(w =>
        {
            w.OnEvent(in s_events[0]);
            w.OnClock(TraceBytes.Clock with { WallNs = 1_800_000_000_000_000_000, Cause = ClockCause.Step });
            w.OnEvent(in s_events[1]);
        }),
        ["pods"] = () => GoldenPods.Pods(MetadataScope.Referenced),
        ["pods-cluster"] = () => GoldenPods.Pods(MetadataScope.Cluster),
        ["pods-node"] = () => GoldenPods.Pods(MetadataScope.Node),
        ["pods-none"] = () => GoldenPods.Pods(MetadataScope.None),
        ["damaged-metadata"] = () =>
        {
            TraceBytes.FramePart[] p = TraceBytes.Split(GoldenPods.Pods(MetadataScope.Referenced));
            p[6].Bytes[^1] ^= 1;
            return TraceBytes.Join(p);
        },
        ["unfinished"] = () => TraceBytes.Join(TraceBytes.Split(TraceBytes.Write(s_events, 4))[..^2]),
        ["two-traces"] = () => [.. TraceBytes.Write(s_events, 5),
            .. TraceBytes.Write(s_events[..3], null, TraceBytes.Header with { Node = "node-2", RunId = Guid.Empty })],
        ["no-skippable-frames"] = () => TraceBytes.Join(TraceBytes.Split(TraceBytes.Write(s_events, 4)).Where(p => !p.IsSkippable)),
        ["other-skippable-frames"] = () => TraceBytes.Join(TraceBytes.Split(TraceBytes.Write(s_events, 4))
            .SelectMany(p => new[] { p, new TraceBytes.FramePart(0, p.IsSkippable ? [] : TraceBytes.Skippable(8, "later"u8)) })),
        ["unknown-record"] = () =>
        [
            .. TraceBytes.Write(s_events)[..^TraceBytes.Split(TraceBytes.Write(s_events))[^2..].Sum(p => p.Bytes.Length)],
            .. TraceBytes.Record((RecordKind)77,
                TraceBytes.Pack((ref MessagePackWriter to) => { to.WriteMapHeader(1); to.Write("t"); to.Write("weather"); }), 2),
        ],
        ["unknown-key-column-dictionary"] = () => TraceBytes.Edit(TraceBytes.Write(GoldenEvents.Ordinary()), "events", r =>
        {
            r["later"] = 1;
            Map(r["c"])["later"] = new object[] { 99 };
            Map(r["d"])["later"] = "x";
        }),
        ["unknown-encoding"] = () =>
            TraceBytes.Edit(TraceBytes.Write(GoldenEvents.Ordinary()), "events", r => Map(r["c"])["sent"] = new object[] { 15, 1, 2, 3 }),
        ["from-the-future"] = FromTheFuture,
        ["newer-minor"] = () => TraceBytes.Write(s_events, null, TraceBytes.Header with { Minor = 200 }),
        ["newer-major"] = () => TraceBytes.Write(s_events, null, TraceBytes.Header with { Major = 2 }),
        ["required-feature"] = () => TraceBytes.Write(s_events, null, TraceBytes.Header with { Required = ["sealed"] }),
        ["damaged-cut"] = () => TraceBytes.Write(s_events, 4)[..^150],
        ["damaged-checksum"] = () => Bent(p => p[7].Bytes[^1] ^= 1),
        ["damaged-length"] = () => Bent(p => p[6].Bytes[16] ^= 0x40),
        ["damaged-block-header"] = () => Bent(p => p[5].Bytes[30] ^= 1),
        ["damaged-header-record"] = () => Bent(p => p[2].Bytes[40] ^= 1),
        ["damaged-start"] = () => Bent(p => p[0].Bytes[0] ^= 0x80),
        ["damaged-rubbish-between"] = () => Bent(p => p[5] = p[5] with { Bytes = [.. "rubbish"u8, .. p[5].Bytes] }),
        ["damaged-missing-block"] = () => Bent(p => p[5] = p[6] = new TraceBytes.FramePart(0, [])),
        ["damaged-repeated-block"] = () => Bent(p => p[6] = p[6] with { Bytes = [.. p[6].Bytes, .. p[5].Bytes, .. p[6].Bytes] }),
    };

    /// <summary>All that a later minor version may add, at once.</summary>
    private static byte[] FromTheFuture()
    {
        TcpEvent[] events = GoldenEvents.Ordinary();
        events[3].Operation = (Operation)17;
        events[3].Reason = (Reason)200;
        byte[] trace = TraceBytes.Write(events, null, TraceBytes.Header with { Minor = 200 });
        foreach (string kind in new[] { "header", "events", "end" })
            trace = TraceBytes.Edit(trace, kind, r => r["later"] = new object[] { 1.5, "two", new Dictionary<object, object?> { ["x"] = null } });
        trace = TraceBytes.Edit(trace, "events", r =>
        {
            Map(r["c"])["later"] = new object[] { 99 };
            Map(r["c"])["fd"] = new object[] { 15, 1, 2, 3, 0, 0, "more" };
            Map(r["d"])["later"] = "x";
            Map(r["d"])["kind"] = ((object?[])Map(r["d"])["kind"]!).Select(k => (object?[])[.. (object?[])k!, "more"]).ToArray();
            r["clock"] = (object?[])[.. (object?[])r["clock"]!, "more"];
        });
        byte[] weather = TraceBytes.Pack((ref MessagePackWriter to) => { to.WriteMapHeader(1); to.Write("t"); to.Write("weather"); });
        TraceBytes.FramePart[] parts = TraceBytes.Split(trace);
        return
        [
            .. TraceBytes.Join(parts.SelectMany(p => new[] { p, new TraceBytes.FramePart(0, TraceBytes.Skippable(9, "later"u8)) })),
            .. TraceBytes.Record((RecordKind)77, weather, 3), .. TraceBytes.Record((RecordKind)77, weather, 4),
        ];
    }

    private static Dictionary<object, object?> Map(object? map) => (Dictionary<object, object?>)map!;

    private static byte[] Bent(Action<TraceBytes.FramePart[]> bend)
    {
        TraceBytes.FramePart[] parts = TraceBytes.Split(TraceBytes.Write(s_events, 3));
        bend(parts);
        return TraceBytes.Join(parts);
    }

    private static byte[] Write(Action<TraceWriter> write)
    {
        var to = new MemoryStream();
        var writer = new TraceWriter(to, TraceBytes.Header, TimeSpan.FromHours(1));
        write(writer);
        writer.Finish(new TraceEnd("test", 2, 2, 0));
        return to.ToArray();
    }
}
