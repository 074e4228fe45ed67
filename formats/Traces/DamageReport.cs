using TcpTracer.Formats.Records;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Traces;

/// <summary>
/// Reports to a visitor what is wrong with a trace. A block that is missing because of damage is reported once, as the damage.
/// </summary>
internal sealed class DamageReport
{
    private uint _nextSequence;

    /// <summary>Whether there was damage since the last good block header.</summary>
    public bool IsDamaged { get; private set; }

    /// <summary>Counts a record that was read or skipped, good or bad.</summary>
    public void CountRecord() => _nextSequence++;

    /// <summary>Reports a damage.</summary>
    /// <param name="damage">What is wrong.</param>
    /// <param name="announced">The block header of the damaged record; null: it has none, or none that is good.</param>
    /// <param name="hasHeader">Whether the visitor has got the trace's header.</param>
    /// <param name="visitor">Gets the report.</param>
    public void Report(TraceDamage damage, BlockHeader? announced, bool hasHeader, ITraceVisitor visitor)
    {
        IsDamaged = true;
        visitor.OnDamage(damage);
        // Names were lost here. An empty change says so: an unknown workload from now on means unknown, not "on the host"
        if (hasHeader && announced is { Kind: RecordKind.Metadata })
            visitor.OnWorkloads(new WorkloadChange(announced.MinTimestamp));
    }

    /// <summary>Reports blocks that are missing or repeated between two good ones.</summary>
    /// <param name="header">The header of the next block.</param>
    /// <param name="offset">Its offset in the file, in bytes.</param>
    /// <param name="visitor">Gets the report.</param>
    public void CheckSequence(BlockHeader header, long offset, ITraceVisitor visitor)
    {
        // After its header record a trace may begin with any number: a trace of a flight recorder does
        bool begins = header is { Kind: RecordKind.Header, Sequence: 0 } || (_nextSequence == 1 && header.Sequence > 0);
        if (!begins && !IsDamaged && header.Sequence != _nextSequence)
        {
            TraceFault fault = header.Sequence > _nextSequence ? TraceFault.MissingBlock : TraceFault.OutOfOrder;
            visitor.OnDamage(new TraceDamage(fault, offset, $"block {_nextSequence}", $"block {header.Sequence}"));
        }
        _nextSequence = header.Sequence;
        IsDamaged = false;
    }
}
