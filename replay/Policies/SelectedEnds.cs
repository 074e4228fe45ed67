using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;

namespace TcpTracer.Replay.Policies;

/// <summary>
/// Which ends of connections a selection means. Policies are made of all that a workload did, because a rule that is missing denies. So a
/// selection does not choose what is read, but whom it is about.
/// </summary>
/// <param name="filter">The selection; null: all ends.</param>
public sealed class SelectedEnds(EventFilter? filter)
{
    /// <summary>Whether all ends are meant.</summary>
    public bool IsAll => filter is null;

    /// <summary>Whether an end is meant: an event of its own is selected.</summary>
    public bool Has(ConnectionEnd end) => filter is null || filter.Matches(in end.Opening) || filter.Matches(in end.Latest);

    /// <summary>Whether an end of a connection is meant.</summary>
    public bool HasAnyOf(Connection connection) => Has(connection.Near) || (connection.Far is { } far && Has(far));
}
