using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using MessagePack;
using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Inspection;
using TcpTracer.Replay.Names;
using TcpTracer.Replay.Printing;
using TcpTracer.Replay.Reading;
using TcpTracer.Replay.Summaries;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Replay;
using Xunit;

namespace TcpTracer.Tests.Formats.TraceFile;

/// <summary>
/// Files that multiply work: by nesting, by repetition, or by two numbers whose product is large. The tests count work, and never time.
/// </summary>
public sealed class BoundedWorkTests
{
    private static readonly byte[] s_start = TraceBytes.Start();

    private static byte[] Trace(params IEnumerable<byte[]> frames) => [.. s_start, .. frames.SelectMany(f => f)];

    /// <summary>Bytes that a reader handled more than once.</summary>
    private static (long Bytes, DamageCount Damages) ReadAgain(byte[] trace)
    {
        var count = new DamageCount();
        var reader = new TraceReader(new MemoryStream(trace), readAhead: 4096);
        reader.Read(count);
        return (reader.BytesAgain, count);
    }

    private sealed class DamageCount : ITraceVisitor
    {
        public int Damages { get; private set; }

        public int Rows { get; private set; }

        public void OnDamage(TraceDamage damage) => Damages++;

        public void OnEvents(EventBlock block) => Rows += block.Rows;

        public void OnHeader(TraceHeader header)
        {
            // only the work of the reader counts
        }

        public void OnClock(in ClockSample sample)
        {
            // only the work of the reader counts
        }

        public void OnLoss(in LossRecord loss)
        {
            // only the work of the reader counts
        }

        public void OnEnd(TraceEnd end)
        {
            // only the work of the reader counts
        }

        public void OnUnknown(string kind)
        {
            // only the work of the reader counts
        }
    }

    /// <summary>The first bytes of a stored frame that claims a length.</summary>
    private static byte[] FrameHead(int length)
    {
        byte[] head = TraceBytes.Frame([1])[..19];
        head[5] = 0x70;
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(6), length);
        head[14] = (byte)(XxHash32.HashToUInt32(head.AsSpan(4, 10)) >> 8);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(15), (uint)length | 0x8000_0000);
        return head;
    }

    private static readonly byte[] s_header = TraceBytes.HeaderFrame(new BlockHeader { Kind = RecordKind.Events, Sequence = 1 });

    /// <summary>Frames inside frames, each of which is bad; a reader sees that only after it has read the whole frame.</summary>
    internal static byte[] NestedFrames(int levels) => Trace([
        .. Enumerable.Range(0, levels).SelectMany(i => (byte[][])[s_header, FrameHead((levels - 1 - i) * (s_header.Length + 19) + 100)]),
        new byte[100], new byte[8],
    ]);

    /// <summary>Frames that all claim the greatest length, at the end of a shorter file.</summary>
    private static byte[] LongFrames(int count) =>
        Trace(Enumerable.Repeat((byte[])[.. s_header, .. FrameHead(TraceLimits.RawBytes)], count));

    /// <summary>Bytes that look like the longest block header, again and again, a few bytes apart.</summary>
    internal static byte[] FakeHeaders(int count)
    {
        byte[] fake = new byte[20];
        BinaryPrimitives.WriteUInt32LittleEndian(fake, BlockHeader.FrameMagic);
        BinaryPrimitives.WriteInt32LittleEndian(fake.AsSpan(4), ushort.MaxValue);
        BlockHeader.SyncWord.CopyTo(fake.AsSpan(8));
        BinaryPrimitives.WriteUInt16LittleEndian(fake.AsSpan(18), ushort.MaxValue);
        return Trace([[1, 2, 3, 4], .. Enumerable.Repeat(fake, count)]);
    }

    /// <summary>Skippable frames of the greatest length, as far apart as a block header is long.</summary>
    private static byte[] LongSkippables(int count)
    {
        byte[] header = [.. s_header];
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), TraceLimits.SkippableBytes);
        return Trace(Enumerable.Repeat(header, count));
    }

    public static TheoryData<string> Repetitions => ["nested frames", "long frames", "fake headers", "long skippable frames"];

    [Theory]
    [MemberData(nameof(Repetitions))]
    public void RereadingOfBytesIsBounded(string what)
    {
        byte[] trace = what switch
        {
            "nested frames" => NestedFrames(20_000),
            "long frames" => LongFrames(30_000),
            "fake headers" => FakeHeaders(100_000),
            _ => LongSkippables(20_000),
        };
        (long bytes, DamageCount count) = ReadAgain(trace);
        Assert.True(count.Damages > 0);
        Assert.True(bytes < 20L * trace.Length + (32 << 20), $"{bytes} bytes of {trace.Length} were read again");
    }

    [Fact]
    public void BlocksInsideABadFrameAreFound()
    {
        // A wrong length swallows good blocks: they are inside a bad frame, and one of them is bad, too
        byte[] good = TraceBytes.Write(RandomTraffic.Events(5, 40), 10)[s_start.Length..];
        byte[] trace = Trace(s_header, FrameHead(s_header.Length + 19 + good.Length), s_header, FrameHead(good.Length), good, new byte[8]);
        Assert.Equal(40, ReadAgain(trace).Damages.Rows);
    }

    [Fact]
    public void RepeatedDictionaryIsDecodedOnce()
    {
        byte[] raw = new BlockShape { Rows = 16, Processes = 16_000, Repeats = 12 }.Pack();
        TraceContents.Of(Trace(TraceBytes.Frame(new BlockShape().Pack()))); // so that the first use of the code is not counted
        long before = GC.GetAllocatedBytesForCurrentThread();
        TraceContents contents = TraceContents.Of(Trace(TraceBytes.Frame(raw)));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Contains("once", Assert.Single(contents.Damages).Expected);
        Assert.True(allocated < 24 << 20, $"{allocated} bytes were allocated for {raw.Length}");
    }

    [Fact]
    public void PrintedTextIsBoundedAndTheSameForAnyNumberOfWorkers()
    {
        byte[] frame = new BlockShape { Rows = 16_000, Command = [.. Enumerable.Repeat((byte)1, 250)] }.Frame();
        byte[] trace = Trace(Enumerable.Repeat(frame, 6));
        const long free = 3 << 20;
        long most = free + trace.Length * Allowance.PerByte;
        (byte[] Output, long Passed)? first = null;
        foreach (int workers in new[] { 1, 3, 2 })
        {
            var output = new MemoryStream();
            var printer = new TracePrinter(Printing.SelectAll(), () => EventFormat.Parse("json", null, true), output, false, workers)
            {
                ParallelFrom = 0, FreeText = free
            };
            printer.Print(new MemoryStream(trace));
            Assert.InRange(output.Length + (printer.Selection.Passed * Allowance.OfEvent), free, most);
            TraceDamage damage = Assert.Single(printer.Selection.Findings.Damages);
            Assert.Contains("what follows is not shown", damage.Actual);
            Assert.Equal(output.ToArray().Count(b => b == '\n'), printer.Selection.Passed);
            first ??= (output.ToArray(), printer.Selection.Passed);
            Assert.Equal(first.Value.Passed, printer.Selection.Passed);
            Assert.True(first.Value.Output.AsSpan().SequenceEqual(output.ToArray()));
        }
    }

    [Theory]
    [InlineData(new byte[] { 0xe2, 0x80, 0x8b })]
    [InlineData(new byte[] { 0xc3 })]
    public void SlowCharactersCountMore(byte[] one)
    {
        byte[] Name(byte[] of) => [.. Enumerable.Repeat(of, 240 / of.Length).SelectMany(b => b)];
        long Passed(byte[] command)
        {
            byte[] trace = Trace(Enumerable.Repeat(new BlockShape { Rows = 16_000, Command = command }.Frame(), 6));
            Func<EventFormat> format = () => EventFormat.Parse("columns", null, true);
            var printer = new TracePrinter(Printing.SelectAll(), format, new MemoryStream(), false, 2) { FreeText = 3 << 20 };
            printer.Print(new MemoryStream(trace));
            return printer.Selection.Passed;
        }
        Assert.InRange(Passed(Name(one)), 1, Passed(Name("\x1b"u8.ToArray())) * 2 / 3);
    }

    [Fact]
    public void OrdinaryTraceUsesLessThanAQuarterOfItsAllowance()
    {
        const int events = 4_000;
        byte[] trace = TraceBytes.Write(RandomTraffic.Events(6, events));
        foreach (string format in new[] { "json", "jsonpretty", "wide" })
            Assert.True(Printing.Of(trace, 1, format).Output.Length
                + (events * Allowance.OfEvent) < trace.Length * Allowance.PerByte / 4, format);
    }

    [Fact]
    public void NamesOfGroupsAreBounded()
    {
        byte[] frame = new BlockShape { Rows = 16_000, Command = [.. Enumerable.Repeat((byte)1, 250)] }.Frame();
        byte[] trace = Trace(Enumerable.Repeat(frame, 6));
        var allowance = new Allowance(1 << 20);
        Field[] by = [Fields.Find("comm"), Fields.Find("sport")];
        TraceSummary[] summaries = [new(by) { Allowance = allowance }, new(by) { Allowance = allowance }];
        var scan = new BlockScan(Printing.SelectAll()) { Allowance = allowance, ParallelFrom = 0 };
        scan.Run(new MemoryStream(trace), summaries);
        Assert.Contains("not added up", Assert.Single(scan.Selection.Findings.Damages).Actual);
        Assert.InRange(summaries.Sum(s => s.NamesMade), 1, (allowance.Limit / Allowance.OfEvent) + 2);
    }

    /// <summary>There are many kinds of event, whose groups are named by one end.</summary>
    [Fact]
    public void GroupNameIsMadeOnceForAllKindsOfEvents()
    {
        var summary = new TraceSummary([Fields.Find("comm")]);
        new BlockScan(Printing.SelectAll()) { ParallelFrom = 0 }.Run(
            new MemoryStream(Trace(new BlockShape { Rows = 10_000, Kinds = 200 }.Frame())), [summary]);
        Assert.Equal((1L, 10_000L), (summary.NamesMade, Assert.Single(summary.Groups).Value.Events));
    }

    [Fact]
    public void RepeatedDamageOfTheSameNamesTakesNoMoreWork()
    {
        const int pods = 2_000, damages = 500;
        var all = new WorkloadChange(1)
        {
            IsCheckpoint = true,
            Pods = [.. Enumerable.Range(0, pods).Select(i => new PodInfo($"{i}", "shop",
                $"web-{i}") { Claims = [new AddressClaim(new Address([10, 1, (byte)(i >> 8), (byte)i]), 1)] })]
        };
        var one = new WorkloadChange(2) { Pods = [all.Pods[7]] };
        byte[] bad = [.. TraceBytes.HeaderFrame(new BlockHeader { Kind = RecordKind.Metadata, FrameBytes = 4 }), .. "junk"u8];
        byte[] trace = Trace([.. all.Split().Select(p => TraceBytes.Frame(MetadataRecord.Encode(p))),
            .. Enumerable.Repeat((byte[])[.. bad, .. TraceBytes.Record(RecordKind.Metadata, MetadataRecord.Encode(one), 1)], damages)]);
        var output = new MemoryStream();
        TraceRecovery saved = TraceRecovery.Run(new MemoryStream(trace), output);
        Assert.True(saved.Damages.Total >= damages);
        Assert.InRange(saved.NamesDoubted, pods, pods + 2 * damages);
        Assert.InRange(output.Length, 1, trace.Length * 4);
    }

    private sealed class Meter(byte[] bytes) : MemoryStream(bytes)
    {
        public long BytesRead { get; private set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            int read = base.Read(buffer, offset, count);
            BytesRead += read;
            return read;
        }
    }

    private static byte[] OneOfMany(int i) => Trace(TraceBytes.Frame(MetadataRecord.Encode(
        new WorkloadChange(1) { Pods = [.. Enumerable.Range(0, 2_000).Select(n => new PodInfo($"{i}.{n}", "shop", "web"))] })));

    [Fact]
    public void HindsightKeepsTheNamesOfOneTrace()
    {
        byte[][] traces = [.. Enumerable.Range(0, 40).Select(OneOfMany)];
        var file = new Meter([.. traces.SelectMany(t => t)]);
        var ahead = new NamesAhead(file);
        long offset = s_start.Length;
        for (int i = 0; i < traces.Length; i++)
        {
            WorkloadView? names = ahead.Of(offset);
            Assert.Equal(2_000, names?.Index.Pods.Count);
            Assert.True(names!.Index.Pods.ContainsKey($"{i}.0"));
            offset += traces[i].Length;
            Assert.True(file.BytesRead < offset + s_start.Length
                + (64 << 10), $"{file.BytesRead} bytes were read for {i + 1} traces of {offset} bytes");
            Assert.Equal(0, file.Position);
        }
    }

    [Fact]
    public void TooManyNamesForHindsightFallBackToSeenNames()
    {
        var random = new Random(3);
        byte[] checkpoints = Trace(Enumerable.Range(0, 11).Select(i => TraceBytes.Frame(MetadataRecord.Encode(new WorkloadChange(i)
        {
            IsCheckpoint = true,
            Nodes = [.. Enumerable.Range(0, 60)
                .Select(n => new NodeInfo(string.Create(61_000, 0, (text, _) => random.GetItems<char>("abcdefghijklmnop", text)), []))],
        }))).Append(new BlockShape().Frame()));
        byte[] small = OneOfMany(1);
        var ahead = new NamesAhead(new MemoryStream([.. checkpoints, .. small]));
        Assert.Null(ahead.Of(s_start.Length));
        Assert.True(ahead.IsTooMuch);
        Assert.NotNull(ahead.Of(checkpoints.Length + s_start.Length));
        Assert.False(ahead.IsTooMuch);
        var printer = new TracePrinter(Printing.SelectAll(Enrichment.Hindsight), () => EventFormat.Parse("json", null, true),
            new MemoryStream(), false, 1);
        printer.Print(new MemoryStream(checkpoints));
        Assert.Equal((true, 1L), (printer.Selection.Findings.IsTooMuchForHindsight, printer.Selection.Passed));
    }

    /// <summary>A pod with a long name has many cgroups.</summary>
    [Fact]
    public void ProcessesOfAPodShareItsNameInMemory()
    {
        var view = new WorkloadView(new SafeText("n")).With(new WorkloadChange(1)
        {
            Pods = [new PodInfo("X", new string('n', 60_000), new string('p', 60_000))],
            Containers = [new ContainerInfo("c", "X", new string('c', 60_000), "")],
            Cgroups = [.. Enumerable.Range(0, 1_000)
                .Select(i => new CgroupInfo(CgroupHierarchy.Unified, (ulong)i + 1, $"/kubepods/podX/c/{i}"))],
        });
        Workload[] workloads = [.. Enumerable.Range(1, 1_000)
            .Select(i => view.Of(new ProcessIdentity(1, 1, 0, 0, 0, SafeText.Empty, SafeText.Empty, 0, 0, 0, (ulong)i, 0)))];
        Each.Of(workloads, w => Assert.Equal((true, true, true), (ReferenceEquals(w.Namespace, workloads[0].Namespace),
            ReferenceEquals(w.Pod, workloads[0].Pod), ReferenceEquals(w.Container, workloads[0].Container))));
        Assert.Equal(NameText.MostBytes, workloads[0].Pod.Raw.Length);
    }

    /// <summary>The length of each kind of value is the same as the library's.</summary>
    [Fact]
    public void EveryValueKindHasTheLengthOfTheLibrary()
    {
        foreach (int code in Enumerable.Range(0, 256).Except([0xc1]))
        {
            byte[] bytes = [(byte)code, .. Enumerable.Repeat((byte)0, 40)];
            var library = new MessagePackReader(bytes);
            library.Skip();
            Assert.Equal(library.Consumed, ValueLengths.Of(bytes, 1));
        }
        Assert.Throws<BadRecordException>(() => ValueLengths.Of([0xc1], 1));
        Assert.Throws<BadRecordException>(() => ValueLengths.Of([0x93, 1, 2], 1));
        Assert.Equal(5, ValueLengths.Of(Encoding.ASCII.GetBytes("\u0001\u0002\u0003\u0004\u0005"), 5));
    }
}
