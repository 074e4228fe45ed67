namespace TcpTracer.Formats.Sinks;

/// <summary>What a sink takes of a batch beside its events. Workers prepare that and nothing else.</summary>
[Flags]
public enum BatchParts
{
    /// <summary>The sink takes event by event.</summary>
    None = 0,

    /// <summary>Which ends of connections are whole.</summary>
    Ends = 1,

    /// <summary>
    /// Who calls whom in those of the whole ends that are <see cref="WholeEnd.IsPlain"/>, and sums of them. It needs <see cref="Ends"/>.
    /// </summary>
    Calls = 2,

    /// <summary>How many events there are of which kind, and when. It needs <see cref="Ends"/>.</summary>
    Counts = 4,
}
