using System.Globalization;
using TcpTracer.Bpf;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>In a time namespace a recorder reads other clocks than the probes do.</summary>
public sealed class TimeNamespaceTests
{
    [KernelFact]
    public void EventsInATimeNamespaceHaveTheTimeOfTheMachine()
    {
        using var folder = new TemporaryFolder();
        foreach (string shift in new[] { "--boottime 100000", "--boottime -500 --monotonic 70000" })
        {
            DateTimeOffset before = DateTimeOffset.UtcNow;
            RunResult run = Shell.Run($"unshare -T {shift} --fork $TCPTRACER record -o $1/t.tct --no-kubernetes -- bash -c '(exec "
                + "3<>/dev/tcp/127.0.0.1/1) 2>/dev/null; true' && tcptracer show $1/t.tct -o "
                + "custom-columns=timestamp,latency_ns --no-headers && rm $1/t.tct", folder.Path);
            Assert.True(run.ExitCode == 0, run.Errors);
            string[] words = Assert.Single(run.Lines).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.InRange(DateTimeOffset.Parse(words[0], CultureInfo.InvariantCulture), before, DateTimeOffset.UtcNow);
            Assert.InRange(long.Parse(words[1], CultureInfo.InvariantCulture), 0, 10_000_000_000);
        }
    }

    [Theory]
    [InlineData("monotonic           0         0|boottime       100000         0", 0, 100_000_000_000_000)]
    [InlineData("monotonic          -1 500000000|boottime            2         1", -500_000_000, 2_000_000_001)]
    [InlineData("1 3 0|7 4 0", 3_000_000_000, 4_000_000_000)] // in the format of Linux 5.6
    [InlineData("", 0, 0)]
    public void OffsetsOfATimeNamespaceAreParsed(string lines, long monotonic, long boottime) =>
        Assert.Equal((monotonic, boottime), KernelClock.ParseShift(lines.Split('|')));
}
