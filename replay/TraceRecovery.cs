using TcpTracer.Formats.Events;
using TcpTracer.Formats.TraceFile;

namespace TcpTracer.Replay;

/// <summary>Writes a new trace of all that is good in a damaged one: records as they were, everything redundant made anew.</summary>
public sealed class TraceRecovery : ITraceVisitor
{
    private readonly Stream _to;
    private RecordOutput? _output;
    private BlockHeader? _next;
    private long _lost;

    private TraceRecovery(Stream to) => _to = to;

    /// <summary>What was wrong.</summary>
    public DamageList Damages { get; } = new();

    /// <summary>Events saved.</summary>
    public long Events { get; private set; }

    /// <summary>Blocks saved.</summary>
    public int Blocks { get; private set; }

    /// <summary>Events that a lost block's header had announced; blocks whose header is lost, too, are not in it.</summary>
    public long EventsLost { get; private set; }

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
        reader.Read(recovery);
        recovery.NoteMissing();
        recovery.BytesRead = reader.Offset;
        recovery._output!.Write(EndRecord.Encode(new TraceEnd("recovered", recovery.Events, recovery.Events, recovery._lost)), new BlockHeader { Kind = RecordKind.End });
        return recovery;
    }

    void ITraceVisitor.OnBlockHeader(BlockHeader header)
    {
        NoteMissing();
        _next = header;
    }

    private void NoteMissing()
    {
        if (_next is { IsEvents: true })
            EventsLost += _next.Rows;
        _next = null;
    }

    void ITraceVisitor.OnHeader(TraceHeader header) => _output ??= new RecordOutput(_to, header);

    void ITraceVisitor.OnEvents(EventBlock block)
    {
        Blocks++;
        Events += block.Rows;
        _next = block.Describe();
    }

    void ITraceVisitor.OnRecord(string kind, ReadOnlySpan<byte> raw)
    {
        RecordKind known = RecordKinds.Parse(kind) ?? 0;
        BlockHeader header = known == RecordKind.Events ? _next! : new BlockHeader { Kind = known };
        _next = null;
        if (header.Kind != RecordKind.End) // the new end is written behind everything
            _output!.Write(raw, header);
    }

    void ITraceVisitor.OnClock(in ClockSample sample)
    {
        // copied as a record
    }

    void ITraceVisitor.OnLoss(in LossRecord loss)
    {
        _lost += loss.Count;
        _output!.Lost = _lost;
    }

    void ITraceVisitor.OnEnd(TraceEnd end)
    {
        // replaced
    }

    void ITraceVisitor.OnDamage(TraceDamage damage) => Damages.Add(damage);

    void ITraceVisitor.OnUnknown(string kind)
    {
        // copied as a record
    }
}
