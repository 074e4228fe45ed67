using Microsoft.Win32.SafeHandles;
using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Records;

namespace TcpTracer.Formats.Traces;

/// <summary>
/// Orders the files of a set by time. It uses the headers, not the names: a name comes from the wall clock, which may have been set back or
/// forth. Files of one run are ordered by number. Runs of this boot are ordered by boot time, and runs of earlier boots by the wall clock.
/// </summary>
/// <param name="RunId">The run of the recorder.</param>
/// <param name="BootId">The boot of the machine.</param>
/// <param name="Begin">The clocks when this file or its recorder began.</param>
/// <param name="Number">The number of the file in its run.</param>
public sealed record TraceAge(Guid RunId, string BootId, ClockSample Begin, long Number)
{
    /// <summary>The age of a file; null: it is not a trace, or it has no header.</summary>
    public static TraceAge? Of(string path)
    {
        using SafeFileHandle handle = OpenFile.ToRead(path);
        if (handle.IsInvalid || FileFacts.Of(handle) is not { Kind: FileKind.Regular })
            return null;
        using var file = new FileStream(handle, FileAccess.Read, bufferSize: 0);
        var header = new FirstHeader();
        var reader = new TraceReader(file, EventReading.Choose, readAhead: 4096);
        const int frames = 3; // start frame, block header, header record
        try
        {
            for (int i = 0; i < frames && header.Found is null && reader.ReadNext(header); i++)
            {
                // the header is not read yet
            }
        }
        catch (Exception e) when (e is TraceException or IOException)
        {
            return null;
        }
        return header.Found is { } found ? new TraceAge(found.RunId, found.BootId, found.Clock, TraceFileSet.NumberOf(path)) : null;
    }

    /// <summary>Sorts files, oldest first.</summary>
    /// <param name="files">The files, which are all traces.</param>
    /// <param name="bootId">The id of this boot; files with other ids are older.</param>
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
            // reported when somebody reads the events
        }

        public void OnUnknown(string kind)
        {
            // reported when somebody reads the events
        }
    }
}
