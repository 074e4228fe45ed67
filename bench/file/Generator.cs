using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;

namespace TcpTracer.Bench;

/// <summary>
/// Writes the synthetic events as a trace, a million at a time: they are made beforehand, so that only the writing is timed.
/// </summary>
internal static class Generator
{
    private const int Seed = 42, BatchSize = 1 << 20;

    public static IEnumerable<TcpEvent> Events(int count) => new SyntheticTraffic(Seed).Events(count);

    public static void WriteTrace(string path, int count)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, 0);
        var writer = new TraceWriter(file, Header(), TimeSpan.FromSeconds(1));
        var batch = new List<TcpEvent>(Math.Min(count, BatchSize));
        var all = new Timing();
        var warm = new Timing(); // without the first batch, in which buffers grow
        foreach (TcpEvent e in Events(count))
        {
            batch.Add(e);
            if (batch.Count == BatchSize)
                WriteBatch(writer, batch, all, warm);
        }
        WriteBatch(writer, batch, all, warm);
        writer.Finish(new TraceEnd("count", count, count, 0));
        Timing steady = warm.Events > 0 ? warm : all;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{count} events, {writer.BytesWritten} bytes, {(double)writer.BytesWritten / count:0.00} B/event, {all.Events / all.Seconds / 1e6:0.00} M events/s, {(double)steady.Allocated / steady.Events:0.000} B allocated per event"));
    }

    private static void WriteBatch(TraceWriter writer, List<TcpEvent> batch, Timing all, Timing warm)
    {
        long before = GC.GetAllocatedBytesForCurrentThread(), started = Stopwatch.GetTimestamp();
        foreach (ref readonly TcpEvent e in CollectionsMarshal.AsSpan(batch))
            writer.OnEvent(in e);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (all.Events > 0)
            warm.Add(batch.Count, seconds, allocated);
        all.Add(batch.Count, seconds, allocated);
        batch.Clear();
    }

    public static TraceHeader Header() => new()
    {
        RunId = new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
        Tool = "tcptracer-bench",
        Node = "bench",
        Clock = new ClockSample(3_600_000_000_000, 1_700_000_000_000_000_000, 3_600_000_000_000, 100, ClockCause.Start),
    };

    private sealed class Timing
    {
        public long Events { get; private set; }

        public double Seconds { get; private set; }

        public long Allocated { get; private set; }

        public void Add(int events, double seconds, long allocated)
        {
            Events += events;
            Seconds += seconds;
            Allocated += allocated;
        }
    }
}
