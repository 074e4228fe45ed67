using System.Diagnostics;
using System.Globalization;
using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Replay;
using Xunit;

namespace TcpTracer.Tests.Formats.TraceFile;

/// <summary>
/// Changed traces, from a fixed seed: bytes anywhere, bytes inside records whose checksums are made to match again, frames in another
/// order. Each ends in an error or a result, the same for any number of workers, in bounded time. For a longer run: <c>tests/fuzz SECONDS
/// [SEED]</c>.
/// </summary>
public sealed class FuzzTests
{
    private const int Iterations = 1_500;
    private static readonly byte[][] s_corpus =
    [
        TraceBytes.Write(RandomTraffic.Events(81, 30), 10), TraceBytes.Write(RandomTraffic.Events(82, 3)),
        TraceBytes.Write(RandomTraffic.Events(83, 400), 150),
        [.. TraceBytes.Write(RandomTraffic.Events(84, 5)), .. TraceBytes.Write(RandomTraffic.Events(85, 6))], WithLossAndClock(),
        TraceBytes.WithPods(87, 30), TraceBytes.WithPods(88, 12, MetadataScope.Referenced), TraceBytes.WithPods(89, 40),
    ];

    private static byte[] WithLossAndClock()
    {
        var to = new MemoryStream();
        var writer = new TraceWriter(to, TraceBytes.Header, TimeSpan.Zero);
        foreach (TcpEvent e in RandomTraffic.Events(86, 4))
        {
            writer.OnEvent(in e);
            writer.OnLoss(new LossRecord(1, 2, LossSource.RingFull, 3, 4));
            writer.OnClock(TraceBytes.Clock);
        }
        writer.Finish(new TraceEnd("", 4, 4, 12));
        return to.ToArray();
    }

    [Fact]
    public void RandomlyChangedBytesGiveAnErrorOrAValue()
    {
        int seconds = int.Parse(Environment.GetEnvironmentVariable("TCPTRACER_FUZZ_SECONDS") ?? "0", CultureInfo.InvariantCulture);
        int seed = int.Parse(Environment.GetEnvironmentVariable("TCPTRACER_FUZZ_SEED") ?? "1", CultureInfo.InvariantCulture);
        long started = Stopwatch.GetTimestamp();
        int rounds = 0, shown = 0, damaged = 0, refused = 0;
        for (int i = 0; seconds > 0 ? Stopwatch.GetElapsedTime(started).TotalSeconds < seconds : i < Iterations; i++)
        {
            var random = new Random(HashCode(seed, i));
            byte[] bent = Bend(s_corpus[random.Next(s_corpus.Length)], random);
            long before = Stopwatch.GetTimestamp();
            try
            {
                Printing one = Printing.Of(bent), many = Printing.Of(bent, 3, i % 2 == 0 ? "json" : "wide");
                Assert.Equal(one.Refusal, many.Refusal);
                rounds++;
                shown += one.Passed > 0 ? 1 : 0;
                damaged += one.Findings.Damages.Count > 0 ? 1 : 0;
                refused += one.Refusal is null ? 0 : 1;
                Assert.Equal((one.Passed, one.Hidden, one.Findings.Damages.Count), (many.Passed, many.Hidden, many.Findings.Damages.Count));
                if (i % 2 == 0)
                    Assert.True(one.Output.AsSpan().SequenceEqual(many.Output));
                Assert.True(Stopwatch.GetElapsedTime(before).TotalSeconds < 300, "it hangs");
            }
            catch (Exception e)
            {
                string file = Path.Combine(Path.GetTempPath(), $"tcptracer-fuzz-{seed}-{i}.tct");
                File.WriteAllBytes(file, bent);
                Assert.Fail($"seed {seed}, iteration {i}, kept in {file}: {e}");
            }
        }
        // Changes must be noticed, but not everything may be refused at once
        Assert.True(shown > rounds / 2 && damaged > rounds / 4
            && refused < rounds / 4, $"of {rounds} bent traces {shown} showed events, {damaged} were damaged, {refused} refused");
    }

    private static int HashCode(int seed, int i) => unchecked(seed * 1_000_003 + i);

    private static byte[] Bend(byte[] trace, Random random)
    {
        List<byte[]> frames = [.. TraceBytes.Split(trace).Select(p => p.Bytes)];
        int changes = 1 + random.Next(3);
        for (int i = 0; i < changes && frames.Count > 0; i++)
        {
            int at = random.Next(frames.Count);
            switch (random.Next(8))
            {
                case 0:
                    frames[at] = BendBytes(frames[at], random);
                    break;
                case 1:
                    frames.RemoveAt(at);
                    break;
                case 2:
                    frames.Insert(random.Next(frames.Count), frames[at]);
                    break;
                case 3 when frames[at].Length > 1:
                    frames[at] = frames[at][..random.Next(frames[at].Length)];
                    break;
                default:
                    BendRecord(frames, at, random);
                    break;
            }
        }
        return [.. frames.SelectMany(f => f)];
    }

    /// <summary>
    /// Changes bytes inside a record, and makes the checksums of its frame match. This reaches the code behind the checksums.
    /// </summary>
    private static void BendRecord(List<byte[]> frames, int at, Random random)
    {
        if (frames[at].Length < 20 || new TraceBytes.FramePart(0, frames[at]).IsSkippable)
            at = (at + 1) % frames.Count;
        byte[] raw;
        try
        {
            raw = TraceBytes.Raw(frames[at]);
        }
        catch (Exception e) when (e is BadRecordException or ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            return; // it was changed before
        }
        for (int i = random.Next(4); i >= 0; i--)
            raw = BendBytes(raw, random);
        if (raw.Length == 0)
            return;
        frames[at] = TraceBytes.Frame(raw);
        if (at > 0 && frames[at - 1].Length > 8 && BlockHeader.TryRead(frames[at - 1].AsSpan(8)) is { } header && random.Next(8) > 0)
            frames[at - 1] = TraceBytes.HeaderFrame(header with { FrameBytes = frames[at].Length, RawBytes = raw.Length });
    }

    private static readonly byte[] s_telling = [0, 1, 0x7f, 0x80, 0x81, 0x8f, 0x90, 0x91, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc4, 0xc6, 0xc7,
        0xca, 0xcb, 0xcc, 0xcf, 0xd0, 0xd3, 0xd4, 0xd9, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xe0, 0xff];

    private static byte[] BendBytes(byte[] bytes, Random random)
    {
        if (bytes.Length == 0)
            return bytes;
        byte[] bent = [.. bytes];
        int at = random.Next(bent.Length), length = Math.Min(random.Next(1, 9), bent.Length - at);
        switch (random.Next(6))
        {
            case 0:
                bent[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bent[at] = s_telling[random.Next(s_telling.Length)];
                break;
            case 2:
                random.NextBytes(bent.AsSpan(at, length));
                break;
            case 3:
                return [.. bent[..at], .. bent[(at + length)..]];
            case 4:
                return [.. bent[..at], .. bent[random.Next(bent.Length)..].Take(40), .. bent[at..]];
            default:
                bent.AsSpan(at, length).Fill((byte)(random.Next(2) * 255));
                break;
        }
        return bent;
    }

    /// <summary>Blocks that cost as much as the limits allow.</summary>
    public static TheoryData<string> Bombs => ["names", "long names", "rows", "processes", "zeros", "steps"];

    [Theory]
    [MemberData(nameof(Bombs))]
    public void DecompressionBombStaysWithinTheMemoryLimit(string name)
    {
        const int limitKb = 128 * 1024; // mostly below 96 MB; ordinary traces of any length stay below 48 MB
        using var folder = new TemporaryFolder();
        string file = folder.File("bomb.tct");
        File.WriteAllBytes(file, Bomb(name));
        MeasuredRun run = MeasuredRun.Of("show", "-o", "json", file);
        Assert.True(run.ExitCode is 0 or 3, $"{run}");
        Assert.DoesNotContain("internal error", run.Errors);
        Assert.True(run.PeakKb < limitKb, $"{name}: {run}");
    }

    private static byte[] Bomb(string name)
    {
        if (name == "long names")
            return [.. TraceBytes.Start(), .. Enumerable.Repeat(Block(30, 60_000, 0, 1_000), 3).SelectMany(f => f)];
        byte[] frame = name switch
        {
            "zeros" => TraceBytes.Frame(new byte[TraceLimits.RawBytes]),
            "names" => Block(16_384, 48, 0),
            "processes" => Block(16_384, 0, 0),
            "steps" => Block(1, 0, 2),
            _ => Block(1, 0, 0),
        };
        return [.. TraceBytes.Start(), .. Enumerable.Repeat(frame, 40).SelectMany(f => f)];
    }

    /// <summary>
    /// A block with as many rows as possible: of many processes whose names are all control characters, or of columns
    /// that unpack from nothing.
    /// </summary>
    private static byte[] Block(int processes, int nameBytes, int encoding,
        int rows = TraceLimits.Rows) => TraceBytes.Frame(TraceBytes.Pack((ref MessagePack.MessagePackWriter to) =>
    {
        void Column(ref MessagePack.MessagePackWriter to, int rowSet, bool identity = false)
        {
            to.WriteArrayHeader(6);
            to.Write(identity ? 1 : encoding);
            to.Write(identity ? 2 : 0);
            to.Write(0);
            byte[] payload = identity ? [.. Enumerable.Range(0, rows).Select(i => (byte)(i % processes)),
                .. Enumerable.Range(0, rows).Select(i => (byte)(i % processes >> 8))] : [];
            to.Write(payload);
            to.Write(0);
            to.Write(rowSet);
        }
        to.WriteMapHeader(6);
        to.Write("t");
        to.Write("events");
        to.Write("n");
        to.Write(rows);
        to.Write("openings");
        to.Write(rows);
        to.Write("clock");
        ClockCodec.Write(ref to, TraceBytes.Clock);
        to.Write("d");
        to.WriteMapHeader(6);
        to.Write("kind");
        to.WriteArrayHeader(1);
        to.WriteArrayHeader(5);
        foreach (int number in new[] { 3, 1, 1, 0, 0 })
            to.Write(number);
        to.Write("process");
        to.WriteArrayHeader(processes);
        for (int i = 0; i < processes; i++)
            ProcessCodec.Write(ref to, new ProcessIdentity((uint)i, 0, 0, 0, 0, new SafeText(new byte[nameBytes]),
                new SafeText(new byte[nameBytes]), 0, 0, 0, 0, 0));
        to.Write("address");
        to.WriteArrayHeader(1);
        to.Write(new byte[16].AsSpan());
        to.Write("local");
        to.WriteArrayHeader(4);
        to.Write(processes);
        if (processes == 1)
            Zero(ref to);
        else
            Counting(ref to, processes);
        Zero(ref to);
        Zero(ref to);
        to.Write("remote");
        to.WriteArrayHeader(3);
        to.Write(1);
        Zero(ref to);
        Zero(ref to);
        to.Write("other");
        to.WriteArrayHeader(0);
        to.Write("c");
        to.WriteMapHeader(EventColumns.Count);
        for (EventColumn column = 0; (int)column < EventColumns.Count; column++)
        {
            to.Write(EventColumns.NameOf(column));
            Column(ref to, EventColumns.RowsOf(column) == RowSet.Opening ? -1 : 0, column == EventColumn.Local && processes > 1);
        }
    }));

    private static void Zero(ref MessagePack.MessagePackWriter to)
    {
        to.WriteArrayHeader(4);
        to.Write(0);
        to.Write(0);
        to.Write(0);
        to.Write(Array.Empty<byte>());
    }

    private static void Counting(ref MessagePack.MessagePackWriter to, int count)
    {
        to.WriteArrayHeader(5);
        to.Write(2);
        to.Write(0);
        to.Write(1);
        to.Write(Array.Empty<byte>());
        to.Write(-1);
    }
}
