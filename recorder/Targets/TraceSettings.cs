using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Targets;

/// <summary>How every trace of a recording begins, and how it is written.</summary>
/// <param name="Header">The header record.</param>
/// <param name="FlushInterval">The longest time that an event is kept in memory before it is written.</param>
/// <param name="Known">The names that are known at the start; null: names are not recorded.</param>
/// <param name="Metadata">Which names go into the trace.</param>
public sealed record TraceSettings(TraceHeader Header, TimeSpan FlushInterval, WorkloadView? Known, MetadataScope Metadata)
{
    /// <summary>Says at the end how the sources of names did; null: that is not known.</summary>
    public Func<NamesAtEnd>? NamesAtEnd { get; init; }

    internal TraceWriter Begin(Stream to, Action<WorkloadChange>? metadataComing = null) =>
        new(to, Header, FlushInterval, Known, Metadata, metadataComing) { NamesAtEnd = NamesAtEnd };
}
