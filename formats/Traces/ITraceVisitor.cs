using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Traces;

/// <summary>
/// Gets the records of a trace, one by one. A visitor must handle headers, events and damages; everything else is optional. References are
/// valid only during the call.
/// </summary>
public interface ITraceVisitor
{
    /// <summary>A trace begins. A file has several traces if traces were concatenated.</summary>
    void OnHeader(TraceHeader header);

    /// <summary>A block of events was read.</summary>
    void OnEvents(EventBlock block);

    /// <summary>The clocks were read here.</summary>
    void OnClock(in ClockSample sample)
    {
    }

    /// <summary>Events were lost here.</summary>
    void OnLoss(in LossRecord loss)
    {
    }

    /// <summary>Names became known here.</summary>
    void OnWorkloads(WorkloadChange change)
    {
    }

    /// <summary>The recording ended here.</summary>
    void OnEnd(TraceEnd end)
    {
    }

    /// <summary>Something is wrong here; the reader goes on after it.</summary>
    void OnDamage(TraceDamage damage);

    /// <summary>A record was skipped, because this version does not know its kind.</summary>
    void OnUnknown(string kind)
    {
    }

    /// <summary>A block of events was read that is still packed (<see cref="EventReading.LeavePacked"/>). The visitor owns it.</summary>
    void OnPackedEvents(PackedBlock block) => throw new NotSupportedException();

    /// <summary>A block header was read; its record follows.</summary>
    void OnBlockHeader(BlockHeader header)
    {
    }

    /// <summary>A block header is damaged. Its record is read without it and may be good, so only a search for damage needs this.</summary>
    void OnBadBlockHeader(TraceDamage damage)
    {
    }

    /// <summary>A record was good.</summary>
    /// <param name="kind">The name of its kind.</param>
    /// <param name="raw">The record as MessagePack, valid only during the call.</param>
    void OnRecord(string kind, ReadOnlySpan<byte> raw)
    {
    }

    /// <summary>Asks whether to skip a block of events (<see cref="EventReading.Choose"/>). The block is complete in the file.</summary>
    /// <param name="header">Its block header.</param>
    /// <returns>Whether to skip it.</returns>
    bool PassesOver(BlockHeader header) => false;
}
