using System.Text;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Values;

namespace TcpTracer.Replay.Exports.Perfetto;

/// <summary>
/// Writes connections as slices for ui.perfetto.dev: a process with its pod is a track, a connection a slice on one of its lanes. An arrow
/// leads to the other end where the trace has both.
/// </summary>
public sealed class PerfettoExport : IExport
{
    private const int MostOpen = 128 * 1024, MostProcesses = 64 * 1024;

    private static readonly Field[] s_atBegin =
        [.. new[] { "operation", "saddr", "sport", "daddr", "dport", "conn", "exe" }.Select(Fields.Find)];

    private static readonly Field[] s_atEnd =
    [
        .. new[]
        {
            "operation", "error", "reason", "latency_ns", "duration_ns", "sent_bytes", "received_bytes", "retransmits", "srtt_us",
            "actor_comm", "unfinished",
        }.Select(Fields.Find),
    ];

    private readonly PerfettoWriter _to;
    private readonly Dictionary<(string Name, uint Pid), ProcessTrack> _processes = [];
    private static readonly IEqualityComparer<(ulong Process, long StartNs, uint StartCpu)> s_keys =
        SeededHash.By<(ulong Process, long StartNs, uint StartCpu)>(k => SeededHash.HashOf(k.Process, (ulong)k.StartNs));

    private readonly Dictionary<(ulong Process, long StartNs, uint StartCpu), ulong> _open = new(s_keys); // SeededHash
    private readonly TextBuffer _text = new(256);
    private readonly Field _dst = Fields.Find("dst");
    private long? _bootToWall;
    private ulong _tracks;

    private sealed record ProcessTrack(ulong Track)
    {
        public Lanes Lanes { get; } = new();
    }

    /// <param name="to">Where to; not closed.</param>
    public PerfettoExport(Stream to)
    {
        _to = new PerfettoWriter(to);
    }

    /// <inheritdoc/>
    public void OnEvent(in TcpEvent e)
    {
        // The first clock counts for all: traces of other boots and nodes follow by their wall time
        if (_bootToWall is null)
        {
            _bootToWall = e.WallNs - e.TimestampNs;
            _to.WriteClock(e.TimestampNs, e.WallNs);
        }
        long now = e.WallNs - _bootToWall.Value;
        long begin = now - (e.IsTimed ? (long)e.AgeNs : 0);
        ProcessTrack process = ProcessOf(in e);
        var key = (process.Track, e.StartNs, e.StartCpu);
        if (!_open.Remove(key, out ulong lane))
        {
            lane = process.Lanes.Take(begin, () => NewLane(process));
            Begin(in e, begin, lane);
        }
        if (e.IsEnd || e.Operation is Operation.ConnectFailed or Operation.Unaccepted)
            End(in e, now, process, lane);
        else
            Keep(key, lane);
    }

    private void Keep((ulong Process, long StartNs, uint StartCpu) key, ulong lane)
    {
        if (_open.Count >= MostOpen)
            _open.Clear(); // their slices stay open
        _open[key] = lane;
    }

    private void Begin(in TcpEvent e, long begin, ulong lane)
    {
        _to.BeginEvent();
        var slice = new TrackEvent { Type = TrackEvent.Types.Type.SliceBegin, TrackUuid = lane, NameIid = _to.NameOf(TextOf(_dst, in e)) };
        slice.CategoryIids.Add(PerfettoWriter.Category);
        if (e.Flow != 0)
            slice.FlowIds.Add(e.Flow);
        Annotate(slice, s_atBegin, in e);
        _to.WriteEvent(begin, slice);
    }

    private void End(in TcpEvent e, long now, ProcessTrack process, ulong lane)
    {
        _to.BeginEvent();
        var end = new TrackEvent { Type = TrackEvent.Types.Type.SliceEnd, TrackUuid = lane };
        Annotate(end, s_atEnd, in e);
        _to.WriteEvent(now, end);
        process.Lanes.Leave(lane, now);
    }

    private void Annotate(TrackEvent slice, Field[] fields, in TcpEvent e)
    {
        foreach (Field field in fields)
        {
            if (field.Applies is { } applies && !applies(in e))
                continue;
            var annotation = new DebugAnnotation { NameIid = _to.AnnotationOf(field.Name) };
            if (field.UnsignedNumber is { } number)
                annotation.UintValue = number(in e);
            else
                annotation.StringValue = TextOf(field, in e);
            slice.DebugAnnotations.Add(annotation);
        }
    }

    private ProcessTrack ProcessOf(in TcpEvent e)
    {
        string comm = Clean(e.Process.Comm);
        string name = e.Workload.Peer is { } pod ? $"{Clean(pod.Namespace)}/{Clean(pod.Name)} {comm}" : comm;
        var key = ($"{Clean(e.Workload.Node)} {name}", e.Process.Pid);
        if (_processes.TryGetValue(key, out ProcessTrack? known))
            return known;
        if (_processes.Count >= MostProcesses)
            _processes.Clear();
        var process = new ProcessTrack(++_tracks);
        _processes.Add(key, process);
        _to.WriteTrack(new TrackDescriptor
        {
            Uuid = process.Track, Process = new ProcessDescriptor { Pid = (int)e.Process.Pid, ProcessName = name },
        });
        return process;
    }

    private ulong NewLane(ProcessTrack process)
    {
        ulong track = ++_tracks;
        _to.WriteTrack(new TrackDescriptor { Uuid = track, ParentUuid = process.Track, Name = "connections" });
        return track;
    }

    private string TextOf(Field field, in TcpEvent e)
    {
        _text.Clear();
        field.Text(_text, in e);
        return Encoding.UTF8.GetString(_text.Written);
    }

    private static string Clean(SafeText name) => Encoding.UTF8.GetString(name.Text);

    /// <inheritdoc/>
    public void Finish() => _to.Flush();

    /// <inheritdoc/>
    public void Dispose() => _to.Dispose();
}
