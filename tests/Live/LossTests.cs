using System.Text.Json;
using System.Text.RegularExpressions;
using TcpTracer.Bpf;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Live;

/// <summary>Losses are counted, reported and recorded, and cost no other event.</summary>
public sealed partial class LossTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private const int Count = 20_000;

    [GeneratedRegex(@"^(\d+) events? captured, (\d+) written")]
    private static partial Regex Captured();

    [GeneratedRegex(@"^(\d+) (events?|connections?) lost: (.*)$", RegexOptions.Multiline)]
    private static partial Regex Lost();

    [KernelFact]
    public void CapturedAndLostEventsAddUpToAllEvents()
    {
        using var folder = new TemporaryFolder();
        string trace = folder.File("loss.tct");
        using var program = TcptracerProgram.StartWatching("record", "-o", trace, "--netns", hosts.Left, "--buffer-size", "4K", "--print",
            "-O", "json", "--with-status");
        using (var scene = Scenario.Start(hosts, "load_close", SceneKind.Loopback4, $"{Count}"))
            scene.Finish();
        RunResult run = program.Stop();
        string closing = run.Errors[run.Errors.IndexOf("events captured", StringComparison.Ordinal)..];
        Match captured = Captured().Match(run.Errors.Split('\n').First(l => l.Contains("captured")));
        Match lost = Lost().Match(run.Errors);
        Assert.True(lost.Success, closing);
        long events = long.Parse(captured.Groups[1].Value), losses = long.Parse(lost.Groups[1].Value);
        Assert.True(losses > 0);
        Assert.Equal(4 * Count, events + losses);
        Assert.Contains("--buffer-size", lost.Groups[3].Value);

        JsonElement[] lines = [.. run.Lines.Select(l => JsonDocument.Parse(l).RootElement)];
        Assert.Equal(events, lines.Count(l => l.GetProperty("type").GetString() == "normal"));
        JsonElement[] lossLines = [.. lines.Where(l => l.GetProperty("type").GetString() == "lost")];
        Assert.Equal(losses, lossLines.Sum(l => l.GetProperty("count").GetInt64()));

        RunResult replay = TcptracerProgram.Run("show", trace, "-o", "json", "--with-status");
        Assert.Equal(run.Output, replay.Output);
        Assert.Contains($"{losses} events", replay.Errors);
    }

    [KernelFact]
    public void FailOnLossEndsWith3OnlyAfterALoss()
    {
        using var folder = new TemporaryFolder();
        foreach ((string size, bool fails, int expected) in new[] { ("4K", true, 3), ("4K", false, 0), ("64M", true, 0) })
        {
            string[] options = ["record", "-o", folder.File("loss.tct"), "--netns", hosts.Left, "--buffer-size", size];
            using TcptracerProgram program = TcptracerProgram.StartWatching(fails ? [.. options, "--fail-on-loss"] : options);
            using (var scene = Scenario.Start(hosts, "load_close", SceneKind.Loopback4, $"{Count}"))
                scene.Finish();
            RunResult run = program.Stop();
            Assert.Equal((size == "4K", expected),
                (Lost().Match(run.Errors) is { Success: true } lost && lost.Groups[1].Value != "0", run.ExitCode));
        }
    }

    [KernelFact]
    public void FullMapIsCountedAndLosesNoOtherEvents()
    {
        const int held = 500, room = 200;
        using var folder = new TemporaryFolder();
        string trace = folder.File("full.tct");
        using var program = TcptracerProgram.StartWatching("record", "-o", trace, "--netns", hosts.Left, "--max-connections", $"{room}",
            "--print", "-O", "json", "--with-status");
        using (var scene = Scenario.Start(hosts, "load_held", SceneKind.Loopback4, $"{held}"))
            scene.Finish();
        RunResult run = program.Stop();
        Match lost = Lost().Match(run.Errors);
        Assert.True(lost.Success, run.Errors);
        SeenEvent[] events = [.. run.Lines.Where(l => l.Contains("\"normal\"")).Select(l => new SeenEvent(l))];
        // Each connection that was followed to its end has its beginning and its end
        var followed = events.GroupBy(e => e.Text("conn")).Where(connection => connection.Count() == 2).ToArray();
        Assert.InRange(followed.Length, room * 9 / 10, room);
        Assert.Equal(2 * held, followed.Length + long.Parse(lost.Groups[1].Value));
        Assert.Contains("--max-connections", lost.Groups[3].Value);
    }

    [KernelFact]
    public void FullMapAsksForRoomUntilAWalk()
    {
        using TcpProbe probe = TcpProbe.Start(new ProbeOptions { Netns = [OwnerTests.NetnsNumber(hosts.Left)], MaxConnections = 100 });
        Assert.False(probe.WantsRoom);
        using (var scene = Scenario.Start(hosts, "load_held", SceneKind.Loopback4, "200"))
            scene.Finish();
        Assert.True(probe.WantsRoom);
        probe.ReportUnseen();
        Assert.False(probe.WantsRoom);
    }

    /// <summary>Uses the probe itself, because here the test decides when the connections are searched.</summary>
    [KernelFact]
    public void FullMapEvictsTheOldestOfTheProcessWithMost()
    {
        const int held = 250, close = 3;
        using TcpProbe probe = TcpProbe.Start(new ProbeOptions { Netns = [OwnerTests.NetnsNumber(hosts.Left)], MaxConnections = 2 * held });
        var heard = new Heard();
        using var scene = Scenario.Start(hosts, "load_beside_idle", SceneKind.Loopback4, $"{held}");
        scene.RunToPause();
        probe.ReportUnseen();
        probe.Drain(heard);
        RawTcpEvent[] idle = heard.Take();
        Assert.Equal(2 * held, idle.Length);

        scene.GoOn();
        scene.RunToPause();
        probe.Drain(heard);
        ProbeCounters counters = probe.ReadCounters();
        Assert.Equal(0, counters.ConnectionsFull);
        Assert.InRange(counters.Evicted, 1, 16); // after that there is room
        Assert.Equal(4 * held, heard.Count); // all events of each short connection
        heard.Clear();

        scene.GoOn();
        scene.Finish();
        probe.Drain(heard);
        Assert.Equal(2 * held - counters.Evicted, heard.Count(e => e.Operation == close));
        var ended = heard.Select(e => (e.Start, e.StartCpu)).ToHashSet();
        RawTcpEvent[] evicted = [.. idle.Where(e => !ended.Contains((e.Start, e.StartCpu)))];
        Assert.Equal(evicted.Length, evicted.Count(e => idle.Count(other => other.Start < e.Start) < evicted.Length)); // the oldest ones
    }

    [KernelFact]
    public void ListenersBeyondTheLimitAreCounted()
    {
        const int listeners = 300, room = 200;
        using var folder = new TemporaryFolder();
        string trace = folder.File("listeners.tct");
        using var program = TcptracerProgram.StartWatching("record", "-o", trace, "--netns", hosts.Left, "--max-connections", $"{room}",
            "--print", "-O", "json", "--fields", "+listener_pid", "--with-status");
        using (var scene = Scenario.Start(hosts, "load_listeners", SceneKind.Loopback4, $"{listeners}"))
            scene.Finish();
        RunResult run = program.Stop();
        Assert.Contains($"{listeners - room} listeners not noted: the map of listeners was full", run.Errors);
        Assert.Contains($"\"count\":{listeners - room},\"total\":{listeners - room},\"source\":\"listeners-full\"", run.Output);
        SeenEvent accept = run.Lines.Where(l => l.Contains("\"accept\"")).Select(l => new SeenEvent(l)).Single();
        Assert.False(accept.Has("listener_pid"));
        Assert.Equal(run.Output, TcptracerProgram.Run("show", trace, "-o", "json", "--fields", "+listener_pid", "--with-status").Output);
    }
}
