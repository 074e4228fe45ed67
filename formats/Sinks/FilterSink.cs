using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Sinks;

/// <summary>Lets the wanted events through, and everything that is not an event: loss survives every filter.</summary>
public sealed class FilterSink(EventFilter filter, IEventSink next) : IEventSink
{
    private const int NamespacesToName = 5;
    private readonly EventFilter? _byExisting = filter.AddedByExisting(), _ofAllNamespaces = filter.OfAllNamespaces();
    private readonly SortedSet<string> _hiddenNamespaces = new(StringComparer.Ordinal);

    /// <summary>Events let through.</summary>
    public long Passed { get; private set; }

    /// <summary>Events kept back.</summary>
    public long Hidden { get; private set; }

    /// <summary>Of these, connections older than the recorder that --existing would show.</summary>
    public long ShownByExisting { get; private set; }

    /// <summary>Of the others, those that -A would show.</summary>
    public long ShownByAllNamespaces { get; private set; }

    /// <summary>A few of their namespaces.</summary>
    public IReadOnlyCollection<string> HiddenNamespaces => _hiddenNamespaces;

    /// <inheritdoc/>
    public void OnEvent(in TcpEvent e)
    {
        if (filter.Matches(in e))
        {
            Passed++;
            next.OnEvent(in e);
            return;
        }
        Hidden++;
        if (Passed > 0)
            return; // what is hidden is told only where it is everything
        if (_byExisting?.Matches(in e) == true)
        {
            ShownByExisting++;
        }
        else if (_ofAllNamespaces?.Matches(in e) == true)
        {
            ShownByAllNamespaces++;
            if (_hiddenNamespaces.Count < NamespacesToName)
                _hiddenNamespaces.Add(e.Workload.Namespace.ToString());
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
