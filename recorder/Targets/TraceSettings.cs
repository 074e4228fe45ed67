using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Targets;

/// <summary>What every trace of a recording begins with, and how it is written.</summary>
/// <param name="Header">Who records.</param>
/// <param name="FlushInterval">The longest that an event is held back.</param>
/// <param name="Known">What is known of pods and containers at the start; null: nothing, and nothing will.</param>
/// <param name="Metadata">How much of that goes into the trace.</param>
public sealed record TraceSettings(TraceHeader Header, TimeSpan FlushInterval, WorkloadView? Known, MetadataScope Metadata)
{
    internal TraceWriter Begin(Stream to, Action<WorkloadChange>? metadataComing = null) => new(to, Header, FlushInterval, Known, Metadata, metadataComing);
}
