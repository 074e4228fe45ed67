using TcpTracer.Formats.Sinks;

namespace TcpTracer.Cli.Handlers.Cluster;

/// <summary>What is wanted of each node.</summary>
internal sealed record StreamRequest
{
    /// <summary>The command that an agent's container runs.</summary>
    public IReadOnlyList<string> Command { get; init; } = ["tcptracer", "agent", "stream"];

    /// <summary>The options of that command.</summary>
    public required IReadOnlyList<string> Options { get; init; }

    /// <summary>From when on, in nanoseconds since 1970; null: from now on.</summary>
    public long? SinceNs { get; init; }

    /// <summary>Whether the stream goes on.</summary>
    public required bool Follow { get; init; }

    /// <summary>Who gets the events of a node.</summary>
    public required Func<NodeStream, IEventSink> SinkOf { get; init; }

    /// <summary>The bytes of a stream, perhaps kept as they are read.</summary>
    public Func<NodeStream, Stream, Stream> Kept { get; init; } = (_, stream) => stream;
}
