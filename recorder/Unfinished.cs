namespace TcpTracer.Recorder;

/// <summary>What came to no end while it was recorded.</summary>
/// <param name="Open">Connections that are open.</param>
/// <param name="Closing">Connections that their owner has closed, and TCP has not finished.</param>
/// <param name="Unanswered">Connects without an answer yet.</param>
/// <param name="NeverAccepted">Connections that their listener never accepted.</param>
/// <param name="HandshakesDropped">SYNs and last segments of handshakes that listeners dropped because their accept queue was full.</param>
public readonly record struct Unfinished(long Open, long Closing, long Unanswered, long NeverAccepted, long HandshakesDropped);
