using MessagePack;

namespace TcpTracer.Formats.Records;

/// <summary>The kinds of damage of a trace.</summary>
public enum TraceFault
{
    /// <summary>The file does not begin like a trace.</summary>
    NotATrace,

    /// <summary>The trace needs a newer version of the reader.</summary>
    TooNew,

    /// <summary>The file ends inside a record; everything before it is good.</summary>
    CutTail,

    /// <summary>There are bytes that are not a frame.</summary>
    NoFrame,

    /// <summary>A frame does not follow the specification, or breaks its limits.</summary>
    BadFrame,

    /// <summary>A checksum is wrong.</summary>
    BadChecksum,

    /// <summary>A record cannot be decoded.</summary>
    BadRecord,

    /// <summary>There is a gap in the numbers of the blocks.</summary>
    MissingBlock,

    /// <summary>A block is repeated, or comes later than its number says.</summary>
    OutOfOrder,

    /// <summary>A block header does not agree with its record.</summary>
    BadHeader,
}

/// <summary>One damage in a file.</summary>
/// <param name="Fault">The kind of damage.</param>
/// <param name="Offset">The offset of the damaged frame in the file, in bytes.</param>
/// <param name="Expected">What should be there.</param>
/// <param name="Actual">What is there.</param>
public sealed record TraceDamage(TraceFault Fault, long Offset, string Expected, string Actual);

/// <summary>A file cannot be read as a trace at all.</summary>
/// <param name="damage">What is wrong.</param>
public sealed class TraceException(TraceDamage damage) : Exception($"{damage.Fault} at offset {damage.Offset}")
{
    /// <summary>What is wrong.</summary>
    public TraceDamage Damage { get; } = damage;
}

/// <summary>A record cannot be decoded. The reader, which knows the offset, catches it and reports a <see cref="TraceDamage"/>.</summary>
/// <param name="expected">What should be there.</param>
/// <param name="actual">What is there.</param>
/// <param name="fault">The kind of damage.</param>
internal sealed class BadRecordException(string expected, string actual, TraceFault fault = TraceFault.BadRecord)
    : Exception($"{expected}, not {actual}")
{
    private const int MostCharacters = 200;

    public string Expected { get; } = Cut(expected);

    public string Actual { get; } = Cut(actual);

    private TraceFault Fault { get; } = fault;

    /// <summary>Cuts long texts: a hostile file may have a thousand unexpected keys of any length.</summary>
    private static string Cut(string text) => text.Length <= MostCharacters ? text : text[..MostCharacters] + "...";

    /// <summary>Whether decoding bad bytes can throw this exception.</summary>
    public static bool IsOne(Exception e) => e is BadRecordException or MessagePackSerializationException or EndOfStreamException
        or OverflowException or InvalidOperationException or ArgumentOutOfRangeException;

    public static TraceDamage ToDamage(Exception e, long offset) => e is BadRecordException bad
        ? new TraceDamage(bad.Fault, offset, bad.Expected, bad.Actual)
        : new TraceDamage(TraceFault.BadRecord, offset, "a MessagePack record", "bytes that do not decode as one");
}
