using System.Diagnostics;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>
/// Replay prints the same bytes as live output, and a selection selects the same events live, while recording, and at replay.
/// </summary>
public sealed class LiveEqualsReplayTests(TwoHosts hosts) : IClassFixture<TwoHosts>, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<TcptracerProgram> _started = [];

    /// <summary>
    /// Accepted and refused connections of two users and two commands, over both IP versions. They are in one network namespace, so that
    /// the kernel keeps other traffic of the machine away from the recorders.
    /// </summary>
    private void MakeConnections(HttpServer server)
    {
        Run("curl", "-s", $"http://{TwoHosts.LeftV4}:{server.Port}/");
        Run("setpriv", "--reuid", "12345", "curl", "-s", $"http://{TwoHosts.LeftV4}:{server.Port}/");
        Run("curl", "-s", $"http://{TwoHosts.LeftV4}:9/");
        Run("curl", "-s", $"http://[{TwoHosts.LeftV6}]:9/");
        Run("bash", "-c", $"exec 3<>/dev/tcp/{TwoHosts.LeftV4}/{server.Port}; echo >&3; cat <&3 >/dev/null");
        Run("bash", "-c",
            $"printf '\\033[31m\\n' > /proc/self/comm; exec 3<>/dev/tcp/{TwoHosts.LeftV4}/{server.Port}; echo >&3; cat <&3 >/dev/null");
        Thread.Sleep(300); // the last FIN is answered after its sender is gone
    }

    private void Run(string program, params string[] arguments)
    {
        using Process process = TwoHosts.Start(hosts.Left, program, arguments);
        process.WaitForExit();
    }

    [KernelFact]
    public void ShowPrintsTheSameBytesAsRecord()
    {
        foreach (string format in new[] { "json", "columns", "wide", "yaml", "csv", "jsonpretty", "custom-columns=comm,conn,timestamp" })
        {
            using var server = new HttpServer(hosts.Left);
            string trace = _folder.File("a.tct");
            using TcptracerProgram program =
                TcptracerProgram.StartWatching("record", "-o", trace, "--netns", hosts.Left, "--print", "-O", format);
            MakeConnections(server);
            RunResult recorded = program.Stop();
            RunResult shown = TcptracerProgram.Run("show", trace, "-o", format);
            Assert.Equal((0, ""), (shown.ExitCode, shown.Errors));
            if (format == "json")
                Assert.Equal(18, recorded.Lines.Length); // opened and closed at both ends: four connections; and two that failed
            Assert.Equal(recorded.Output, shown.Output);
            using FileStream pipe = File.OpenRead(trace);
            Assert.Equal(recorded.OutputBytes, TcptracerProgram.RunWith(pipe, [], "show", "-", "-o", format).OutputBytes);
        }
    }

    [RecordingFact]
    public void EventsArriveThroughAPipeAsTheyHappen()
    {
        RunResult run = Shell.Run("tcptracer record -o - -- curl -s http://127.0.0.1:9/ | tcptracer show - -o "
            + "custom-columns=t,comm,daddr,dport --no-headers");
        Assert.Equal("F curl             127.0.0.1        9\n", run.Output);
        Assert.Equal(["1 event captured, 1 written to standard output", "0 events lost"], run.ErrorLines.Select(l => l.Split(" (")[0]));
    }

    [RecordingFact]
    public void CommandNameReachesTheTerminalEscaped()
    {
        RunResult run = Shell.Run("tcptracer record -o $1 -- bash -c 'printf \"\\033[31m\\n\" > /proc/self/comm; "
            + "exec 3<>/dev/tcp/127.0.0.1/9' 2>/dev/null; tcptracer show $1 -o custom-columns=t,comm,dport; "
            + "tcptracer show $1 -o json --fields comm", _folder.File("a.tct"));
        Assert.Equal("T COMM             DPORT\nF \\x1b[31m\\x0a     9\n{\"comm\":\"\\u001b[31m\\n\"}\n", run.Output);
    }

    [KernelFact]
    public void SelectionsMeanTheSameInLiveRecordAndShow()
    {
        using var server = new HttpServer(hosts.Left);
        int self = Environment.ProcessId, port = server.Port;
        string[][] selections =
        [
            ["--pid", $"{self}"], ["--pid", $"!{self}"], ["--comm", "curl"], ["--comm", "c*,b*,!curl"], ["--uid", "12345"], ["--uid", "!0"],
            ["--port", $"{port}"], ["--port", "1-100"], ["--port", $"!{port}"], ["--addr", "fd77::/64"],
            ["--addr", $"{TwoHosts.LeftV4},!fd77::1"],
            ["--op", "connect,accept"], ["--op", "!close"], ["--op", "F"], ["--failed"], ["-F", $"dport == {port} and not comm =~ ^c"],
            ["-F", "error == ECONNREFUSED or sent_bytes > 2"],
            ["--comm", "curl", "--op", "close", "-F", "uid in (0, 12345) and duration_ns > 1us"],
        ];
        // A few at a time: the kernel allows 64 programs at one system call tracepoint, for all recorders together
        foreach (string[][] few in selections.Chunk(4))
            CompareSelections(few, server);
    }

    private void CompareSelections(string[][] selections, HttpServer server)
    {
        string[] format = ["custom-columns=t,pid,comm,uid,saddr,daddr,sport,dport,error", "--no-headers"];
        string[] small = ["--buffer-size", "1M", "--max-connections", "1024", "--netns", hosts.Left];
        TcptracerProgram everything = Start(["record", "-o", _folder.File("all.tct"), .. small]);
        TcptracerProgram[] live = [.. selections.Select(s => Start(["-o", .. format, .. small, .. s]))];
        TcptracerProgram[] recording = [.. selections.Select((s, i) => Start(["record", "-o", _folder.File($"{i}.tct"), .. small, .. s]))];
        MakeConnections(server);
        RunResult[] seen = [.. live.Select(p => p.Stop())];
        foreach (RunResult run in seen.Concat(recording.Select(p => p.Stop())))
        {
            Assert.Equal(0, run.ExitCode);
            Assert.Contains("0 events lost", run.ErrorLines);
        }
        everything.Stop();
        for (int i = 0; i < selections.Length; i++)
        {
            string what = string.Join(' ', selections[i]);
            Assert.False(seen[i].Output.Length == 0, $"{what} selects nothing: {seen[i].Errors}");
            Assert.Equal($"{what}\n{Sorted(seen[i])}",
                $"{what}\n{Sorted(TcptracerProgram.Run(["show", _folder.File($"{i}.tct"), "-o", .. format]))}");
            Assert.Equal($"{what}\n{Sorted(seen[i])}",
                $"{what}\n{Sorted(TcptracerProgram.Run(["show", _folder.File("all.tct"), "-o", .. format, .. selections[i]]))}");
        }
    }

    private TcptracerProgram Start(string[] arguments)
    {
        TcptracerProgram program = TcptracerProgram.StartWatching(arguments);
        _started.Add(program);
        return program;
    }

    /// <summary>The lines, sorted: two recorders may see the events of two processors in different orders.</summary>
    private static string Sorted(RunResult run) => string.Join('\n', run.Lines.Order(StringComparer.Ordinal));

    public void Dispose()
    {
        foreach (TcptracerProgram program in _started)
            program.Dispose(); // so that a failed test leaves none behind
        _folder.Dispose();
    }
}
