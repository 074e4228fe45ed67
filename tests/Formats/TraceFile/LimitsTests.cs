using System.Text.RegularExpressions;
using MessagePack;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Inspection;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Replay.Copies;
using Xunit;

namespace TcpTracer.Tests.Formats.TraceFile;

/// <summary>Each limit in the specification's table: a record at the limit is accepted, and one beyond it is reported as damage.</summary>
public sealed class LimitsTests
{
    private static readonly byte[] s_start = TraceBytes.Start();

    private static TraceContents Read(params byte[][] frames) => TraceContents.Of([.. s_start, .. frames.SelectMany(f => f)]);

    private static byte[] Metadata(WorkloadChange change) => TraceBytes.Frame(MetadataRecord.Encode(change));

    private static PodInfo Pod(string uid) => new(uid, "", "");

    /// <summary>Text that does not compress, so that limits by the size of a frame are not reached first.</summary>
    private static string Text(int seed, int length)
    {
        var random = new Random(seed);
        return string.Create(length, random, (span, r) =>
        {
            for (int i = 0; i < span.Length; i++)
                span[i] = (char)r.Next(' ', '~');
        });
    }

    private static byte[] Header(int strings) => TraceBytes.Frame(TraceBytes.Pack((ref MessagePackWriter to) =>
    {
        to.WriteMapHeader(3);
        to.Write("t");
        to.Write("header");
        to.Write("major");
        to.Write(1);
        to.Write("command");
        to.WriteArrayHeader(strings);
        for (int i = 0; i < strings; i++)
            to.Write("");
    }));

    /// <summary>A record with an unknown key, whose value is nested so deep.</summary>
    private static byte[] Nested(int levels) => new BlockShape
    {
        Unknown = (ref MessagePackWriter to) =>
        to.WriteRaw((byte[])[.. Enumerable.Repeat((byte)0x91, levels), 0])
    }.Frame();

    /// <summary>Nodes whose names do not compress.</summary>
    private static WorkloadChange Nodes(int from, int count) => new(1)
    {
        Nodes = [.. Enumerable.Range(from, count).Select(i => new NodeInfo($"{i}", []))]
    };

    private static WorkloadChange Labels(int bytes)
    {
        string[] keys = [.. Enumerable.Range(0, 8).Select(i => Text(i, 32))];
        int rest = bytes - 8 * 32;
        return new WorkloadChange(1)
        {
            Pods = [Pod("u") with { Labels = PodInfo.NoLabels.AddRange(
                keys.Select((k, i) => KeyValuePair.Create(k, Text(100 + i, rest / 8 + (i == 0 ? rest % 8 : 0))))) }]
        };
    }

    /// <summary>Each limit, with records at the limit and records beyond it.</summary>
    private static readonly Dictionary<string, (Func<byte[][]> At, Func<byte[][]> Beyond)> s_limits = new()
    {
        ["traces that one was merged of: 4 096"] =
            (() => [Rows(8, new BlockShape { Source = 4_095 })], () => [Rows(8, new BlockShape { Source = 4_096 })]),
        ["traces that one was merged of: one for each 16 bytes of the header's frame and of 256 bytes more"] =
            (() => [HeaderOf("merged", (1_300 + 256) / 16, 0x80)], () => [HeaderOf("merged", 200, 0x80)]),
        ["nodes that gave nothing: one for each byte of the header's frame and of 256 bytes more"] =
            (() => [HeaderOf("absent", 1_300 + 256, 0x92, 0xa0, 0xa0)], () => [HeaderOf("absent", 2_000, 0x92, 0xa0, 0xa0)]),
        ["rows of a block: 65 536"] = (() => [Rows(65_536)], () => [Rows(65_537)]),
        ["rows of a block: 1 x the size of its frame"] = (() => [new BlockShape { Rows = Bare - 4, IsPadded = false }.Frame()],
            () => [new BlockShape { Rows = Bare + 8, IsPadded = false }.Frame()]),
        ["entries of a dictionary: 16 384"] =
            (() => [Rows(16_384, new BlockShape { Kinds = 16_384 })], () => [Rows(16_385, new BlockShape { Kinds = 16_385 })]),
        ["entries of a dictionary: of addresses 32 768"] =
            (() => [new BlockShape { Addresses = 32_768 }.Frame()], () => [new BlockShape { Addresses = 32_769 }.Frame()]),
        ["entries of a dictionary: of local and remote no more than rows"] =
            (() => [new BlockShape { Rows = 9, Locals = 9, Remotes = 9 }.Frame()],
                () => [new BlockShape { Rows = 9, Locals = 9, Remotes = 10 }.Frame()]),
        ["each dictionary: once"] = (() => [new BlockShape().Frame()], () => [new BlockShape { Repeats = 2 }.Frame()]),
        ["the name of a command: 256 bytes"] =
            (() => [new BlockShape { Command = new byte[256] }.Frame()], () => [new BlockShape { Command = new byte[257] }.Frame()]),
        ["a string: 64 KiB"] = (() => [Metadata(new WorkloadChange(1) { Pods = [Pod(Text(1, 65_536))] })],
            () => [Metadata(new WorkloadChange(1) { Pods = [Pod(Text(1, 65_537))] })]),
        ["MessagePack within MessagePack: 8 levels"] = (() => [Nested(7)], () => [Nested(8)]),
        ["record, decompressed: 4 MiB"] = (() => [Padded(4 << 20)], () => [Padded((4 << 20) + 1)]),
        ["record, decompressed: 4 KiB + 32 x its compressed size"] = (() => [Zeros(12_000)], () => [Zeros(20_000)]),
        ["skippable frame: 1 MiB"] =
            (() => [TraceBytes.Skippable(7, new byte[1 << 20])], () => [TraceBytes.Skippable(7, new byte[(1 << 20) + 1])]),
        ["entries of a list of metadata: 65 536"] = (() => [Metadata(Nodes(0, 65_536))], () => [Metadata(Nodes(0, 65_537))]),
        ["entries and claims in a record: 64 + 2 x the size of its frame"] = (() => [Cgroups(64 + 2 * 1_300)], () => [Cgroups(10_000)]),
        ["all labels of a pod: 256 KiB"] = (() => [Metadata(Labels(256 * 1024))], () => [LabelsUnchecked(256 * 1024 + 1)]),
        ["entries, labels and claims from one checkpoint to the next: 196 608"] = (() => [.. Enumerable.Range(0, 6).Select(i =>
            Metadata(Nodes(i * 32_768, 32_768)))], () => [.. Enumerable.Range(0, 7).Select(i => Metadata(Nodes(i * 32_768, 32_768)))]),
        ["metadata from one checkpoint to the next, decompressed: 20 MiB"] = (() => Megabytes(20), () => Megabytes(22)),
        ["strings of the header: 16 384"] = (() => [Header(16_384)], () => [Header(16_385)]),
    };

    private static int Bare { get; } = new BlockShape { Rows = 1000, IsPadded = false }.Frame().Length;

    /// <summary>A block with so many rows, in a frame that is large enough for them.</summary>
    private static byte[] Rows(int rows, BlockShape? shape = null) => ((shape ?? new BlockShape()) with { Rows = rows }).Frame();

    private static byte[] Zeros(int count) =>
        TraceBytes.FrameUnchecked(new BlockShape { Unknown = (ref MessagePackWriter to) => to.Write(new byte[count]) }.Pack());

    /// <summary>A header in a frame of a little more than 1300 bytes, with so many entries.</summary>
    private static byte[] HeaderOf(string key, int count, params byte[] entry) => TraceBytes.FrameUnchecked(
        TraceBytes.Pack((ref MessagePackWriter to) =>
        {
            to.WriteMapHeader(5);
            to.Write("t");
            to.Write("header");
            to.Write("major");
            to.Write(1);
            to.Write("minor");
            to.Write(2);
            to.Write("unknown");
            to.Write(Random(1_300));
            to.Write(key);
            to.WriteArrayHeader(count);
            for (int i = 0; i < count; i++)
                to.WriteRaw(entry);
        }));

    /// <summary>A record of cgroups in a frame of a little more than 1300 bytes.</summary>
    private static byte[] Cgroups(int count) => TraceBytes.FrameUnchecked(TraceBytes.Pack((ref MessagePackWriter to) =>
    {
        to.WriteMapHeader(3);
        to.Write("t");
        to.Write("metadata");
        to.Write("unknown");
        to.Write(Random(1_300));
        to.Write("cgroups");
        to.WriteArrayHeader(count);
        for (int i = 0; i < count; i++)
            to.WriteRaw((byte[])[0x93, 0, 1, 0xa0]);
    }));

    private static byte[] Random(int count)
    {
        byte[] bytes = new byte[count];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    /// <summary>A block whose record has so many bytes, which do not compress.</summary>
    private static byte[] Padded(int bytes)
    {
        byte[] padding = new byte[bytes];
        new Random(1).NextBytes(padding);
        int other = new BlockShape { Unknown = (ref MessagePackWriter to) => to.Write(padding.AsSpan(0, 70_000)) }.Pack().Length - 70_000;
        return new BlockShape { Unknown = (ref MessagePackWriter to) => to.Write(padding.AsSpan(0, bytes - other)) }.Frame();
    }

    private static byte[][] Megabytes(int megabytes) =>
        [.. Enumerable.Range(0, megabytes / 2).Select(i => Metadata(
            new WorkloadChange(i) { Nodes = [.. Enumerable.Range(0, 34).Select(n => new NodeInfo(Text(i * 100 + n, 61_000), []))] }))];

    /// <summary>A pod with so many bytes of labels. Our writer would leave out labels beyond the limit.</summary>
    private static byte[] LabelsUnchecked(int bytes) => TraceBytes.Frame(TraceBytes.Pack((ref MessagePackWriter to) =>
    {
        to.WriteMapHeader(2);
        to.Write("t");
        to.Write("metadata");
        to.Write("pods");
        to.WriteArrayHeader(1);
        to.WriteArrayHeader(7);
        for (int i = 0; i < 5; i++)
            to.Write("u");
        to.WriteMapHeader(8);
        foreach ((string key, string value) in Labels(bytes).Pods[0].Labels)
        {
            to.Write(key);
            to.Write(value);
        }
        to.WriteArrayHeader(0);
    }));

    public static TheoryData<string> Limits => [.. s_limits.Keys];

    [Theory]
    [MemberData(nameof(Limits))]
    public void RecordAtTheLimitIsAcceptedAndBeyondItRefused(string limit)
    {
        Assert.Empty(Read(s_limits[limit].At()).Damages);
        Assert.NotEmpty(Read(s_limits[limit].Beyond()).Damages);
    }

    /// <summary>The specification, the tests above and the reader have the same numbers.</summary>
    [Fact]
    public void DocumentedLimitsEqualThoseOfTheReader()
    {
        string page = File.ReadAllText(Path.Combine(TcptracerProgram.Repository, "docs/trace-format.md"));
        string table = page[page.IndexOf("## Limits", StringComparison.Ordinal)..page.IndexOf("## Start frame", StringComparison.Ordinal)];
        string[] numbers =
        [
            $"{TraceLimits.MetadataBytes >> 20} MiB", $"{TraceLimits.RawFreeBytes >> 10} KiB + {TraceLimits.RawPerByte} x",
            Spaced(TraceLimits.MetadataParts), Spaced(TraceLimits.MetadataEntries),
            $"{TraceLimits.MetadataPartsOfRecord} + {TraceLimits.MetadataPartsPerByte} x", $"{TraceLimits.RawBytes >> 20} MiB",
            $"{TraceLimits.SkippableBytes >> 20} MiB", Spaced(TraceLimits.Rows),
            $"{TraceLimits.RowsPerByte} x", Spaced(TraceLimits.DictionaryEntries), Spaced(TraceLimits.Addresses),
            $"{TraceLimits.CommandBytes} bytes", $"{TraceLimits.StringBytes >> 10} KiB",
            $"{TraceLimits.LabelBytes >> 10} KiB", $"{TraceLimits.Depth} levels",
        ];
        Each.Of(numbers, n => Assert.Contains(n, table, StringComparison.Ordinal));
        string tested = string.Join('\n', s_limits.Keys);
        foreach (Match number in Regex.Matches(table[..table.IndexOf("**Why", StringComparison.Ordinal)],
            @"\d+(?: \d{3})* (?:KiB|MiB|bytes|levels|x)|\d+ \d{3}"))
            Assert.True(tested.Contains(number.Value, StringComparison.Ordinal)
                || s_elsewhere.Contains(number.Value), $"no test has the limit {number.Value}");
    }

    /// <summary>Numbers that other tests hold: what this writer does.</summary>
    private static readonly string[] s_elsewhere = [$"{Spaced(TraceLimits.WriterRows)}"];

    private static string Spaced(int number) => number.ToString("#,0", System.Globalization.CultureInfo.InvariantCulture).Replace(',', ' ');

    /// <summary>Headers of a hundred sources that are much alike compress to less than a reader accepts.</summary>
    [Theory]
    [InlineData("node")]
    [InlineData("node{0:00}")]
    public void MergeOfTracesThatAreAlikeIsAccepted(string node)
    {
        TcpEvent[] events = RandomTraffic.Events(1, 2);
        byte[] merged = MergeTests.Merge([.. Enumerable.Range(0, 100).Select(i => TraceBytes.Write(events, null, TraceBytes.Header with
        {
            Node = string.Format(System.Globalization.CultureInfo.InvariantCulture, node, i),
        }))]).Merged;
        TraceContents contents = TraceContents.Of(merged);
        Assert.Empty(contents.Damages);
        Assert.Equal((100, 200), (contents.Headers[0].Merged.Count, contents.Events.Count));
        var recovered = new MemoryStream();
        TraceRecovery.Run(new MemoryStream(merged), recovered);
        Assert.Equal(100, TraceContents.Of(recovered.ToArray()).Headers[0].Merged.Count);
    }

    /// <summary>A reader accepts all blocks of this writer, even if all events are equal.</summary>
    [Fact]
    public void FullBlockOfEqualEventsIsAccepted()
    {
        TcpEvent e = RandomTraffic.Events(1, 1)[0];
        TcpEvent[] events = [.. Enumerable.Repeat(e, TraceLimits.WriterRows * 2)];
        TraceContents contents = TraceContents.Of(TraceBytes.Write(events));
        Assert.Empty(contents.Damages);
        Assert.Equal(events.Length, contents.Events.Count);
    }

    /// <summary>A writer stays below the limit, even with labels that no cluster has.</summary>
    [Fact]
    public void WriterOmitsLabelsBeyondTheLimit()
    {
        TraceContents contents = Read(Metadata(Labels(TraceLimits.LabelBytes * 2)));
        Assert.Empty(contents.Damages);
    }
}
