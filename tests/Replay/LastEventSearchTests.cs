using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Text;
using TcpTracer.Replay.Names;
using TcpTracer.Replay.Printing;
using TcpTracer.Replay.Reading;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Replay;

/// <summary>
/// The first and the last N selected events are those with which all selected events begin and end, and the rest is not read.
/// </summary>
public sealed class LastEventSearchTests
{
    private static readonly Selection[] s_selections =
    [
        Printing.Everything, new(), new() { Op = "connect" }, new() { Port = "80" }, new() { Comm = "curl" },
        new() { Existing = true, Filter = "dport > 40000" }, new() { Comm = "nobody" },
    ];

    private static string[] Print(byte[] trace, Selection selection, long? first, long? last, int workers)
    {
        var filter = new EventFilter(selection);
        var from = new MemoryStream(trace);
        EventPlace place = last is { } n ? LastEventSearch.Find(from, filter, TimeWindow.Everything, Enrichment.AsSeen, n, out _) : default;
        var output = new MemoryStream();
        var events = new TraceSelection(filter, TimeWindow.Everything) { Limit = first };
        Func<EventFormat> format = () => EventFormat.Parse("json", null, true);
        var printer = new TracePrinter(events, format, output, false, workers) { ParallelFrom = 0 };
        printer.Print(from, place);
        string[] lines = System.Text.Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(lines.Length, printer.Selection.Passed);
        return lines;
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 7)]
    [InlineData(3, 40)]
    [InlineData(4, 2_000)]
    public void LastRowsEqualTheEndOfAllRows(ulong seed, int blockOf)
    {
        byte[] trace = TraceBytes.Write(RandomTraffic.Events(seed, 1_000), blockOf);
        byte[] twice = [.. trace, .. TraceBytes.WithPods(seed, 100), .. trace];
        // without skippable frames nothing tells where the blocks are
        byte[] bare = TraceBytes.Join(TraceBytes.Split(trace).Where(p => !p.IsSkippable));
        foreach (byte[] file in new[] { trace, twice, bare })
        {
            foreach (Selection selection in s_selections)
            {
                string[] all = Print(file, selection, null, null, 1);
                foreach (int n in new[] { 1, 2, 39, 40, 41, 500, 5_000 })
                {
                    Assert.Equal(all.TakeLast(n), Print(file, selection, null, n, n % 3 + 1));
                    Assert.Equal(all.Take(n), Print(file, selection, n, null, n % 3 + 1));
                }
            }
        }
    }

    /// <summary>Counts the bytes that are read.</summary>
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

    [Fact]
    public void LastRowsAreFoundWithoutReadingTheRest()
    {
        var random = new Random(1);
        byte[] trace = TraceBytes.Write([.. Enumerable.Range(0, 200_000).Select(i => SampleEvents.Make(Operation.Close) with
        {
            TimestampNs = 1_000_000_000_000 + i * 1_000L, StartNs = random.NextInt64(1L << 40), Sport = (ushort)random.Next(65_536),
            Sent = (ulong)random.NextInt64(1L << 40),
        })], 10_000);
        var meter = new Meter(trace);
        EventPlace place =
            LastEventSearch.Find(meter, new EventFilter(Printing.Everything), TimeWindow.Everything, Enrichment.AsSeen, 10, out long found);
        Assert.Equal(10, found);
        Assert.InRange(meter.BytesRead, 1, trace.Length / 5);
        long toFind = meter.BytesRead;
        var printer = new TracePrinter(Printing.SelectAll(), () => EventFormat.Parse("json", null, true), Stream.Null, false, 1);
        printer.Print(meter, place);
        Assert.Equal(10, printer.Selection.Passed);
        Assert.InRange(meter.BytesRead - toFind, 1, trace.Length / 5);
    }

    [Fact]
    public void LastCountsAcrossFilesAndWithOtherOptions()
    {
        using var folder = new TemporaryFolder();
        string[] files = [folder.File("1.tct"), folder.File("2.tct"), folder.File("3.tct")];
        foreach ((string file, int i) in files.Select((f, i) => (f, i)))
            File.WriteAllBytes(file, SampleEvents.Trace(null, i > 0,
                [.. Enumerable.Range(1, 4).Select(k => SampleEvents.Make(k == 4 ? Operation.Close : Operation.Connect, $"{i}-{k}"))]));
        string Show(params string[] options) =>
            Clean(TcptracerProgram.Run(["show", .. files, "-o", "custom-columns=comm", "--no-headers", .. options]));
        static string Clean(RunResult run)
        {
            // it does not say that the first file has no end, because it has not read that far
            Assert.Equal((0, ""), (run.ExitCode, run.Errors));
            return run.Output.Trim().ReplaceLineEndings(" ");
        }
        Assert.Equal("1-4 2-1 2-2 2-3 2-4", Show("--last", "5"));
        Assert.Equal("1-3 2-1 2-2 2-3", Show("--last", "4", "--op", "connect"));
        Assert.Equal("0-1 0-2", Show("--first", "2"));
        Assert.Equal("2-1", Show("--last", "1", "--comm", "2-1"));
        RunResult pipe = Shell.Run("cat $1 | tcptracer show - --last 2", files[1]);
        Assert.Equal((2, "tcptracer: standard input: --last reads a trace from behind, which a pipe or a packed file does not allow: "
            + "make a plain file of it first, as in `cat >plain.tct`"), (pipe.ExitCode, Assert.Single(pipe.ErrorLines)));
        Assert.Equal(2, Shell.Run("cat $1 | tcptracer show - --first 2 --no-headers", files[1]).Lines.Length);
        Assert.Contains("contradict", TcptracerProgram.Run("show", files[1], "--last", "2", "--first", "1").Errors);
        Assert.Equal(2, TcptracerProgram.Run("show", files[1], "--last", "0").ExitCode);
    }
}
