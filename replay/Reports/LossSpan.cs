using TcpTracer.Formats.Events;

namespace TcpTracer.Replay.Reports;

/// <summary>A time in which events were lost.</summary>
/// <param name="FromNs">Its beginning, in nanoseconds since 1970.</param>
/// <param name="ToNs">Its end, in nanoseconds since 1970.</param>
/// <param name="Source">Where they were lost.</param>
/// <param name="Count">How many.</param>
internal sealed record LossSpan(long FromNs, long ToNs, LossSource Source, long Count);
