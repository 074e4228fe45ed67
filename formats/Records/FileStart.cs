using System.Buffers.Binary;

namespace TcpTracer.Formats.Records;

/// <summary>
/// The first frame of a file: a skippable one that says what it is, so that a look at 36 bytes is enough. The header record says it again.
/// </summary>
internal static class FileStart
{
    public const uint FrameMagic = Lz4Frame.SkippableMagic;
    public const int BodyBytes = 28;
    public const int FrameBytes = 8 + BodyBytes;

    public static ReadOnlySpan<byte> Magic => "TCT1"u8;

    public static void Write(Span<byte> to, TraceHeader header)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(to, FrameMagic);
        BinaryPrimitives.WriteUInt32LittleEndian(to[4..], BodyBytes);
        Span<byte> body = to[8..];
        body.Clear();
        Magic.CopyTo(body);
        body[4] = (byte)header.Major;
        body[5] = (byte)header.Minor;
        header.RunId.TryWriteBytes(body[12..]);
    }

    /// <summary>Whether a trace can begin so, as far as these bytes go.</summary>
    public static bool CanBegin(ReadOnlySpan<byte> start)
    {
        Span<byte> frame = stackalloc byte[FrameBytes];
        Write(frame, new TraceHeader());
        int same = Math.Min(start.Length, 8 + Magic.Length);
        return start[..same].SequenceEqual(frame[..same]);
    }

    /// <summary>What little of the header it says; null if it is the start of something else.</summary>
    public static TraceHeader? TryRead(ReadOnlySpan<byte> body) => body.Length >= BodyBytes && body.StartsWith(Magic)
        ? new TraceHeader { Major = body[4], Minor = body[5], RunId = new Guid(body.Slice(12, 16)) }
        : null;
}
