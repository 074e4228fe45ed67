using System.Buffers.Binary;

namespace TcpTracer.Formats.Records;

/// <summary>
/// The first frame of a file, which is skippable. It identifies a trace by its first 36 bytes. The header record repeats its content.
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

    /// <summary>Whether a trace can begin with these bytes. They may be fewer than the whole frame.</summary>
    public static bool CanBegin(ReadOnlySpan<byte> start)
    {
        Span<byte> frame = stackalloc byte[FrameBytes];
        Write(frame, new TraceHeader());
        int same = Math.Min(start.Length, 8 + Magic.Length);
        return start[..same].SequenceEqual(frame[..same]);
    }

    /// <summary>The version and the run id, which is all of the header that the frame has; null: it is not a start frame.</summary>
    public static TraceHeader? TryRead(ReadOnlySpan<byte> body) => body.Length >= BodyBytes && body.StartsWith(Magic)
        ? new TraceHeader { Major = body[4], Minor = body[5], RunId = new Guid(body.Slice(12, 16)) }
        : null;
}
