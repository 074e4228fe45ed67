using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Sinks;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Replay.Summaries;

/// <summary>
/// Adds up connections in groups: each once, also where both of its ends are in the traces. Its memory is bounded, as that of
/// <see cref="TraceOverview"/>, which follows as many connections: so both count alike.
/// </summary>
public sealed class ConnectionSummary
{
    private readonly TraceEventSource _source;
    private readonly TraceSummary _groups;

    /// <param name="selection">Which events the connections are made of.</param>
    /// <param name="groups">Takes the connections.</param>
    public ConnectionSummary(TraceSelection selection, TraceSummary groups)
    {
        _groups = groups;
        Tracker = new ConnectionTracker(new Rows(groups), TraceOverview.MostOpen)
        {
            IsNothingKept = true, CalledEnds = new CalledEnds(),
        };
        _source = new TraceEventSource(selection, Tracker, Environment.ProcessorCount) { Allowance = groups.Allowance };
    }

    /// <summary>Makes connections of the events.</summary>
    public ConnectionTracker Tracker { get; }

    /// <summary>Reads one file.</summary>
    /// <param name="trace">At its beginning; not closed.</param>
    public void Run(Stream trace) => _source.Run(trace);

    /// <summary>All files have been read.</summary>
    /// <returns>What is wrong with them, where so short files have too many names of groups; null: nothing.</returns>
    public TraceDamage? Finish()
    {
        Tracker.Finish();
        if (!_groups.Allowance.IsSpent)
            return null;
        var damage = new TraceDamage(TraceFault.BadRecord, 0,
            $"no more than {_groups.Allowance.Limit} bytes of names in groups of so short a trace", "more: the others are not added up");
        _source.Selection.Findings.Add(damage);
        return damage;
    }

    private sealed class Rows(TraceSummary groups) : IEventSink
    {
        public void OnEvent(in TcpEvent e) => groups.AddConnection(in e);
    }
}
