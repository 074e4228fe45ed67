using System.Text;

namespace TcpTracer.Formats.Events;

/// <summary>Why a connection ended. The kernel probes and trace files use these numbers: never change one.</summary>
public enum Reason : byte
{
    /// <summary>The event is not the end of a connection.</summary>
    None = 0,

    /// <summary>An orderly close: this end sent the first FIN.</summary>
    Close = 1,

    /// <summary>An orderly close: the other end sent the first FIN.</summary>
    PeerClose = 2,

    /// <summary>The kernel closed it because its process ended.</summary>
    Exit = 3,

    /// <summary>This end sent a reset: it was closed with unread data or with SO_LINGER 0, or data came after it was closed.</summary>
    ResetSent = 4,

    /// <summary>The other end sent a reset.</summary>
    ResetReceived = 5,

    /// <summary>TCP gave up: retransmissions or keep-alive probes had no answer.</summary>
    TimedOut = 6,

    /// <summary>An administrator destroyed the socket, for example by <c>ss -K</c>.</summary>
    Killed = 7,

    /// <summary>The owner gave up its connect() before there was an outcome.</summary>
    Aborted = 8,

    /// <summary>One end sent a reset; it is not known which one.</summary>
    Reset = 9,
}

/// <summary>How the owner of an event was found. Trace files use these numbers: never change one.</summary>
public enum Attribution : byte
{
    /// <summary>The owner is not known.</summary>
    None = 0,

    /// <summary>The probe ran in the owner's own system call.</summary>
    Task = 1,

    /// <summary>The owner was noted earlier: at connect, at accept, or when the recorder started.</summary>
    Stored = 2,

    /// <summary>The process that closed the listener before it accepted the connection.</summary>
    Listener = 3,

    /// <summary>Reserved: only the cgroup is known. No recorder has written it yet.</summary>
    Cgroup = 4,

    /// <summary>Reserved: only the network namespace is known. No recorder has written it yet.</summary>
    Netns = 5,
}

/// <summary>More facts about an event. The kernel probes and trace files use these bits: never change one.</summary>
[Flags]
public enum EventFlags : byte
{
    /// <summary>No bit is set.</summary>
    None = 0,

    /// <summary>
    /// Latency and duration are not known. Either <see cref="TcpEvent.StartNs"/> is when the recorder first saw the connection, or
    /// <see cref="TcpEvent.TimestampNs"/> is when it noticed the event.
    /// </summary>
    Untimed = 1,

    /// <summary>A Multipath TCP connection.</summary>
    Mptcp = 2,

    /// <summary>The event's own hook was missed; a later hook or a search found it.</summary>
    Late = 4,

    /// <summary>connect() failed before it sent a SYN.</summary>
    NoSyn = 8,

    /// <summary>
    /// Bytes, retransmissions and round-trip time are not known. Either the end was noticed when the socket's memory was already in use
    /// again, or the connection is older than the recorder and this is its <see cref="Operation.Existing"/> event.
    /// </summary>
    Uncounted = 16,

    /// <summary>
    /// The owner has closed the connection, and TCP had not finished when the recording ended. There is no end yet, so
    /// <see cref="Untimed"/> is set, too.
    /// </summary>
    Unfinished = 32,
}

/// <summary>The words for <see cref="Reason"/> and <see cref="Attribution"/>; <c>unknown</c> for numbers of later versions.</summary>
public static class EventWords
{
    private static readonly byte[][] s_reasons =
    [
        "none"u8.ToArray(), "close"u8.ToArray(), "peer-close"u8.ToArray(), "exit"u8.ToArray(), "reset-sent"u8.ToArray(),
        "reset-received"u8.ToArray(), "timed-out"u8.ToArray(), "killed"u8.ToArray(), "aborted"u8.ToArray(), "reset"u8.ToArray(),
    ];

    private static readonly byte[][] s_attributions =
    [
        "none"u8.ToArray(), "task"u8.ToArray(), "stored"u8.ToArray(), "listener"u8.ToArray(), "cgroup"u8.ToArray(), "netns"u8.ToArray(),
    ];

    /// <summary>All words for reasons.</summary>
    public static IReadOnlyList<string> Reasons { get; } = [.. s_reasons.Select(Encoding.ASCII.GetString)];

    /// <summary>All words for attributions, also those that no recorder has written.</summary>
    public static IReadOnlyList<string> Attributions { get; } = [.. s_attributions.Select(Encoding.ASCII.GetString)];

    /// <summary>The words for the attributions that recorders write.</summary>
    public static IEnumerable<string> WrittenAttributions =>
        Attributions.Where((_, i) => (Attribution)i is not (Attribution.Cgroup or Attribution.Netns));

    /// <summary>What stands for the error of a connect that its owner gave up: it has no errno.</summary>
    public static string Aborted { get; } = Encoding.ASCII.GetString(Of(Reason.Aborted));

    /// <summary>What stands for the error of a connection that its listener never accepted.</summary>
    public const string NeverAccepted = "never accepted";

    /// <summary>The word for a reason, in UTF-8.</summary>
    public static ReadOnlySpan<byte> Of(Reason reason) => (int)reason < s_reasons.Length ? s_reasons[(int)reason] : "unknown"u8;

    /// <summary>The word for an attribution, in UTF-8.</summary>
    public static ReadOnlySpan<byte> Of(Attribution attribution) =>
        (int)attribution < s_attributions.Length ? s_attributions[(int)attribution] : "unknown"u8;
}
