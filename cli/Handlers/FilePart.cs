using TcpTracer.Replay.Reading;

namespace TcpTracer.Cli.Handlers;

/// <summary>A file, from a place in it to its end.</summary>
internal sealed record FilePart(string File, EventPlace From = default);
