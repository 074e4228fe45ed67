using TcpTracer.Formats.Events;
using TcpTracer.Formats.Pipeline;
using TcpTracer.Formats.TraceFile;

namespace TcpTracer.Replay;

/// <summary>Events from a trace: the same as live, to whoever takes them.</summary>
public sealed class TraceEventSource(IEventSink sink) : ITraceVisitor
{
    private Workload _host = Workload.Host("");

    /// <summary>Everything that is wrong with it.</summary>
    public List<TraceDamage> Damages { get; } = [];

    /// <summary>Whether the last record is the recorder's own end.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>Events in it.</summary>
    public long Events { get; private set; }

    /// <summary>Events that had been lost when it was recorded, by cause.</summary>
    public Dictionary<LossSource, long> Lost { get; } = [];

    /// <summary>What this version does not know and passed over: record kinds and column encodings.</summary>
    public HashSet<string> Unknown { get; } = [];

    /// <summary>Hands everything to the sink.</summary>
    /// <exception cref="TraceException">It is no trace, or one of a newer major version.</exception>
    public void Run(Stream from)
    {
        IsFinished = false;
        new TraceReader(from).Read(this);
        sink.OnPause();
    }

    void ITraceVisitor.OnHeader(TraceHeader header)
    {
        IsFinished = false;
        _host = Workload.Host(header.Node);
    }

    void ITraceVisitor.OnEvents(EventBlock block)
    {
        Unknown.UnionWith(block.UnknownEncodings);
        for (int row = 0; row < block.Rows; row++)
        {
            block.Read(row, out TcpEvent e);
            e.Workload = _host;
            sink.OnEvent(in e);
        }
        Events += block.Rows;
    }

    void ITraceVisitor.OnClock(in ClockSample sample) => sink.OnClock(in sample);

    void ITraceVisitor.OnLoss(in LossRecord loss)
    {
        Lost[loss.Source] = Lost.GetValueOrDefault(loss.Source) + loss.Count;
        sink.OnLoss(in loss);
    }

    void ITraceVisitor.OnEnd(TraceEnd end) => IsFinished = true;

    void ITraceVisitor.OnDamage(TraceDamage damage) => Damages.Add(damage);

    void ITraceVisitor.OnUnknown(string kind) => Unknown.Add(kind);
}
