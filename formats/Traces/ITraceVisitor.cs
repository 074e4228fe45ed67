using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Traces;

/// <summary>Takes a trace apart, record by record. A visitor leaves out what is nothing to it, but for events and damages.</summary>
public interface ITraceVisitor
{
    /// <summary>A trace begins; more than one where files were concatenated.</summary>
    void OnHeader(TraceHeader header);

    /// <summary>A block of events.</summary>
    void OnEvents(EventBlock block);

    /// <summary>The clocks were sampled.</summary>
    void OnClock(in ClockSample sample)
    {
    }

    /// <summary>Events were lost here.</summary>
    void OnLoss(in LossRecord loss)
    {
    }

    /// <summary>Names of pods and containers became known here.</summary>
    void OnWorkloads(WorkloadChange change)
    {
    }

    /// <summary>The recorder finished.</summary>
    void OnEnd(TraceEnd end)
    {
    }

    /// <summary>Something is wrong here; reading goes on behind it.</summary>
    void OnDamage(TraceDamage damage);

    /// <summary>A record of a kind that this version does not know was passed over.</summary>
    void OnUnknown(string kind)
    {
    }

    /// <summary>A block of events that is still packed, for <see cref="EventReading.LeavePacked"/>.</summary>
    void OnPackedEvents(PackedBlock block) => throw new NotSupportedException();

    /// <summary>A record is announced by its block header.</summary>
    void OnBlockHeader(BlockHeader header)
    {
    }

    /// <summary>
    /// A block header does not check. Its record is read without it, and may be good: of interest only to who looks for damage.
    /// </summary>
    void OnBadBlockHeader(TraceDamage damage)
    {
    }

    /// <summary>A record was good: its kind by name, and its bytes, which stay only during the call.</summary>
    void OnRecord(string kind, ReadOnlySpan<byte> raw)
    {
    }

    /// <summary>
    /// A block of events, which is there to its end, may be passed over unseen, for <see cref="EventReading.Choose"/>: by what its header
    /// says.
    /// </summary>
    /// <returns>Whether it is passed over.</returns>
    bool PassesOver(BlockHeader header) => false;
}
