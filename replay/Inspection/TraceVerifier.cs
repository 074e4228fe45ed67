using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;
using TcpTracer.Replay.Findings;

namespace TcpTracer.Replay.Inspection;

/// <summary>Reads a whole trace, and compares each block header with the events of its block.</summary>
public sealed class TraceVerifier : ITraceVisitor
{
    private BlockHeader? _announced;
    private long _offset;
    private TraceReader _reader = null!;
    private readonly UnreadEvents _unread = new();

    private TraceVerifier()
    {
    }

    /// <summary>Everything that is wrong, in order.</summary>
    public DamageList Damages { get; } = new();

    /// <summary>Blocks of events that are good.</summary>
    public int Blocks { get; private set; }

    /// <summary>Events in them.</summary>
    public long Events { get; private set; }

    /// <summary>Events that cannot be read for damage, as far as the trace shows.</summary>
    public long EventsUnread => Damages.Count > 0 ? _unread.Count : 0;

    /// <summary>Whether the recorder's end record is there.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>Events lost while recording.</summary>
    public long Lost { get; private set; }

    /// <summary>Reads a trace to its end.</summary>
    /// <exception cref="TraceException">It is no trace, or one of a newer major version.</exception>
    public static TraceVerifier Of(Stream trace)
    {
        var verifier = new TraceVerifier { _reader = new TraceReader(trace) };
        verifier._reader.Read(verifier);
        verifier._unread.OnFinish();
        return verifier;
    }

    void ITraceVisitor.OnBlockHeader(BlockHeader header)
    {
        _unread.OnBlockHeader(header);
        _announced = header;
        _offset = _reader.Offset;
    }

    void ITraceVisitor.OnEvents(EventBlock block)
    {
        Blocks++;
        Events += block.Rows;
        _unread.OnEvents(block.Rows);
        if (_announced is { } header && !header.Describes(block.Describe()))
            Damages.Add(new TraceDamage(TraceFault.BadHeader, _offset, "a block header that fits its events", "one that does not"));
        _announced = null;
    }

    void ITraceVisitor.OnBadBlockHeader(TraceDamage damage)
    {
        _announced = null;
        Damages.Add(damage);
    }

    void ITraceVisitor.OnHeader(TraceHeader header)
    {
        _unread.OnHeader();
        IsFinished = false;
    }

    void ITraceVisitor.OnLoss(in LossRecord loss) => Lost += loss.Count;

    void ITraceVisitor.OnEnd(TraceEnd end)
    {
        _unread.OnEnd(end);
        IsFinished = true;
    }

    void ITraceVisitor.OnDamage(TraceDamage damage)
    {
        _announced = null;
        Damages.Add(damage);
    }
}
