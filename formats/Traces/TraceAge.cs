using Microsoft.Win32.SafeHandles;
using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Records;

namespace TcpTracer.Formats.Traces;

/// <summary>
/// Where a file of a set stands in time. By what its header says, not by its name: the wall clock, from which the name comes, may have been
/// set back or forth. Within a run the number counts, between runs of this boot the boot time, among those before it the wall clock.
/// </summary>
/// <param name="RunId">Which run of a recorder.</param>
/// <param name="BootId">Of which boot.</param>
/// <param name="Begin">The clocks when this file, or its recorder, began.</param>
/// <param name="Number">Of the file in its run.</param>
public sealed record TraceAge(Guid RunId, string BootId, ClockSample Begin, long Number)
{
    /// <summary>Of a file; null: it is no trace, or its header is not there.</summary>
    public static TraceAge? Of(string path)
    {
        using SafeFileHandle handle = OpenFile.ToRead(path);
        if (handle.IsInvalid || FileFacts.Of(handle) is not { Kind: FileKind.Regular })
            return null;
        using var file = new FileStream(handle, FileAccess.Read, bufferSize: 0);
        var header = new FirstHeader();
        var reader = new TraceReader(file, EventReading.Choose, readAhead: 4096);
        const int frames = 3; // the start, the block header, the record
        try
        {
            for (int i = 0; i < frames && header.Found is null && reader.ReadNext(header); i++)
            {
                // until it is there
            }
        }
        catch (Exception e) when (e is TraceException or IOException)
        {
            return null;
        }
        return header.Found is { } found ? new TraceAge(found.RunId, found.BootId, found.Clock, TraceFileSet.NumberOf(path)) : null;
    }

    /// <summary>Puts files into their order, oldest first.</summary>
    /// <param name="files">Those that are traces.</param>
    /// <param name="bootId">This boot: all others were before it.</param>
    public static IEnumerable<(string Path, TraceAge Age)> Sort(IEnumerable<(string Path, TraceAge Age)> files, string bootId) => files
        .OrderBy(f => f.Age.Number).ThenBy(f => f.Path, StringComparer.Ordinal)
        .GroupBy(f => f.Age.RunId)
        .OrderBy(run => run.First().Age.BootId == bootId)
        .ThenBy(run => run.First().Age is var first && first.BootId == bootId ? first.Begin.BootNs : first.Begin.WallNs)
        .SelectMany(run => run);

    private sealed class FirstHeader : ITraceVisitor
    {
        public TraceHeader? Found { get; private set; }

        public void OnHeader(TraceHeader header) => Found ??= header;

        public bool PassesOver(BlockHeader header) => true;

        public void OnEvents(EventBlock block)
        {
            // only the header
        }

        public void OnClock(in ClockSample sample)
        {
            // only the header
        }

        public void OnLoss(in LossRecord loss)
        {
            // only the header
        }

        public void OnEnd(TraceEnd end)
        {
            // only the header
        }

        public void OnDamage(TraceDamage damage)
        {
            // told when the events are read
        }

        public void OnUnknown(string kind)
        {
            // told when the events are read
        }
    }
}
