namespace TcpTracer.Replay.Files;

/// <summary>What was asked for takes reading a trace twice, or from behind, and this one can be read only once, from front to back.</summary>
public sealed class ReadOnceException : Exception;
