namespace TcpTracer.Formats.Sinks;

/// <summary>What a sink takes of a batch beside its events. Workers prepare that and nothing else.</summary>
[Flags]
public enum BatchParts
{
    /// <summary>The sink takes event by event.</summary>
    None = 0,

    /// <summary>Which ends of connections are whole.</summary>
    Ends = 1,

    /// <summary>Of the whole ends that are <see cref="WholeEnd.IsPlain"/>: who calls whom, and numbers. It needs <see cref="Ends"/>.</summary>
    Calls = 2,

    /// <summary>How many events there are of which kind, and when.</summary>
    Counts = 4,
}
