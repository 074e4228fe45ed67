using TcpTracer.Cli.Linux;
using TcpTracer.Formats.Sinks;

namespace TcpTracer.Cli.Handlers.Capture;

/// <summary>
/// Checks at every pause whether somebody still reads standard output. So <c>tcptracer | head -1</c> ends within a second, not only at the
/// next event.
/// </summary>
internal sealed class ReaderWatch(StandardOutput output, IEventSink next) : PassingSink(next)
{
    public override void OnPause()
    {
        base.OnPause();
        output.ThrowIfNobodyReads();
    }
}
