namespace TcpTracer.Replay.Comparison;

/// <summary>How an edge differs, in the order in which changes are shown: what got worse comes first.</summary>
public enum ChangeKind
{
    /// <summary>A larger share of its connects fails.</summary>
    BeganToFail,

    /// <summary>A larger share of its connections ends with a reset or another disorder.</summary>
    BrokeMore,

    /// <summary>Its connects, or the waits for its accepts, take longer.</summary>
    Slower,

    /// <summary>Only the second trace has it.</summary>
    Appeared,

    /// <summary>Only the first trace has it.</summary>
    Vanished,

    /// <summary>More connections a minute.</summary>
    More,

    /// <summary>Fewer connections a minute.</summary>
    Fewer,

    /// <summary>A smaller share of its connects fails.</summary>
    StoppedFailing,

    /// <summary>A smaller share of its connections is broken.</summary>
    BrokeLess,

    /// <summary>They take less time.</summary>
    Faster,
}
