using System.Diagnostics;
using System.Globalization;
using TcpTracer.Bench;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.TraceFile;

// tcptracer-bench generate FILE EVENTS: the synthetic trace, and how fast it was written from memory to disk
int count = int.Parse(args[2], CultureInfo.InvariantCulture);
var header = new TraceHeader { RunId = new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), Tool = "tcptracer-bench", Node = "bench", Clock = new ClockSample(3_600_000_000_000, 1_700_000_000_000_000_000, 3_600_000_000_000, 100, ClockCause.Start) };
var batch = new List<TcpEvent>(1 << 20);
long ticks = 0, allocated = 0;
using var file = new FileStream(args[1], FileMode.Create, FileAccess.Write, FileShare.Read, 0);
var writer = new TraceWriter(file, header, TimeSpan.FromSeconds(1));
void WriteBatch()
{
    long before = GC.GetAllocatedBytesForCurrentThread(), started = Stopwatch.GetTimestamp();
    foreach (ref readonly TcpEvent e in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(batch))
        writer.OnEvent(in e);
    ticks += Stopwatch.GetTimestamp() - started;
    allocated += GC.GetAllocatedBytesForCurrentThread() - before;
    batch.Clear();
}
foreach (TcpEvent e in new SyntheticTraffic(42).Events(count))
{
    batch.Add(e);
    if (batch.Count == batch.Capacity)
        WriteBatch();
}
WriteBatch();
writer.Finish(new TraceEnd("count", count, count, 0));
double seconds = (double)ticks / Stopwatch.Frequency;
Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $"{count} events, {writer.BytesWritten} bytes, {(double)writer.BytesWritten / count:0.00} B/event, {count / seconds / 1e6:0.00} M events/s, {(double)allocated / count:0.000} B allocated per event"));
