using System.Globalization;
using TcpTracer.Formats.Events;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>--since and --until over a set of files: to the nanosecond, and over midnight, in show and in summary.</summary>
public sealed class TimeSelectionTests : IDisposable
{
    private const long Second = 1_000_000_000, BootNs = 500 * Second;
    private readonly TemporaryFolder _folder = new();

    private static long Wall(string time) =>
        (DateTimeOffset.Parse(time, CultureInfo.InvariantCulture) - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>Writes a file with an event each second from a time on; the command of an event is its second.</summary>
    private string Write(string name, string began, int events, int block = 1)
    {
        long wall = Wall(began);
        TcpEvent[] all = [.. Enumerable.Range(0, events).Select(i => SampleEvents.Make(Operation.Connect, $"{name}{i}") with
        {
            TimestampNs = BootNs + i * Second, StartNs = BootNs + i * Second
        })];
        string file = _folder.File(name + ".tct");
        var clock = new ClockSample(BootNs, wall, BootNs, 0, ClockCause.Start);
        File.WriteAllBytes(file, TraceBytes.Write(all, block, TraceBytes.Header with { Clock = clock }));
        return file;
    }

    private static string Show(string[] files, params string[] options)
    {
        RunResult run = TcptracerProgram.Run(["show", .. files, "-o", "custom-columns=comm", "--no-headers", .. options]);
        Assert.Equal(0, run.ExitCode);
        RunResult groups = TcptracerProgram.Run(["summary", "--by", "comm", .. files, .. options]);
        string[] summary = [.. groups.Lines.Skip(1).Select(l => l.Split(' ')[0])];
        Assert.Equal(run.Lines.Order(StringComparer.Ordinal), summary.Order(StringComparer.Ordinal));
        return string.Join(' ', run.Lines);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public void TimeWindowIsHalfOpenToTheNanosecond(int block)
    {
        string[] file = [Write("a", "2026-11-23T14:46:55Z", 6, block)];
        Assert.Equal("a2 a3", Show(file, "--since", "2026-11-23T14:46:57Z", "--until", "2026-11-23T14:46:59Z"));
        Assert.Equal("a3", Show(file, "--since", "2026-11-23T14:46:57.000000001Z", "--until", "2026-11-23T14:46:58.000000001Z"));
        Assert.Equal("a2", Show(file, "--since", "2026-11-23T14:46:57Z", "--until", "2026-11-23T14:46:58Z"));
        Assert.Equal("a5", Show(file, "--since", "2026-11-23T14:47:00Z"));
        Assert.Equal("a0", Show(file, "--until", "2026-11-23T14:46:56Z"));
        Assert.Equal("a4 a5", Show(file, "--since", "14:46:59"));
        Assert.Equal("a0 a1", Show(file, "--until", "14:46:57"));
    }

    [Fact]
    public void TimeWindowCutsASetAtBothEnds()
    {
        string[] set = [Write("a", "2026-11-23T14:00:00Z", 4), Write("b", "2026-11-23T14:00:04Z", 4),
            Write("c", "2026-11-23T14:00:08Z", 4)];
        Assert.Equal("a3 b0 b1 b2 b3 c0", Show(set, "--since", "2026-11-23T14:00:03Z", "--until", "2026-11-23T14:00:09Z"));
        Assert.Equal("b1 b2", Show(set, "--since", "2026-11-23T15:00:05+01:00", "--until", "2026-11-23T15:00:07+01:00"));
    }

    [Fact]
    public void TimeWindowMayCrossMidnight()
    {
        string[] set = [Write("a", "2026-11-23T23:59:56Z", 4), Write("b", "2026-11-24T00:00:00Z", 4)];
        Assert.Equal("a2 a3 b0 b1", Show(set, "--since", "2026-11-23T23:59:58Z", "--until", "2026-11-24T00:00:02Z"));
        string[] one = [Write("c", "2026-11-23T23:59:57Z", 6)];
        Assert.Equal("c2 c3 c4", Show(one, "--since", "23:59:59", "--until", "00:00:02"));
    }

    [Fact]
    public void AgeCountsBackFromNow()
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        string[] set = [Write("a", now.AddDays(-3).ToString("O"), 2), Write("b", now.AddHours(-3).ToString("O"), 2),
            Write("c", now.AddMinutes(-30).ToString("O"), 2)];
        Assert.Equal("b0 b1 c0 c1", Show(set, "--since", "1d"));
        Assert.Equal("b0 b1", Show(set, "--since", "4h", "--until", "2h"));
        Assert.Equal("a0 a1 b0 b1", Show(set, "--until", "90m"));
    }

    public void Dispose() => _folder.Dispose();
}
