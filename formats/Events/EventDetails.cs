using System.Text;

namespace TcpTracer.Formats.Events;

/// <summary>Why a connection ended. The numbers are those of the kernel probes and of trace files: never change one.</summary>
public enum Reason : byte
{
    /// <summary>Does not apply.</summary>
    None = 0,

    /// <summary>Orderly; our side sent the first FIN.</summary>
    Close = 1,

    /// <summary>Orderly; the peer sent the first FIN.</summary>
    PeerClose = 2,

    /// <summary>Closed by the kernel as its process ended.</summary>
    Exit = 3,

    /// <summary>Our side reset it: it closed with unread data or SO_LINGER 0, or data came after it had closed.</summary>
    ResetSent = 4,

    /// <summary>The peer reset it.</summary>
    ResetReceived = 5,

    /// <summary>Retransmission or keep-alive gave up.</summary>
    TimedOut = 6,

    /// <summary>Destroyed by an administrator, as by <c>ss -K</c>.</summary>
    Killed = 7,

    /// <summary>A connect() given up by our own side before its outcome.</summary>
    Aborted = 8,

    /// <summary>Reset by one side or the other: nothing tells by which.</summary>
    Reset = 9,
}

/// <summary>How the owner of an event was found. The numbers are those of trace files: never change one.</summary>
public enum Attribution : byte
{
    /// <summary>Not known.</summary>
    None = 0,

    /// <summary>The task was seen doing it, in its own system call.</summary>
    Task = 1,

    /// <summary>The owner noted at connect, accept or start-up.</summary>
    Stored = 2,

    /// <summary>The process that closed the listener before it accepted the connection.</summary>
    Listener = 3,

    /// <summary>Reserved: only the cgroup is known. No recorder has written it yet.</summary>
    Cgroup = 4,

    /// <summary>Reserved: only the network namespace is known. No recorder has written it yet.</summary>
    Netns = 5,
}

/// <summary>What else is known of an event. Bits as in the kernel probes and in trace files.</summary>
[Flags]
public enum EventFlags : byte
{
    /// <summary>Nothing else.</summary>
    None = 0,

    /// <summary>
    /// <see cref="TcpEvent.StartNs"/> is when the recorder first saw the connection, or <see cref="TcpEvent.TimestampNs"/> when it noticed
    /// what had happened: no latency or duration follows.
    /// </summary>
    Untimed = 1,

    /// <summary>A Multipath TCP connection.</summary>
    Mptcp = 2,

    /// <summary>Its own kernel hook was missed; recovered from a later one, or found.</summary>
    Late = 4,

    /// <summary>A connect() that failed before anything was sent.</summary>
    NoSyn = 8,

    /// <summary>
    /// Bytes, retransmissions and round-trip time are not known: an end that was noticed when the socket's memory was in use again, or a
    /// connection that was there before the recorder, as it began.
    /// </summary>
    Uncounted = 16,

    /// <summary>
    /// Its owner has closed it, and TCP had not finished when the recording ended. <see cref="Untimed"/>, too: there is no end yet.
    /// </summary>
    Unfinished = 32,
}

/// <summary>The words for <see cref="Reason"/> and <see cref="Attribution"/>; a number where a later version knows more.</summary>
public static class EventWords
{
    private static readonly byte[][] s_reasons = ["none"u8.ToArray(), "close"u8.ToArray(), "peer-close"u8.ToArray(), "exit"u8.ToArray(), "reset-sent"u8.ToArray(),
        "reset-received"u8.ToArray(), "timed-out"u8.ToArray(), "killed"u8.ToArray(), "aborted"u8.ToArray(), "reset"u8.ToArray()];

    private static readonly byte[][] s_attributions = ["none"u8.ToArray(), "task"u8.ToArray(), "stored"u8.ToArray(), "listener"u8.ToArray(), "cgroup"u8.ToArray(), "netns"u8.ToArray()];

    /// <summary>Every word for a reason.</summary>
    public static IReadOnlyList<string> Reasons { get; } = [.. s_reasons.Select(Encoding.ASCII.GetString)];

    /// <summary>Every word for an attribution, also for those that no recorder has written.</summary>
    public static IReadOnlyList<string> Attributions { get; } = [.. s_attributions.Select(Encoding.ASCII.GetString)];

    /// <summary>The words for the attributions that recorders write.</summary>
    public static IEnumerable<string> WrittenAttributions =>
        Attributions.Where((_, i) => (Attribution)i is not (Attribution.Cgroup or Attribution.Netns));

    /// <summary>The word for a reason, in UTF-8.</summary>
    public static ReadOnlySpan<byte> Of(Reason reason) => (int)reason < s_reasons.Length ? s_reasons[(int)reason] : "unknown"u8;

    /// <summary>The word for an attribution, in UTF-8.</summary>
    public static ReadOnlySpan<byte> Of(Attribution attribution) => (int)attribution < s_attributions.Length ? s_attributions[(int)attribution] : "unknown"u8;
}
