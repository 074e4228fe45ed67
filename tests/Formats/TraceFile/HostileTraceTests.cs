using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Hashing;
using K4os.Compression.LZ4;
using MessagePack;
using TcpTracer.Formats.Blocks;
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

    /// <summary>A block of events of which one part can be changed.</summary>
    private sealed class Block
    {
        public long Rows = 2, Openings = 2;
        public string[] Keys = ["n", "openings", "clock", "d", "c"];
        public string[] Columns =
            ["ts", "kind", "back", "local", "remote", "port", "age", "cpu", "fd", "other", "sent", "received", "retransmits", "srtt"];
        public Dictionary<string, TraceBytes.Filler> Instead = [];

        public byte[] Pack() => TraceBytes.Pack((ref MessagePackWriter to) =>
        {
            to.WriteMapHeader(Keys.Length + 1);
            to.Write("t");
            to.Write("events");
            foreach (string key in Keys)
            {
                to.Write(key);
                if (Instead.TryGetValue(key, out TraceBytes.Filler? other))
                    other(ref to);
                else
                    WriteValue(ref to, key);
            }
        });

        private void WriteValue(ref MessagePackWriter to, string key)
        {
            switch (key)
            {
                case "n":
                    to.Write(Rows);
                    break;
                case "openings":
                    to.Write(Openings);
                    break;
                case "clock":
                    ClockCodec.Write(ref to, TraceBytes.Clock);
                    break;
                case "d":
                    WriteMap(ref to, "d.", ["kind", "process", "address", "local", "remote", "other"]);
                    break;
                default:
                    WriteMap(ref to, "c.", Columns);
                    break;
            }
        }

        private void WriteMap(ref MessagePackWriter to, string prefix, string[] keys)
        {
            to.WriteMapHeader(keys.Length);
            foreach (string key in keys)
            {
                to.Write(key);
                if (Instead.TryGetValue(prefix + key, out TraceBytes.Filler? other))
                    other(ref to);
                else
                    WriteEntry(ref to, prefix + key);
            }
        }

        private static void WriteEntry(ref MessagePackWriter to, string key)
        {
            switch (key)
            {
                case "d.kind":
                    to.WriteArrayHeader(1);
                    Numbers(1, 0, 1, 0, 0)(ref to);
                    break;
                case "d.process":
                    to.WriteArrayHeader(1);
                    ProcessCodec.Write(ref to, new(1, 1, 0, 0, 0, new("a"), new("b"), 1, 1, 1, 1, 0));
                    break;
                case "d.address":
                    to.WriteArrayHeader(1);
                    to.Write((byte[])[10, 0, 0, 1]);
                    break;
                case "d.other":
                    to.WriteArrayHeader(0);
                    break;
                case "d.local":
                    Table(3)(ref to);
                    break;
                case "d.remote":
                    Table(2)(ref to);
                    break;
                default:
                    bool opening = EventColumns.Parse(System.Text.Encoding.UTF8.GetBytes(key[2..])) is { } column
                        && EventColumns.RowsOf(column) == RowSet.Opening;
                    Column(0, 0, 0, [], 0, opening ? -1 : 0)(ref to);
                    break;
            }
        }

        private static TraceBytes.Filler Table(int columns) => (ref MessagePackWriter to) =>
        {
            to.WriteArrayHeader(columns + 1);
            to.Write(1);
            for (int i = 0; i < columns; i++)
                Column(0, 0, 0, [], 0, 0)(ref to);
        };
    }

    private static TraceBytes.Filler Numbers(params long[] numbers) => (ref MessagePackWriter to) =>
    {
        to.WriteArrayHeader(numbers.Length);
        foreach (long number in numbers)
            to.Write(number);
    };

    private static TraceBytes.Filler Column(int encoding, int width, long start, byte[] payload, long first, long rows) =>
        (ref MessagePackWriter to) =>
    {
        to.WriteArrayHeader(6);
        to.Write(encoding);
        to.Write(width);
        to.Write(start);
        to.Write(payload);
        to.Write(first);
        to.Write(rows);
    };

    private static TraceBytes.Filler Plain(params TraceBytes.Filler[] values) => (ref MessagePackWriter to) =>
    {
        to.WriteArrayHeader(4);
        to.Write(3);
        to.Write(0);
        to.Write(0);
        to.WriteArrayHeader(values.Length);
        foreach (TraceBytes.Filler value in values)
            value(ref to);
    };

    private static TraceBytes.Filler Bytes(params byte[] raw) => (ref MessagePackWriter to) => to.WriteRaw(raw);

    [Fact]
    public void UnchangedTestBlockIsValid()
    {
        Printing printing = Printing.Of([.. s_start, .. TraceBytes.Record(RecordKind.Events, new Block().Pack(), 1)], 2);
        Assert.Empty(printing.Findings.Damages);
        Assert.Equal(2, printing.Lines.Length);
    }

    [Fact]
    public void ConstantColumnIgnoresItsWidth()
    {
        byte[] raw = new Block { Instead = { ["c.srtt"] = Column(0, 8, 7, [], 0, 0), ["c.ts"] = Column(0, 255, 7, [], 0, 0) } }.Pack();
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
        CheckRecord(new Block { Rows = rows, Openings = openings }.Pack());
    }

    public static TheoryData<string> Bends => [.. s_bends.Keys];

    private static readonly Dictionary<string, Block> s_bends = new()
    {
        ["keys twice"] = new() { Keys = ["n", "openings", "clock", "d", "c", "n"] },
        ["columns before the dictionaries"] = new() { Keys = ["n", "openings", "clock", "c", "d"] },
        ["columns before the rows"] = new() { Keys = ["clock", "d", "c", "openings", "n"] },
        ["dictionaries twice"] = new() { Keys = ["n", "openings", "clock", "d", "c", "d"] },
        ["no dictionaries"] = new() { Keys = ["n", "openings", "clock", "c"] },
        ["no rows"] = new() { Keys = ["openings", "clock", "d", "c"] },
        ["a column twice"] = new() { Columns = ["ts", "kind", "kind"] },
        ["some operations before the kinds"] = new() { Columns = ["sent", "kind"], Instead = { ["c.sent"] = Column(0, 0, 1, [], 0, 2) } },
        ["a kind index out of range"] = new() { Instead = { ["c.kind"] = Column(0, 0, 1, [], 0, 0) } },
        ["kinds that are no arrays"] = new() { Instead = { ["d.kind"] = Numbers(1, 2, 3) } },
        ["a local index out of range"] = new() { Instead = { ["c.local"] = Column(0, 0, 1, [], 0, -1) } },
        ["a process index out of range"] = new() { Instead = { ["d.process"] = Numbers() } },
        ["a negative index"] = new() { Columns = ["ts", "kind", "back", "remote"], Instead = { ["c.back"] = Column(0, 0, -1, [], 0, 0) } },
        ["a row that points beyond the first"] = new() { Openings = 1, Instead = { ["c.back"] = Column(1, 1, 0, [0, 2], 0, 0) } },
        ["a row that points forward"] = new() { Instead = { ["c.back"] = Column(1, 1, -1, [1, 0], 0, 0) } },
        ["rows that the column may not choose"] = new() { Instead = { ["c.ts"] = Column(0, 0, 0, [], 0, -1) } },
        ["openings that are said to be all rows"] = new() { Instead = { ["c.port"] = Column(0, 0, 0, [], 0, 0) } },
        ["a payload too short"] = new() { Instead = { ["c.ts"] = Column(1, 8, 0, new byte[15], 0, 0) } },
        ["a payload too long"] = new() { Instead = { ["c.ts"] = Column(1, 8, 0, new byte[17], 0, 0) } },
        ["a width of 9"] = new() { Instead = { ["c.ts"] = Column(1, 9, 0, new byte[18], 0, 0) } },
        ["a width of 255"] = new() { Instead = { ["c.ts"] = Column(1, 255, 0, new byte[510], 0, 0) } },
        ["3 bits"] = new() { Instead = { ["c.ts"] = Column(4, 3, 0, new byte[1], 0, 0) } },
        ["bits too short"] = new() { Instead = { ["c.ts"] = Column(4, 4, 0, [], 0, 0) } },
        ["plain of the wrong length"] = new() { Instead = { ["c.ts"] = Plain(Numbers(1)) } },
        ["plain of arrays"] = new() { Instead = { ["c.ts"] = Plain(Numbers(1), Numbers(2)) } },
        ["plain of floats"] = new()
        {
            Instead = { ["c.ts"] = Plain((ref MessagePackWriter to) => to.Write(1.5), (ref MessagePackWriter to) => to.Write(1.5)) }
        },
        ["plain of strings where it counts late"] = new()
        {
            Instead = { ["c.srtt"] = Plain((ref MessagePackWriter to) => to.Write("a"), (ref MessagePackWriter to) => to.Write("b")) }
        },
        ["an encoding that is a string"] = new()
        {
            Instead = { ["c.ts"] = (ref MessagePackWriter to) =>
        {
            to.WriteArrayHeader(4);
            to.Write("planes");
            to.Write(0);
            to.Write(0);
            to.Write(Array.Empty<byte>());
        }}
        },
        ["a column of three parts"] = new() { Instead = { ["c.ts"] = Numbers(0, 0, 0) } },
        ["a column that is a map"] = new() { Instead = { ["c.ts"] = (ref MessagePackWriter to) => to.WriteMapHeader(0) } },
        ["a column that is nil"] = new() { Instead = { ["c.ts"] = (ref MessagePackWriter to) => to.WriteNil() } },
        ["an address of 5 bytes"] = new()
        {
            Instead = { ["d.address"] = (ref MessagePackWriter to) =>
        {
            to.WriteArrayHeader(1);
            to.Write(new byte[5]);
        }}
        },
        ["a process of 11 parts"] = new()
        {
            Instead = { ["d.process"] = (ref MessagePackWriter to) =>
        {
            to.WriteArrayHeader(1);
            Numbers(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)(ref to);
        }}
        },
        ["a process id that is too large"] = new()
        {
            Instead = { ["d.process"] = (ref MessagePackWriter to) =>
        {
            to.WriteArrayHeader(1);
            Numbers(1L << 32, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)(ref to);
        }}
        },
        ["a negative process id"] = new()
        {
            Instead = { ["d.process"] = (ref MessagePackWriter to) =>
        {
            to.WriteArrayHeader(1);
            Numbers(-1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)(ref to);
        }}
        },
        ["a table with a negative count"] = new() { Instead = { ["d.remote"] = Numbers(-1, 0, 0) } },
        ["a table with a large count"] = new() { Instead = { ["d.remote"] = Numbers(1 << 20, 0, 0) } },
        ["a port of 65536"] = new()
        {
            Instead = { ["d.remote"] = (ref MessagePackWriter to) =>
        {
            to.WriteArrayHeader(3);
            to.Write(1);
            Column(0, 0, 0, [], 0, 0)(ref to);
            Column(0, 0, 65_536, [], 0, 0)(ref to);
        }}
        },
        ["a dictionary with 2 billion entries"] = new() { Instead = { ["d.process"] = Bytes(0xdd, 0x7f, 0xff, 0xff, 0xff) } },
        ["a dictionary with 4 billion entries"] = new() { Instead = { ["d.address"] = Bytes(0xdd, 0xff, 0xff, 0xff, 0xff) } },
        ["a map with 4 billion pairs"] = new() { Instead = { ["d"] = Bytes(0xdf, 0xff, 0xff, 0xff, 0xff) } },
        ["a string of 4 billion bytes"] = new() { Instead = { ["d.address"] = Bytes(0x91, 0xdb, 0xff, 0xff, 0xff, 0xff) } },
        ["a byte string of 2 billion bytes"] = new() { Instead = { ["d.address"] = Bytes(0x91, 0xc6, 0x7f, 0xff, 0xff, 0xff) } },
        ["a string of 70 000 bytes"] = new()
        {
            Instead = { ["d.address"] = (ref MessagePackWriter to) =>
        {
            to.WriteArrayHeader(1);
            to.Write(new byte[70_000]);
        }}
        },
        ["an extension where a number belongs"] = new() { Instead = { ["n"] = Bytes(0xd4, 0x01, 0x02) } },
        ["a float where a number belongs"] = new() { Instead = { ["n"] = (ref MessagePackWriter to) => to.Write(2.0) } },
        ["a byte that MessagePack never uses"] = new() { Instead = { ["clock"] = Bytes(0xc1) } },
        ["a clock of four parts"] = new() { Instead = { ["clock"] = Numbers(1, 2, 3, 4) } },
        ["deep nesting in an unknown key"] = new()
        {
            Keys = ["x", "n", "openings", "clock", "d", "c"], Instead = { ["x"] = Bytes([.. Enumerable.Repeat((byte)0x91, 2_000_000), 0]) }
        },
        ["deep nesting of maps"] = new()
        {
            Keys = ["x", "n", "openings", "clock", "d", "c"], Instead = { ["x"] = Bytes([.. Enumerable.Repeat((byte)0x81, 2_000_000), 0]) }
        },
        ["deep nesting in a dictionary"] = new() { Instead = { ["d.process"] = Bytes([.. Enumerable.Repeat((byte)0x91, 100_000), 0]) } },
        ["deep nesting in a column of a later version"] = new()
        {
            Instead = { ["c.ts"] = Bytes([0x94, 9, .. Enumerable.Repeat((byte)0x91, 100_000), 0]) }
        },
        ["an operation beyond a byte"] = new()
        {
            Instead = { ["d.kind"] = (ref MessagePackWriter to) =>
        {
            to.WriteArrayHeader(1);
            Numbers(256, 0, 0, 0, 0)(ref to);
        }}
        },
    };

    [Theory]
    [MemberData(nameof(Bends))]
    public void InvalidBlockIsRefused(string what) => CheckRecord(s_bends[what].Pack());

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
                byte[] raw = TraceBytes.Pack((ref MessagePackWriter to) =>
                {
                    to.WriteMapHeader(2);
                    to.Write("t");
                    to.Write(name);
                    to.Write(key);
                    to.WriteRaw(value);
                });
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
