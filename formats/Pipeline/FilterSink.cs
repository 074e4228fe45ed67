using TcpTracer.Formats.Events;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Pipeline;

/// <summary>Lets the wanted events through, and everything that is not an event: loss survives every filter.</summary>
public sealed class FilterSink(EventFilter filter, IEventSink next) : IEventSink
{
    private const int NamespacesToName = 5;
    private readonly SortedSet<string> _hiddenNamespaces = new(StringComparer.Ordinal);

    /// <summary>A few of the namespaces of events that were kept back.</summary>
    public IReadOnlyCollection<string> HiddenNamespaces => _hiddenNamespaces;

    /// <summary>Events let through.</summary>
    public long Passed { get; private set; }

    /// <summary>Events kept back.</summary>
    public long Hidden { get; private set; }

    /// <summary>Of these, connections older than the recorder: hidden until asked for.</summary>
    public long HiddenExisting { get; private set; }

    /// <inheritdoc/>
    public void OnEvent(in TcpEvent e)
    {
        if (filter.Matches(in e))
        {
            Passed++;
            next.OnEvent(in e);
        }
        else
        {
            Hidden++;
            if (filter.LooksAtWorkload && _hiddenNamespaces.Count < NamespacesToName)
                _hiddenNamespaces.Add(e.Workload.Namespace.ToString());
            if (e.Operation == Operation.Existing)
                HiddenExisting++;
        }
    }

    /// <inheritdoc/>
    public void OnClock(in ClockSample sample) => next.OnClock(in sample);

    /// <inheritdoc/>
    public void OnWorkloads(WorkloadChange change, WorkloadView view) => next.OnWorkloads(change, view);

    /// <inheritdoc/>
    public void OnLoss(in LossRecord loss) => next.OnLoss(in loss);

    /// <inheritdoc/>
    public void OnPause() => next.OnPause();
}
