using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Replay.Copies;

/// <summary>What a copy changes of everything that it writes. A record that passes through none of these is not in the copy.</summary>
internal interface ICopyChange
{
    /// <summary>Who recorded.</summary>
    TraceHeader Of(TraceHeader header);

    /// <summary>An event, but for its names.</summary>
    TcpEvent Of(in TcpEvent e);

    /// <summary>Names.</summary>
    WorkloadChange Of(WorkloadChange change);

    /// <summary>The clocks.</summary>
    ClockSample Of(in ClockSample clock);

    /// <summary>A loss.</summary>
    LossRecord Of(in LossRecord loss);

    /// <summary>The end.</summary>
    TraceEnd Of(TraceEnd end);
}
