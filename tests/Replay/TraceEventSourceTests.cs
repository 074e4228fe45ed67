using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Printing;
using TcpTracer.Replay.Reading;
using TcpTracer.Tests.Formats.TraceFile;
using Xunit;

namespace TcpTracer.Tests.Replay;

/// <summary>A trace as a source: a sink gets what the printer prints, and cannot distinguish it from the live source.</summary>
public sealed class TraceEventSourceTests
{
    private static readonly string s_shop = Path.Combine(Harness.TcptracerProgram.Repository, "examples", "shop.tct");

    private static string Print(byte[] trace, Selection selection, string format)
    {
        var output = new MemoryStream();
        var printer = new TracePrinter(new TraceSelection(new EventFilter(selection), TimeWindow.Everything),
            () => EventFormat.Parse(format, null, true), output, true, 1);
        printer.Print(new MemoryStream(trace));
        return System.Text.Encoding.UTF8.GetString(output.ToArray());
    }

    private static (string Text, TraceSelection Selection) Run(Stream trace, Selection selection, string format, int workers)
    {
        var output = new MemoryStream();
        var wanted = new TraceSelection(new EventFilter(selection), TimeWindow.Everything);
        var sink = new TextSink(output, EventFormat.Parse(format, null, true), withStatus: true);
        new TraceEventSource(wanted, sink, workers) { ParallelFrom = 0 }.Run(trace);
        sink.OnPause();
        return (System.Text.Encoding.UTF8.GetString(output.ToArray()), wanted);
    }

    /// <summary>Complete, damaged, cut and concatenated traces; from a file and through a pipe; with one worker and with several.</summary>
    [Theory]
    [InlineData("json")]
    [InlineData("columns")]
    public void SinkPrintsTheSameAsThePrinter(string format)
    {
        byte[] shop = File.ReadAllBytes(s_shop), random = TraceBytes.Write(RandomTraffic.Events(11, 20_000), blockOf: 1_000);
        byte[] damaged = [.. random];
        damaged[damaged.Length / 2] ^= 0x10;
        foreach (byte[] trace in new[] { shop, random, damaged, random[..(random.Length * 2 / 3)], [.. shop, .. random] })
        {
            foreach (Selection selection in new[] { Printing.Everything, new Selection { Filter = "failed or sport < 30000" } })
            {
                string expected = Print(trace, selection, format);
                Assert.NotEmpty(expected);
                Assert.Equal(expected, Run(new MemoryStream(trace), selection, format, 3).Text);
                Assert.Equal(expected, Run(new Pipe(trace, 5), selection, format, 1).Text);
            }
        }
    }

    /// <summary>Notes what a sink is told, in order; and what a plain reader of the file sees, in the same words.</summary>
    private sealed class Notes : IEventSink, ITraceVisitor
    {
        public List<string> Seen { get; } = [];

        public void OnEvent(in TcpEvent e) => Seen.Add($"event at {e.TimestampNs}");

        public void OnClock(in ClockSample sample) => Seen.Add($"clock at {sample.BootNs}");

        public void OnLoss(in LossRecord loss) => Seen.Add($"loss of {loss.Count}");

        public void OnWorkloads(WorkloadChange change, WorkloadView view) => OnWorkloads(change);

        public void OnWorkloads(WorkloadChange change) => Seen.Add($"names at {change.ObservedNs}: {change.Pods.Length}");

        public void OnHeader(TraceHeader header)
        {
            Seen.Add($"names at {header.Clock.BootNs}: 0");
            OnClock(header.Clock);
        }

        public void OnEvents(EventBlock block)
        {
            for (int row = 0; row < block.Rows; row++)
            {
                block.Read(row, out TcpEvent e);
                OnEvent(in e);
            }
        }

        public void OnEnd(TraceEnd end)
        {
            // a source ends by returning
        }

        public void OnDamage(TraceDamage damage) => throw new NotSupportedException();

        public void OnUnknown(string kind) => throw new NotSupportedException();
    }

    [Fact]
    public void SinkGetsEverythingInTheOrderOfTheFile()
    {
        byte[] shop = File.ReadAllBytes(s_shop);
        byte[] traces = [.. shop, .. TraceBytes.Write(RandomTraffic.Events(3, 5_000), blockOf: 500), .. shop];
        Notes expected = new(), seen = new();
        new TraceReader(new MemoryStream(traces)).Read(expected);
        new TraceEventSource(Printing.SelectAll(), seen, 3) { ParallelFrom = 0 }.Run(new MemoryStream(traces));
        Assert.Contains(expected.Seen, s => s.StartsWith("names", StringComparison.Ordinal)
            && !s.EndsWith(": 0", StringComparison.Ordinal));
        Assert.Equal(expected.Seen, seen.Seen);
    }

    private sealed class Broken : IEventSink
    {
        public void OnEvent(in TcpEvent e) => throw new EndOfStreamException("the disk of whoever consumes");
    }

    /// <summary>The sink throws an exception that would mean damage if the file caused it.</summary>
    [Fact]
    public void ExceptionOfTheSinkIsNotTakenForDamage()
    {
        var selection = Printing.SelectAll();
        var source = new TraceEventSource(selection, new Broken(), 2) { ParallelFrom = 0 };
        Assert.Throws<EndOfStreamException>(() => source.Run(File.OpenRead(s_shop)));
        Assert.Empty(selection.Findings.Damages);
    }
}
