using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Tests.Formats.TraceFile;

/// <summary>Everything that a reader finds in a trace.</summary>
internal sealed class TraceContents : ITraceVisitor
{
    public List<TcpEvent> Events { get; } = [];

    public List<TraceHeader> Headers { get; } = [];

    public List<ClockSample> Clocks { get; } = [];

    public List<LossRecord> Losses { get; } = [];

    public List<WorkloadChange> Workloads { get; } = [];

    public List<TraceDamage> Damages { get; } = [];

    public List<string> Unknown { get; } = [];

    public List<int> BlockSizes { get; } = [];

    public TraceEnd? End { get; private set; }

    /// <summary>Why the file could not be read at all; null: it could.</summary>
    public TraceDamage? Refusal { get; private set; }

    public static TraceContents Of(byte[] trace) => Of(new MemoryStream(trace));

    public static TraceContents Of(Stream trace)
    {
        var contents = new TraceContents();
        try
        {
            new TraceReader(trace).Read(contents);
        }
        catch (TraceException e)
        {
            contents.Refusal = e.Damage;
        }
        return contents;
    }

    public void OnHeader(TraceHeader header) => Headers.Add(header);

    public void OnEvents(EventBlock block)
    {
        BlockSizes.Add(block.Rows);
        Unknown.AddRange(block.UnknownEncodings);
        for (int row = 0; row < block.Rows; row++)
        {
            block.Read(row, out TcpEvent e);
            Events.Add(e);
        }
    }

    public void OnClock(in ClockSample sample) => Clocks.Add(sample);

    public void OnLoss(in LossRecord loss) => Losses.Add(loss);

    public void OnWorkloads(WorkloadChange change) => Workloads.Add(change);

    public void OnEnd(TraceEnd end) => End = end;

    public void OnDamage(TraceDamage damage) => Damages.Add(damage);

    public void OnUnknown(string kind) => Unknown.Add(kind);
}

/// <summary>All parts of an event that are not derived from others. They can be compared, and printed where they differ.</summary>
internal sealed record EventFields(
    long TimestampNs, long StartNs, uint StartCpu, Operation Operation, Reason Reason, Attribution Attribution, EventFlags Flags,
    ushort Error, ushort Sport, ushort Dport,
    int Fd, Address Saddr, Address Daddr, ProcessIdentity Process, ProcessName Other, ulong Sent, ulong Received, uint Retransmits,
        uint SrttUs, ulong Flow, long CloseNs,
        ulong FarCgroup, ulong FarCgroupV1)
{
    public static EventFields Of(TcpEvent e) => new(e.TimestampNs, e.StartNs, e.StartCpu, e.Operation, e.Reason, e.Attribution, e.Flags,
        e.Error, e.Sport, e.Dport,
        e.Fd, e.Saddr, e.Daddr, e.Process, e.Other, e.Sent, e.Received, e.Retransmits, e.SrttUs, e.Flow, e.CloseNs,
        e.FarCgroup, e.FarCgroupV1);
}
