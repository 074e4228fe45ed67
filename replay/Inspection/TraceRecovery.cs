using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Findings;
using TcpTracer.Replay.Names;

namespace TcpTracer.Replay.Inspection;

/// <summary>
/// Writes a new trace from everything that is good in a damaged one. Records stay as they were; block headers and the end record are made
/// anew.
/// </summary>
public sealed class TraceRecovery : ITraceVisitor
{
    private readonly Stream _to;
    private RecordOutput? _output;
    private BlockHeader? _next;
    private long _lost, _firstNs = long.MaxValue, _lastNs;
    private WorkloadChange? _change;
    private TraceHeader? _withoutRecord;
    private bool _isWithoutClock;
    private readonly NamesInDoubt _names = new();
    private readonly UnreadEvents _unread = new();

    private TraceReader? _reader;

    private TraceRecovery(Stream to) => _to = to;

    /// <summary>What was wrong.</summary>
    public DamageList Damages { get; } = new();

    /// <summary>Events saved.</summary>
    public long Events { get; private set; }

    /// <summary>Blocks saved.</summary>
    public int Blocks { get; private set; }

    /// <summary>Events that could not be saved, as far as the trace shows.</summary>
    public long EventsLost => _unread.Count;

    /// <summary>Whether the recorder's own end was there.</summary>
    public bool WasFinished { get; private set; }

    /// <summary>Names that could not be saved: together with those in doubt they exceed the limits of a trace.</summary>
    public long NamesLeftOut => _names.LeftOut;

    /// <summary>Names that were checked for doubt after a damage.</summary>
    internal long NamesDoubted => _names.Looked;

    /// <summary>Bytes read.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Bytes written.</summary>
    public long BytesWritten => _output?.BytesWritten ?? 0;

    /// <summary>Recovers.</summary>
    /// <exception cref="TraceException">It is no trace, or one of a newer major version.</exception>
    public static TraceRecovery Run(Stream from, Stream to)
    {
        var recovery = new TraceRecovery(to);
        var reader = new TraceReader(from);
        recovery._reader = reader;
        reader.Read(recovery);
        recovery._unread.OnFinish();
        recovery._names.Clear();
        recovery.BytesRead = reader.Offset;
        recovery.WriteLoss();
        var end = new TraceEnd("recovered", recovery.Events, recovery.Events, recovery._lost);
        recovery.Write(EndRecord.Encode(end), new BlockHeader { Kind = RecordKind.End });
        return recovery;
    }

    private void Lose(long events)
    {
        _lost += events;
        _output!.Lost = _lost;
    }

    /// <summary>Events that the damage cost become a loss in the new trace, so that every reader of it learns it.</summary>
    private void WriteLoss()
    {
        if (EventsLost == 0)
            return;
        Lose(EventsLost);
        var loss = new LossRecord(Math.Min(_firstNs, _lastNs), _lastNs, LossSource.Damage, EventsLost, EventsLost);
        Write(LossCodec.Encode(loss), BlockHeader.Of(RecordKind.Loss, _lastNs, _lastNs));
    }

    void ITraceVisitor.OnBlockHeader(BlockHeader header)
    {
        _unread.OnBlockHeader(header);
        _names.OnBlockHeader(header);
        _next = header;
    }

    void ITraceVisitor.OnBadBlockHeader(TraceDamage damage) => Damages.Add(damage); // made anew, as all headers

    void ITraceVisitor.OnHeader(TraceHeader header)
    {
        _unread.OnHeader();
        WasFinished = false;
        _output ??= new RecordOutput(_to, header);
        _names.OnHeader(header.Merged.Count > 0);
        _withoutRecord = header;
    }

    /// <summary>A trace begins with a header record. If it was lost, the start frame says what little is still known.</summary>
    private void Write(ReadOnlySpan<byte> raw, BlockHeader header, bool store = false, long leastFrame = 0)
    {
        if (_withoutRecord is { } own && header.Kind == RecordKind.Header)
            leastFrame = HeaderRecord.LeastFrame(own);
        if (_withoutRecord is { } lost && header.Kind != RecordKind.Header)
        {
            _output!.Write(HeaderRecord.Encode(lost), new BlockHeader { Kind = RecordKind.Header });
            _isWithoutClock = lost.Clock == default;
        }
        _withoutRecord = null;
        _output!.Write(raw, header, store, leastFrame);
    }

    /// <summary>The clock was lost with the header. Blocks of events hold it, too.</summary>
    private void RestoreClock(in ClockSample sample)
    {
        if (_withoutRecord is { } lost)
            _withoutRecord = lost with { Clock = sample };
        else if (_isWithoutClock)
            Write(ClockRecord.Encode(in sample), BlockHeader.Of(RecordKind.Clock, sample.BootNs, sample.BootNs));
        _isWithoutClock = false;
    }

    private const int Copies = 3; // a buffer grows while a record is made

    /// <summary>Before what is named by them.</summary>
    private void WriteDoubts(WorkloadChange? next = null, int bytes = 0)
    {
        foreach (WorkloadChange part in _names.TakeDoubts(next, bytes))
        {
            byte[] raw = MetadataRecord.Encode(part);
            Write(raw, BlockHeader.Of(RecordKind.Metadata, part.ObservedNs, part.ObservedNs), leastFrame: MetadataRecord.LeastFrame(part));
            GarbageBudget.Add(raw.Length * Copies);
        }
    }

    void ITraceVisitor.OnWorkloads(WorkloadChange change) => _change = change; // copied as a record

    void ITraceVisitor.OnEvents(EventBlock block)
    {
        Blocks++;
        Events += block.Rows;
        _unread.OnEvents(block.Rows);
        RestoreClock(block.Clock);
        WriteDoubts();
        _next = block.Describe();
        (_firstNs, _lastNs) = (Math.Min(_firstNs, _next.MinTimestamp), Math.Max(_lastNs, _next.MaxTimestamp));
        _names.OnEvents(_next);
    }

    void ITraceVisitor.OnRecord(string kind, ReadOnlySpan<byte> raw)
    {
        RecordKind known = RecordKinds.Parse(kind) ?? 0;
        BlockHeader header = known == RecordKind.Events ? _next! : new BlockHeader { Kind = known };
        _next = null;
        if (known == RecordKind.Metadata)
        {
            WriteDoubts(_change!, raw.Length);
            _names.OnWorkloads(_change!, raw.Length);
        }
        if (header.Kind != RecordKind.End) // the new end is written behind everything
            Write(raw, header, _reader!.IsStored, known == RecordKind.Metadata ? _change!.Parts : 0);
    }

    void ITraceVisitor.OnLoss(in LossRecord loss)
    {
        Lose(loss.Count);
    }

    void ITraceVisitor.OnEnd(TraceEnd end) // the record is replaced
    {
        _unread.OnEnd(end);
        WasFinished = true;
    }

    void ITraceVisitor.OnDamage(TraceDamage damage)
    {
        Damages.Add(damage);
        _names.OnDamage(damage, _next);
    }
}
