using TcpTracer.Formats.Events;
using TcpTracer.Formats.TraceFile;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Replay;

/// <summary>By what the events of a trace are named.</summary>
public enum Enrichment
{
    /// <summary>By what was known when each was recorded: what live printed.</summary>
    AsSeen,

    /// <summary>By everything that the trace knows, also what its recorder learned too late.</summary>
    Hindsight,
}

/// <summary>What is known of pods and addresses, as a trace is read.</summary>
internal sealed class TraceNames
{
    private readonly Queue<WorkloadView> _hindsight;
    private readonly bool _asSeen;

    private TraceNames(bool asSeen, IEnumerable<WorkloadView> hindsight)
    {
        _asSeen = asSeen;
        _hindsight = new Queue<WorkloadView>(hindsight);
    }

    /// <summary>What holds for the events that are read now.</summary>
    public WorkloadView View { get; private set; } = WorkloadView.Empty;

    /// <summary>For one trace; hindsight reads it once before.</summary>
    /// <exception cref="NotSupportedException">Hindsight, of what can be read only once.</exception>
    public static TraceNames For(Stream trace, Enrichment enrichment)
    {
        if (enrichment == Enrichment.AsSeen)
            return new TraceNames(asSeen: true, []);
        var all = new Collector();
        new TraceReader(trace, EventReading.Choose, readAhead: 4096).Read(all);
        trace.Position = 0;
        return new TraceNames(asSeen: false, all.Views);
    }

    public void OnHeader(TraceHeader header) => View = _hindsight.TryDequeue(out WorkloadView? view) ? view : new WorkloadView(new SafeText(header.Node));

    public void OnWorkloads(WorkloadChange change)
    {
        if (_asSeen)
            View = View.With(change);
    }

    /// <summary>Reads nothing but the names, one view for each trace in the file.</summary>
    private sealed class Collector : ITraceVisitor
    {
        public List<WorkloadView> Views { get; } = [];

        public void OnHeader(TraceHeader header) => Views.Add(new WorkloadView(new SafeText(header.Node)));

        public void OnWorkloads(WorkloadChange change)
        {
            if (Views.Count > 0)
                Views[^1] = Views[^1].WithAllOf(change);
        }

        public bool PassesOver(BlockHeader header) => true;

        public void OnEvents(EventBlock block)
        {
            // only names
        }

        public void OnClock(in ClockSample sample)
        {
            // only names
        }

        public void OnLoss(in LossRecord loss)
        {
            // only names
        }

        public void OnEnd(TraceEnd end)
        {
            // only names
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
