using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>The body of a watch: one JSON object a line, for as long as it lasts.</summary>
internal static class JsonLines
{
    private const int BufferSize = 32 * 1024;
    private const int LongestLine = 16 << 20; // etcd takes objects of 1.5 MB

    /// <summary>Each line is valid until the next is asked for. What a cut connection leaves of a line is dropped.</summary>
    public static async IAsyncEnumerable<ReadOnlySequence<byte>> ReadAsync(Stream body, [EnumeratorCancellation] CancellationToken cancellation)
    {
        PipeReader reader = PipeReader.Create(body, new StreamPipeReaderOptions(bufferSize: BufferSize));
        while (true)
        {
            ReadResult read = await reader.ReadAsync(cancellation).ConfigureAwait(false);
            ReadOnlySequence<byte> rest = read.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                ReadOnlySequence<byte> line = rest.Slice(0, end);
                rest = rest.Slice(rest.GetPosition(1, end));
                if (!line.IsEmpty)
                    yield return line;
            }
            if (read.IsCompleted)
                yield break;
            if (rest.Length > LongestLine)
                throw new IOException($"a line of more than {LongestLine} bytes");
            reader.AdvanceTo(rest.Start, rest.End);
        }
    }

    /// <summary>The value of the property <c>type</c>, wherever it stands.</summary>
    public static string TypeOf(ReadOnlySequence<byte> line)
    {
        var reader = new Utf8JsonReader(line);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isType = reader.ValueTextEquals("type"u8);
            reader.Read();
            if (isType)
                return reader.GetString() ?? "";
            reader.Skip();
        }
        return "";
    }
}
