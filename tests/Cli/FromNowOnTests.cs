using TcpTracer.Cli.Handlers.Agents;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Sinks;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>A reader of an agent has lost what was lost since it came, and nothing else.</summary>
public sealed class FromNowOnTests
{
    private sealed class Losses : IEventSink
    {
        public List<LossRecord> All { get; } = [];

        public void OnEvent(in TcpEvent e)
        {
            // only losses
        }

        public void OnLoss(in LossRecord loss) => All.Add(loss);
    }

    [Fact]
    public void OnlyLossesSinceTheReaderCameCount()
    {
        DateTimeOffset came = DateTimeOffset.UnixEpoch.AddSeconds(1000);
        const long bootNs = 5_000_000_000, second = 1_000_000_000;
        var losses = new Losses();
        var sink = new FromNowOn(losses, TimeWindow.StartingAt(came));
        sink.OnClock(new ClockSample(bootNs, 1000 * second, bootNs, 0, ClockCause.Start));
        sink.OnLoss(new LossRecord(bootNs - second, bootNs - 1, LossSource.RingFull, 7, 7));
        sink.OnLoss(new LossRecord(bootNs - second, bootNs, LossSource.RingFull, 2, 9));
        sink.OnLoss(new LossRecord(bootNs, bootNs + second, LossSource.Deleted, 3, 3));
        Assert.Equal([2, 3], losses.All.Select(l => l.Count));
        Assert.Equal([(LossSource.RingFull, 2L), (LossSource.Deleted, 3L)], sink.Lost.Select(l => (l.Key, l.Value)));
    }
}
