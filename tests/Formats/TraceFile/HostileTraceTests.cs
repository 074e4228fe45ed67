using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Hashing;
using K4os.Compression.LZ4;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Values;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Replay;
using Xunit;

namespace TcpTracer.Tests.Formats.TraceFile;

/// <summary>Hostile files: each ends in one sentence, and costs next to nothing.</summary>
public sealed class HostileTraceTests
{
    private static readonly byte[] s_start = TraceBytes.Start();
    private static readonly byte[] s_good = [.. TraceBytes.Write(RandomTraffic.Events(51, 5)).AsSpan(s_start.Length)];

    /// <summary>Puts one bad record between good ones: the bad one is reported, and the good ones are shown.</summary>
    private static TraceDamage CheckRecord(byte[] raw, RecordKind kind = RecordKind.Events) => CheckFrame(TraceBytes.Record(kind, raw, 1));

    private static TraceDamage CheckFrame(byte[] frames)
    {
        TraceDamage? damage = null;
        foreach (int workers in new[] { 1, 3 })
        {
            byte[] trace = [.. s_start, .. frames, .. s_good];
            Printing printing = Printing.Of(trace, workers);
            Assert.Null(printing.Refusal);
            Assert.Equal(5, printing.Lines.Length);
            Assert.NotEmpty(printing.Findings.Damages);
            damage = printing.Findings.Damages[0];
            Assert.InRange(damage.Offset, s_start.Length, s_start.Length + frames.Length);
            Assert.NotEqual("", damage.Expected);
        }
        return damage!;
    }

    [Fact]
    public void UnchangedTestBlockIsValid()
    {
        Printing printing = Printing.Of([.. s_start, .. TraceBytes.Record(RecordKind.Events, new HostileBlock().Pack(), 1)], 2);
        Assert.Empty(printing.Findings.Damages);
        Assert.Equal(2, printing.Lines.Length);
    }

    [Fact]
    public void ConstantColumnIgnoresItsWidth()
    {
        TraceBytes.Filler narrow = HostileBlock.Column(0, 8, 7, [], 0, 0), wide = HostileBlock.Column(0, 255, 7, [], 0, 0);
        byte[] raw = new HostileBlock { Instead = { ["c.srtt"] = narrow, ["c.ts"] = wide } }.Pack();
        TraceContents contents = TraceContents.Of([.. s_start, .. TraceBytes.Record(RecordKind.Events, raw, 1)]);
        Assert.Empty(contents.Damages);
        Assert.Equal([(7u, 7L), (7u, 7L)], contents.Events.Select(e => (e.SrttUs, e.TimestampNs)));
    }

    [Theory]
    [InlineData("connection count below", 0, 0)]
    [InlineData("none", 0, 2)]
    [InlineData("negative", -1, 2)]
    [InlineData("too many", 65_537, 2)]
    [InlineData("very many", long.MaxValue, 2)]
    [InlineData("negative openings", 2, -1)]
    [InlineData("fewer openings than rows that open", 2, 1)]
    [InlineData("more openings", 2, 3)]
    [InlineData("very many openings", 2, int.MaxValue)]
    public void FalseCountsAreRefused(string what, long rows, long openings)
    {
        Assert.NotEmpty(what);
        CheckRecord(new HostileBlock { Rows = rows, Openings = openings }.Pack());
    }

    public static TheoryData<string> Bends => [.. InvalidBlocks.All.Keys];

    [Theory]
    [MemberData(nameof(Bends))]
    public void InvalidBlockIsRefused(string what) => CheckRecord(InvalidBlocks.All[what].Pack());

    public static TheoryData<string, byte[]> Records => new()
    {
        { "nothing but zeros", new byte[100] },
        { "no map", [0x93, 1, 2, 3] },
        { "an empty map", [0x80] },
        { "another first key", [0x81, 0xa1, (byte)'u', 1] },
        { "a kind that is a number", [0x81, 0xa1, (byte)'t', 1] },
        { "a kind that is a bomb", [0x81, 0xa1, (byte)'t', 0xdb, 0xff, 0xff, 0xff, 0xff] },
        { "a kind and no more", [0x86, 0xa1, (byte)'t', 0xa6, .. "events"u8] },
        { "nesting", [.. Enumerable.Repeat((byte)0x91, 4 << 20)] },
    };

    [Theory]
    [MemberData(nameof(Records))]
    public void InvalidRecordIsRefused(string what, byte[] raw)
    {
        Assert.NotEmpty(what);
        CheckRecord(raw);
    }

    [Theory]
    [InlineData("clock", RecordKind.Clock)]
    [InlineData("loss", RecordKind.Loss)]
    [InlineData("end", RecordKind.End)]
    [InlineData("header", RecordKind.Header)]
    public void InvalidValuesInOtherRecordsAreRefused(string name, RecordKind kind)
    {
        foreach (byte[] value in new byte[][] { [0xc0], [0xcb, 0, 0, 0, 0, 0, 0, 0, 0], [0xdd, 0xff, 0xff, 0xff, 0xff],
            [0xdb, 0xff, 0xff, 0xff, 0xff], [0xc1], [0x91, 0xc1] })
        {
            foreach (string key in new[] { "clock", "from", "source", "cause", "captured", "major", "required", "run" })
            {
                byte[] raw = Fillers.Record(name, (key, Fillers.Raw(value)));
                Printing printing = Printing.Of([.. s_start, .. TraceBytes.Record(kind, raw, 1), .. s_good], 3);
                Assert.Null(printing.Refusal);
                Assert.Equal(5, printing.Lines.Count(l => l.Contains("\"normal\"", StringComparison.Ordinal)));
            }
        }
    }

    [Fact]
    public void FrameWithAnExcessiveLengthIsRefused()
    {
        byte[] frame = TraceBytes.Frame(new byte[1000]);
        foreach (ulong promised in new[] { 0ul, (4ul << 20) + 1, 1ul << 40, ulong.MaxValue, 3_000_000ul })
        {
            BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(6), promised);
            frame[14] = (byte)(XxHash32.HashToUInt32(frame.AsSpan(4, 10)) >> 8);
            CheckFrame(frame);
        }
    }

    [Fact]
    public void FrameThatUnpacksToAnotherLengthIsRefused()
    {
        byte[] raw = new byte[200_000], packed = new byte[LZ4Codec.MaximumOutputSize(raw.Length)];
        int length = LZ4Codec.Encode(raw, packed);
        foreach (int promised in new[] { raw.Length - 1, raw.Length + 1, 100_000 })
            CheckFrame(FrameOf(packed.AsSpan(0, length), promised));
        CheckFrame(FrameOf([0xf0, .. Enumerable.Repeat((byte)255, 10_000)], 100_000));
        CheckFrame(FrameOf([0x0f, 0x00, 0x00, 255, 255, 255, 10], 500));
        CheckFrame(FrameOf([0x1f, 0x41, 0xff, 0xff, 255, 255, 10], 500));
    }

    private static byte[] FrameOf(ReadOnlySpan<byte> data, int promised)
    {
        byte[] frame = [.. TraceBytes.Frame(new byte[50]).AsSpan(0, 15), 0, 0, 0, 0, .. data, 0, 0, 0, 0, 1, 2, 3, 4];
        BinaryPrimitives.WriteInt64LittleEndian(frame.AsSpan(6), promised);
        frame[14] = (byte)(XxHash32.HashToUInt32(frame.AsSpan(4, 10)) >> 8);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(15), data.Length);
        return frame;
    }

    [Theory]
    [InlineData("-9")]
    [InlineData("-9 --no-frame-crc")]
    [InlineData("-1 --content-size -BD")]
    [InlineData("-1 -B4 --content-size")]
    [InlineData("-l")]
    public void FramesWithOtherLz4OptionsAreRefusedWithASentence(string options)
    {
        using var folder = new TemporaryFolder();
        string raw = folder.File("raw");
        File.WriteAllBytes(raw, [.. Enumerable.Range(0, 100_000).SelectMany(BitConverter.GetBytes)]);
        using Process lz4 =
            Process.Start(new ProcessStartInfo("lz4", [.. options.Split(' '), "-q", "-c", raw]) { RedirectStandardOutput = true })!;
        var frame = new MemoryStream();
        lz4.StandardOutput.BaseStream.CopyTo(frame);
        lz4.WaitForExit();
        Assert.True(frame.Length > 1000);
        CheckFrame(frame.ToArray());
        // A file that consists of this frame alone is not a trace
        Assert.Equal(TraceFault.NotATrace, Printing.Of(frame.ToArray()).Refusal?.Fault);
    }

    [Fact]
    public void SkippableFramesBeyondTheLimitAreRefused()
    {
        byte[] huge = TraceBytes.Skippable(7, []);
        BinaryPrimitives.WriteUInt32LittleEndian(huge.AsSpan(4), uint.MaxValue);
        CheckFrame(huge);
        BinaryPrimitives.WriteUInt32LittleEndian(huge.AsSpan(4), TraceLimits.SkippableBytes + 1);
        CheckFrame(huge);
    }

    [Fact]
    public void LargeFileThatIsNoTraceIsRefusedEarly()
    {
        var stream = new CountingStream(1L << 40);
        Assert.Equal(TraceFault.NotATrace, Printing.Of(stream, 2).Refusal?.Fault);
        Assert.True(stream.BytesRead < 4 << 20);
    }

    private sealed class CountingStream(long length) : MemoryStream
    {
        public long BytesRead { get; private set; }

        public override long Length => length;

        public override int Read(byte[] buffer, int offset, int count)
        {
            buffer.AsSpan(offset, count).Fill((byte)'x');
            BytesRead += count;
            return count;
        }
    }
}
