using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;

namespace TcpTracer.Formats.Sinks;

/// <summary>Passes on the events that a filter selects, and everything that is not an event: losses pass every filter.</summary>
/// <param name="filter">Selects the events.</param>
/// <param name="next">The sink that gets them.</param>
public sealed class FilterSink(EventFilter filter, IEventSink next) : PassingSink(next)
{
    private const int NamespacesToName = 5;
    private readonly EventFilter? _byExisting = filter.AddedByExisting(), _ofAllNamespaces = filter.OfAllNamespaces();
    private readonly SortedSet<string> _hiddenNamespaces = new(StringComparer.Ordinal);

    /// <summary>Events that were passed on.</summary>
    public long Passed { get; private set; }

    /// <summary>Events that were not passed on.</summary>
    public long Hidden { get; private set; }

    /// <summary>
    /// Hidden connections that are older than the recorder: --existing would show them. Counted until the first event passes.
    /// </summary>
    public long HiddenWithoutExisting { get; private set; }

    /// <summary>Other hidden events that -A would show. Counted until the first event passes.</summary>
    public long ShownByAllNamespaces { get; private set; }

    /// <summary>The namespaces of these events, a few of them.</summary>
    public IReadOnlyCollection<string> HiddenNamespaces => _hiddenNamespaces;

    /// <inheritdoc/>
    public override void OnEvent(in TcpEvent e)
    {
        if (filter.Matches(in e))
        {
            Passed++;
            base.OnEvent(in e);
            return;
        }
        Hidden++;
        if (Passed > 0)
            return; // hidden events are reported only if nothing passed
        if (_byExisting?.Matches(in e) == true)
        {
            HiddenWithoutExisting++;
        }
        else if (_ofAllNamespaces?.Matches(in e) == true)
        {
            ShownByAllNamespaces++;
            if (_hiddenNamespaces.Count < NamespacesToName)
                _hiddenNamespaces.Add(e.Workload.Namespace.ToString());
        }
    }
}
