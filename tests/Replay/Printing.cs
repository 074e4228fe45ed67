using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Findings;
using TcpTracer.Replay.Names;
using TcpTracer.Replay.Printing;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Tests.Replay;

/// <summary>The results of a <see cref="TracePrinter"/> for a trace.</summary>
internal sealed record Printing(byte[] Output, TraceFindings Findings, TraceDamage? Refusal, long Passed, long Hidden)
{
    public static readonly Selection Everything = new() { Existing = true, Progress = true };

    /// <summary>Selects each event.</summary>
    public static TraceSelection SelectAll(Enrichment enrichment = Enrichment.AsSeen) =>
        new(new EventFilter(Everything), TimeWindow.Everything) { Enrichment = enrichment };

    public string Text => System.Text.Encoding.UTF8.GetString(Output);

    public string[] Lines => Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Prints with so many workers, even if the trace is short.</summary>
    public static Printing Of(byte[] trace, int workers = 1, string format = "json", Selection? selection = null) =>
        Of(new MemoryStream(trace), workers, format, selection);

    public static Printing Of(Stream trace, int workers, string format = "json", Selection? selection = null)
    {
        var output = new MemoryStream();
        var selected = new TraceSelection(new EventFilter(selection ?? Everything), TimeWindow.Everything);
        var printer = new TracePrinter(selected, () => EventFormat.Parse(format, null, true), output, true, workers) { ParallelFrom = 0 };
        TraceDamage? refusal = null;
        try
        {
            printer.Print(trace);
        }
        catch (TraceException e)
        {
            refusal = e.Damage;
        }
        return new Printing(output.ToArray(), printer.Selection.Findings, refusal, printer.Selection.Passed, printer.Selection.Hidden);
    }

    /// <summary>Prints the same with a plain loop.</summary>
    public static byte[] ByHand(IEnumerable<TcpEvent> events, ClockSample clock, string format, Selection? selection = null,
        string node = "node-1")
    {
        var filter = new EventFilter(selection ?? Everything);
        EventFormat writer = EventFormat.Parse(format, null, true);
        var text = new TextBuffer();
        writer.WriteHeader(text);
        var view = new WorkloadView(new SafeText(node));
        foreach (TcpEvent recorded in events)
        {
            TcpEvent e = recorded;
            e.NameBy(view);
            e.WallNs = clock.ToWall(e.TimestampNs);
            if (filter.Matches(in e))
                writer.Write(text, in e);
        }
        return text.Written.ToArray();
    }
}

/// <summary>A stream that behaves like a pipe: it cannot seek, and returns bytes in pieces.</summary>
internal sealed class Pipe(byte[] bytes, int seed) : Stream
{
    private readonly Random _random = new(seed);
    private int _at;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        int give = Math.Min(Math.Min(count, bytes.Length - _at), _random.Next(1, 5_000));
        bytes.AsSpan(_at, give).CopyTo(buffer.AsSpan(offset));
        _at += give;
        return give;
    }

    public override void Flush()
    {
        // nothing is written
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
