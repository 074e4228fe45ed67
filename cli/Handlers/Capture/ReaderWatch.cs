using TcpTracer.Cli.Linux;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Cli.Handlers.Capture;

/// <summary>
/// Checks at every pause whether somebody still reads standard output. So <c>tcptracer | head -1</c> ends within a second, not only at the
/// next event.
/// </summary>
internal sealed class ReaderWatch(StandardOutput output, IEventSink next) : IEventSink
{
    public void OnEvent(in TcpEvent e) => next.OnEvent(in e);

    public void OnClock(in ClockSample sample) => next.OnClock(in sample);

    public void OnWorkloads(WorkloadChange change, WorkloadView view) => next.OnWorkloads(change, view);

    public void OnLoss(in LossRecord loss) => next.OnLoss(in loss);

    public void OnPause()
    {
        next.OnPause();
        output.ThrowIfNobodyReads();
    }
}
