using TcpTracer.Replay.Calls;

namespace TcpTracer.Replay.Comparison;

/// <summary>One difference of an edge between two traces.</summary>
/// <param name="Kind">How it differs.</param>
/// <param name="Before">The edge in the first trace; null: it has none.</param>
/// <param name="After">The edge in the second trace; null: it has none.</param>
/// <param name="Ratio">Of what was compared, second to first; infinite where the first is 0. null: there is nothing to divide.</param>
/// <param name="P">How probable such a difference is by chance; for edges that appeared or vanished, of their rates.</param>
/// <param name="Q">The same, adjusted for the number of tests.</param>
public sealed record EdgeChange(ChangeKind Kind, Edge? Before, Edge? After, double? Ratio, double P, double Q)
{
    /// <summary>The edge, from whichever trace has it.</summary>
    public Edge Edge => (After ?? Before)!;

    /// <summary>Whether the times that were compared are waits for accept(), because no connect() was seen.</summary>
    public bool IsOfQueue => Before?.Latency.Count == 0 || After?.Latency.Count == 0;

    /// <summary>The times of one side that were compared.</summary>
    public ValueSketch TimesOf(Edge edge) => IsOfQueue ? edge.Queue : edge.Latency;
}
