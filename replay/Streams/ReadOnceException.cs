namespace TcpTracer.Replay.Streams;

/// <summary>The command must read the trace twice, or from behind. This one is a pipe or packed, and can be read only once.</summary>
public sealed class ReadOnceException : Exception;
