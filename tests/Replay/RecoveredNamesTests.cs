using System.Text;
using MessagePack;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Inspection;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Replay;

/// <summary>
/// A reader limits how many names it accepts. A recovered trace stays within these limits, whatever the damaged one has in it.
/// </summary>
public sealed class RecoveredNamesTests
{
    private const int Most = TraceLimits.MetadataParts;
    private static readonly byte[] s_start = TraceBytes.Start();
    private static readonly byte[] s_damage =
        [.. TraceBytes.HeaderFrame(new BlockHeader { Kind = RecordKind.Metadata, FrameBytes = 4 }), .. "junk"u8];
    private static readonly byte[] s_event = WithHeader(RecordKind.Events, new BlockShape().Frame(), 1);

    // After damage a reader goes on at the next block header
    private static byte[] WithHeader(RecordKind kind, byte[] frame, int rows = 0) =>
        [.. TraceBytes.HeaderFrame(new BlockHeader { Kind = kind, FrameBytes = frame.Length, RawBytes = Lz4Frame.ReadPromise(frame)
            .RawBytes, Rows = rows, Sequence = 1, Operations = uint.MaxValue }), .. frame];

    private static byte[] Names(WorkloadChange change) => WithHeader(RecordKind.Metadata, TraceBytes.Frame(MetadataRecord.Encode(change)));

    private static AddressClaim[] Claims(int count, int from) => [.. Enumerable.Range(from, count)
        .Select(i => new AddressClaim(new Address([10, (byte)(i >> 16), (byte)(i >> 8), (byte)i]), 1))];

    /// <summary>Records with one node each, which has so many addresses.</summary>
    private static IEnumerable<byte[]> Nodes(int count, int claims) => Enumerable.Range(0, count)
        .Select(n => Names(new WorkloadChange(n) { Nodes = [new NodeInfo($"node-{n}", [.. Claims(claims, n * claims)])] }));

    private static (TraceRecovery Saved, TraceContents Recovered, WorkloadIndex Known) Recover(params IEnumerable<byte[]> records)
    {
        var to = new MemoryStream();
        TraceRecovery saved = TraceRecovery.Run(new MemoryStream([.. s_start, .. records.SelectMany(r => r)]), to);
        TraceContents recovered = TraceContents.Of(to.ToArray());
        Assert.Empty(recovered.Damages);
        Assert.Equal(1, saved.Events);
        WorkloadIndex known = recovered.Workloads.Aggregate(WorkloadIndex.Empty,
            (all, change) => (change.IsCheckpoint ? WorkloadIndex.Empty : all).With(change));
        return (saved, recovered, known);
    }

    [Fact]
    public void NamesUpToTheLimitKeepTheEndsOfTheirClaims()
    {
        const int claims = 16_000, fit = Most / (TraceLimits.PartsOfClaim * claims);
        (TraceRecovery saved, _, WorkloadIndex known) = Recover([.. Nodes(fit + 2, claims), s_event]);
        Assert.True(saved.Damages.Total >= 2); // because of the limits
        Assert.Equal(0, saved.NamesLeftOut);
        Assert.Equal(fit, known.Nodes.Count);
        Each.Of(known.Nodes.Values.SelectMany(n => n.Claims), c => Assert.NotNull(c.UntilNs));
    }

    [Fact]
    public void GoodRecordIsWrittenAfterTheEndsOfClaims()
    {
        const int claims = Most / 8 - 50;
        (TraceRecovery saved, _, WorkloadIndex known) = Recover([.. Nodes(2, claims), s_damage,
            Names(new WorkloadChange(5) { Nodes = [new NodeInfo("later", [.. Claims(1_000, 2 * claims)])] }), s_event]);
        Assert.Equal(0, saved.NamesLeftOut);
        Assert.Equal(["later", "node-0", "node-1"], known.Nodes.Keys.Order());
    }

    [Fact]
    public void RepeatedDamageAmongManyNamesKeepsTheTraceShort()
    {
        byte[][] again = [.. Enumerable.Range(0, 60).SelectMany(i =>
            (byte[][])[s_damage, Names(new WorkloadChange(9) { Nodes = [new NodeInfo("again", [.. Claims(250, i * 250)])] })])];
        byte[][] records = [.. Nodes(5, 16_000), .. again, s_damage, s_event];
        (TraceRecovery saved, TraceContents recovered, WorkloadIndex known) = Recover(records);
        Assert.Equal(2, recovered.Workloads.Count(w => w.IsCheckpoint)); // first all names again, then an empty checkpoint
        Assert.True(saved.NamesLeftOut >= 5);
        Assert.Equal(["again"], known.Nodes.Keys);
        Assert.InRange(saved.BytesWritten, 1, records.Sum(r => r.Length) * 4L);
    }

    [Fact]
    public void NamesTooManyForOneRecordAreKept()
    {
        WorkloadChange[] all = [.. Enumerable.Range(0, 6).Select(r => new WorkloadChange(
            r) { Nodes = [.. Enumerable.Range(0, 20).Select(n => new NodeInfo(Text(r * 20 + n), [.. Claims(1, n)]))] })];
        (TraceRecovery saved, _, WorkloadIndex known) = Recover([.. all.Select(Names), s_damage, s_event]);
        Assert.Equal((0, 120), (saved.NamesLeftOut, known.Nodes.Count));
    }

    private static string Text(int seed)
    {
        var random = new Random(seed);
        return string.Create(61_000, random, (text, r) => r.GetItems<char>("abcdefghijklmnop", text));
    }

    /// <summary>Other writers may compress less than this one does.</summary>
    [Fact]
    public void OvercompressedRecordIsStoredUncompressed()
    {
        string name = Text(1)[..10_500]; // so that the claims take one part in twenty-five, and not less: less is stored in any case
        byte[] raw = MetadataRecord.Encode(
            new WorkloadChange(1) { Nodes = [new NodeInfo(name, [.. Enumerable.Repeat(Claims(1, 1)[0], 30_000)])] });
        byte[] stored = new byte[Lz4Frame.MaxBytes(raw.Length) + 8];
        int length = Lz4Frame.Write(raw, stored, store: true);
        (_, _, WorkloadIndex known) = Recover([WithHeader(RecordKind.Metadata, stored[..length]), s_damage, s_event]);
        Assert.Equal(30_000, known.Nodes[name].Claims.Length);
    }

    /// <summary>A byte that is not UTF-8 becomes three bytes of text.</summary>
    [Theory]
    [InlineData(21_000, 0)]
    [InlineData(60_000, 1)]
    public void NameThatIsNotUtf8IsShortEnoughToBeRewritten(int bytes, int damages)
    {
        byte[] name = [.. Enumerable.Repeat((byte)0xff, bytes)];
        byte[] node = TraceBytes.Pack((ref MessagePackWriter to) =>
        {
            to.WriteMapHeader(2);
            to.Write("t");
            to.Write("metadata");
            to.Write("nodes");
            to.WriteArrayHeader(1);
            to.WriteArrayHeader(2);
            to.Write(name);
            to.WriteArrayHeader(1);
            to.WriteArrayHeader(3);
            to.Write((byte[])[10, 0, 0, 1]);
            to.Write(1);
            to.WriteNil();
        });
        (TraceRecovery saved, _, WorkloadIndex known) =
            Recover([WithHeader(RecordKind.Metadata, TraceBytes.Frame(node)), s_damage, s_event]);
        Assert.Equal(damages, saved.Damages.Count(d => d.Expected.Contains("a string", StringComparison.Ordinal)));
        int[] lengths = damages == 0 ? [3 * bytes] : [];
        Assert.Equal(lengths, known.Nodes.Keys.Select(Encoding.UTF8.GetByteCount));
    }
}
