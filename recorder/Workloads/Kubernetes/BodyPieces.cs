using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>
/// Reads a body piece by piece: the lines of a watch, or the objects of a list. Only one piece is in memory at a time, and none
/// may be longer than <see cref="ApiLimits.LongestPiece"/> (<see cref="TooMuchException"/>). A piece is valid until the next one
/// is asked for. The caller keeps the body.
/// </summary>
internal static class BodyPieces
{
    private const int BufferSize = 32 * 1024, BytesAsOneLine = 4096;

    /// <summary>The lines, each a JSON object, until the body ends. If the connection breaks within a line, that line is dropped.</summary>
    public static async IAsyncEnumerable<ReadOnlySequence<byte>> LinesAsync(
        Stream body, [EnumeratorCancellation] CancellationToken cancellation)
    {
        PipeReader reader = ReaderOf(body);
        var pace = new Pace(ApiLimits.MostLines);
        try
        {
            for (long looked = 0; ;)
            {
                ReadResult read = await reader.ReadAsync(cancellation).ConfigureAwait(false);
                ReadOnlySequence<byte> rest = read.Buffer;
                while (rest.Slice(looked).PositionOf((byte)'\n') is { } end)
                {
                    ReadOnlySequence<byte> line = rest.Slice(0, end);
                    (rest, looked) = (rest.Slice(rest.GetPosition(1, end)), 0);
                    await pace.KeepAsync(1 + (int)(line.Length / BytesAsOneLine), cancellation).ConfigureAwait(false);
                    if (!line.IsEmpty)
                        yield return line;
                }
                if (read.IsCompleted)
                    yield break;
                looked = rest.Length;
                RequireShort(rest);
                reader.AdvanceTo(rest.Start, rest.End);
            }
        }
        finally
        {
            await reader.CompleteAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The body is one JSON object. Returns the elements of its array <c>items</c>, and its property <c>metadata</c>.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static async IAsyncEnumerable<(bool IsItem, ReadOnlySequence<byte> Piece)> ListAsync(
        Stream body, [EnumeratorCancellation] CancellationToken cancellation)
    {
        PipeReader reader = ReaderOf(body);
        try
        {
            var list = new ListPieces();
            long length = 0;
            for (int wanted = 1; !list.IsAtEnd;)
            {
                ReadResult read = await reader.ReadAtLeastAsync(wanted, cancellation).ConfigureAwait(false);
                ReadOnlySequence<byte> rest = read.Buffer;
                while (list.TryNext(ref rest) is { } piece)
                    yield return piece;
                if (read.IsCompleted && !list.IsAtEnd)
                    throw new JsonException("it ends in the middle");
                RequireShort(rest);
                length += read.Buffer.Length - rest.Length;
                if (length > ApiLimits.LongestPage)
                    throw new TooMuchException($"a page of more than {ApiLimits.LongestPage >> 20} MiB");
                // A piece that is not complete is parsed again from its beginning: so at least twice as much must have come
                wanted = Math.Clamp((int)rest.Length * 2, 1, ApiLimits.LongestPiece + 1);
                reader.AdvanceTo(rest.Start, rest.End);
            }
        }
        finally
        {
            await reader.CompleteAsync().ConfigureAwait(false);
        }
    }

    private static PipeReader ReaderOf(Stream body) =>
        PipeReader.Create(body, new StreamPipeReaderOptions(bufferSize: BufferSize, leaveOpen: true));

    private static void RequireShort(ReadOnlySequence<byte> rest)
    {
        if (rest.Length > ApiLimits.LongestPiece)
            throw new TooMuchException($"an object of more than {ApiLimits.LongestPiece >> 20} MiB");
    }
}
