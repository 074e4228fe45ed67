namespace TcpTracer.Formats.Traces;

/// <summary>What a reader does with blocks of events.</summary>
[Flags]
public enum EventReading
{
    /// <summary>It unpacks each block.</summary>
    Unpack = 0,

    /// <summary>It passes blocks on packed, so that other threads can unpack them.</summary>
    LeavePacked = 1,

    /// <summary>It asks the visitor which blocks it may skip.</summary>
    Choose = 2,
}
