using TcpTracer.Formats.Traces;
using TcpTracer.Replay.Streams;

namespace TcpTracer.Cli.Handlers.Cluster;

/// <summary>A stream that is written into a file while it is read.</summary>
internal sealed class KeptStream(Stream from, TraceOutput to) : ForwardStream
{
    public override Stream Source => from;

    public override int Read(Span<byte> buffer)
    {
        int count = from.Read(buffer);
        if (count > 0)
            to.Write(buffer[..count]);
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            to.Dispose();
        base.Dispose(disposing);
    }
}
