namespace TcpTracer.Replay.Comparison;

/// <summary>How an edge differs, in the order in which changes are shown.</summary>
public enum ChangeKind
{
    /// <summary>Only the second trace has it.</summary>
    Appeared,

    /// <summary>Only the first trace has it.</summary>
    Vanished,

    /// <summary>A larger share of its connects fails.</summary>
    BeganToFail,

    /// <summary>A smaller share of its connects fails.</summary>
    StoppedFailing,

    /// <summary>Its connects, or the waits for its accepts, take longer.</summary>
    Slower,

    /// <summary>They take less time.</summary>
    Faster,

    /// <summary>More connections a minute.</summary>
    More,

    /// <summary>Fewer connections a minute.</summary>
    Fewer,

    /// <summary>A larger share of its connections ends with a reset or another disorder.</summary>
    BrokeMore,

    /// <summary>A smaller share of them does.</summary>
    BrokeLess,
}
