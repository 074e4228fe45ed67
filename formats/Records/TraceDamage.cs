using MessagePack;

namespace TcpTracer.Formats.Records;

/// <summary>What can be wrong with a trace file: a closed vocabulary.</summary>
public enum TraceFault
{
    /// <summary>It does not begin as a trace.</summary>
    NotATrace,

    /// <summary>It needs a newer version.</summary>
    TooNew,

    /// <summary>It ends within a record; all before it is good.</summary>
    CutTail,

    /// <summary>Bytes that are no frame.</summary>
    NoFrame,

    /// <summary>A frame that is not as the specification wants it, or beyond its limits.</summary>
    BadFrame,

    /// <summary>A checksum does not fit.</summary>
    BadChecksum,

    /// <summary>A record that does not decode.</summary>
    BadRecord,

    /// <summary>A gap in the sequence of blocks.</summary>
    MissingBlock,

    /// <summary>A block is there again, or later than it belongs.</summary>
    OutOfOrder,

    /// <summary>A block header that says something else than its record.</summary>
    BadHeader,
}

/// <summary>One damage: where, what was expected, what was there.</summary>
/// <param name="Fault">Which kind.</param>
/// <param name="Offset">Byte offset in the file at which the damaged frame begins.</param>
/// <param name="Expected">What should be there.</param>
/// <param name="Actual">What is there.</param>
public sealed record TraceDamage(TraceFault Fault, long Offset, string Expected, string Actual);

/// <summary>A trace cannot be read at all.</summary>
public sealed class TraceException(TraceDamage damage) : Exception($"{damage.Fault} at offset {damage.Offset}")
{
    /// <summary>What is wrong.</summary>
    public TraceDamage Damage { get; } = damage;
}

/// <summary>A record does not decode; caught by the reader, which knows the offset.</summary>
/// <param name="expected">What should be there.</param>
/// <param name="actual">What is there.</param>
/// <param name="fault">Which kind of damage it is.</param>
internal sealed class BadRecordException(string expected, string actual, TraceFault fault = TraceFault.BadRecord) : Exception($"{expected}, not {actual}")
{
    private const int MostCharacters = 200;

    public string Expected { get; } = Cut(expected);

    public string Actual { get; } = Cut(actual);

    private TraceFault Fault { get; } = fault;

    /// <summary>A key or a kind that was not expected may be of any length, and there may be a thousand of them.</summary>
    private static string Cut(string text) => text.Length <= MostCharacters ? text : text[..MostCharacters] + "...";

    /// <summary>Whether an exception is one that decoding strangers' bytes can throw.</summary>
    public static bool IsOne(Exception e) => e is BadRecordException or MessagePackSerializationException or EndOfStreamException
        or OverflowException or InvalidOperationException or ArgumentOutOfRangeException;

    public static TraceDamage ToDamage(Exception e, long offset) => e is BadRecordException bad
        ? new TraceDamage(bad.Fault, offset, bad.Expected, bad.Actual)
        : new TraceDamage(TraceFault.BadRecord, offset, "a MessagePack record", "bytes that do not decode as one");
}
