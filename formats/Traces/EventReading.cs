namespace TcpTracer.Formats.Traces;

/// <summary>What a reader does with blocks of events.</summary>
[Flags]
public enum EventReading
{
    /// <summary>Unpacks each, in turn.</summary>
    Unpack = 0,

    /// <summary>Hands them over packed, for others to unpack.</summary>
    LeavePacked = 1,

    /// <summary>Asks the visitor which can be passed over.</summary>
    Choose = 2,
}
