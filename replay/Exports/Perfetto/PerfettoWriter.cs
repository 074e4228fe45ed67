using Google.Protobuf;

namespace TcpTracer.Replay.Exports.Perfetto;

/// <summary>Writes packets of one sequence, and the names that they use once before them.</summary>
internal sealed class PerfettoWriter : IDisposable
{
    private const uint Sequence = 1, NamesAreForgotten = 1, NamesAreNeeded = 2, PacketTag = 1 << 3 | 2;
    private const int MostNames = 16 * 1024, Enough = 128 * 1024;
    private readonly Stream _to;
    private readonly MemoryStream _bytes = new();
    private readonly CodedOutputStream _coded;
    private readonly Dictionary<string, ulong> _events = [], _annotations = [];
    private InternedData? _new;
    private bool _isBegun;

    /// <param name="to">Where to; not closed.</param>
    public PerfettoWriter(Stream to)
    {
        _to = to;
        _coded = new CodedOutputStream(_bytes, leaveOpen: true);
    }

    /// <summary>Which wall time a moment since boot was.</summary>
    public void WriteClock(long bootNs, long wallNs)
    {
        const uint realTime = 1, bootTime = 6;
        var clocks = new ClockSnapshot { PrimaryTraceClock = bootTime };
        clocks.Clocks.Add(new ClockSnapshot.Types.Clock { ClockId = bootTime, Timestamp = (ulong)Math.Max(0, bootNs) });
        clocks.Clocks.Add(new ClockSnapshot.Types.Clock { ClockId = realTime, Timestamp = (ulong)Math.Max(0, wallNs) });
        Write(new TracePacket { ClockSnapshot = clocks });
    }

    /// <summary>Declares a track.</summary>
    public void WriteTrack(TrackDescriptor track) => Write(new TracePacket { TrackDescriptor = track });

    /// <summary>Writes an event of a track, which was made since <see cref="BeginEvent"/>.</summary>
    public void WriteEvent(long bootNs, TrackEvent e)
    {
        var packet = new TracePacket { Timestamp = (ulong)Math.Max(0, bootNs), TrackEvent = e, SequenceFlags = NamesAreNeeded };
        if (_new is not null)
            packet.InternedData = _new;
        if (!_isBegun)
            packet.SequenceFlags |= NamesAreForgotten;
        _isBegun = true;
        _new = null;
        Write(packet);
    }

    /// <summary>An event begins to be made: too many names are forgotten here, and never within one.</summary>
    public void BeginEvent()
    {
        if (_isBegun && _events.Count < MostNames)
            return;
        _isBegun = false;
        _events.Clear();
        _annotations.Clear();
        _new = new InternedData();
        _new.EventCategories.Add(new EventCategory { Iid = Category, Name = "tcp" });
    }

    /// <summary>The number of the only category.</summary>
    public const ulong Category = 1;

    /// <summary>The number of an event's name.</summary>
    public ulong NameOf(string name)
    {
        if (Number(_events, name, out ulong number))
            (_new ??= new InternedData()).EventNames.Add(new EventName { Iid = number, Name = name });
        return number;
    }

    /// <summary>The number of an annotation's name.</summary>
    public ulong AnnotationOf(string name)
    {
        if (Number(_annotations, name, out ulong number))
            (_new ??= new InternedData()).DebugAnnotationNames.Add(new DebugAnnotationName { Iid = number, Name = name });
        return number;
    }

    /// <returns>Whether it is new.</returns>
    private static bool Number(Dictionary<string, ulong> names, string name, out ulong number)
    {
        if (names.TryGetValue(name, out number))
            return false;
        names.Add(name, number = (ulong)names.Count + 1);
        return true;
    }

    private void Write(TracePacket packet)
    {
        packet.TrustedPacketSequenceId = Sequence;
        _coded.WriteTag(PacketTag);
        _coded.WriteMessage(packet);
        if (_bytes.Length >= Enough)
            Flush();
    }

    /// <summary>Hands on what is held back.</summary>
    public void Flush()
    {
        _coded.Flush();
        _to.Write(_bytes.GetBuffer().AsSpan(0, (int)_bytes.Length));
        _bytes.SetLength(0);
    }

    /// <summary>What was not flushed belongs to an export that failed: it goes into memory only.</summary>
    public void Dispose()
    {
        _coded.Dispose();
        _bytes.Dispose();
    }
}
