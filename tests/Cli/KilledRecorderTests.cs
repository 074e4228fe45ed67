using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>
/// Recorders under load are killed (SIGKILL) at random moments. Each leaves a trace that lacks only its end and the block that was being
/// collected, and verify says so. A run takes some seconds; for more rounds: <c>tests/kill ROUNDS [SEED]</c>.
/// </summary>
public sealed partial class KilledRecorderTests : IDisposable
{
    private const int SigKill = 9, AtOnce = 4, Seconds = 20, FewestRounds = 4, MostRounds = 200;

    // Ports on which nobody listens: each connect is refused at once, and is one event. They are used in turn, so that the last one in a
    // trace tells how many are missing.
    private const int FirstPort = 1_024, Ports = 31_000;
    private static readonly IPAddress s_nobody = new([127, 7, 7, 7]);
    private readonly TemporaryFolder _folder = new();
    private long _connects;
    private volatile bool _isOver;

    private sealed class Tally
    {
        public int Rounds, Cut;

        public long Events, MostLost;
    }

    [GeneratedRegex("(?<verdict>good|1 damage), (?<events>[0-9]+) events? in [0-9]+ good blocks?; "
        + "no end record: its recorder was killed, or could not write on")]
    private static partial Regex Verdict { get; }

    [RecordingFact]
    public void KilledRecorderLosesAtMostOneBlock()
    {
        int rounds = int.Parse(Environment.GetEnvironmentVariable("TCPTRACER_KILL_ROUNDS") ?? "0", CultureInfo.InvariantCulture);
        int seed = int.Parse(Environment.GetEnvironmentVariable("TCPTRACER_KILL_SEED") ?? "1", CultureInfo.InvariantCulture);
        var tally = new Tally();
        var watch = Stopwatch.StartNew();
        var load = new Thread(Connect) { IsBackground = true };
        load.Start();
        int next = 0;
        bool More(int round) => rounds > 0 ? round < rounds : watch.Elapsed.TotalSeconds < Seconds || round < FewestRounds
            || (Interlocked.Read(ref tally.Events) == 0 && round < MostRounds);
        Task[] workers = [.. Enumerable.Range(0, AtOnce).Select(worker => Task.Factory.StartNew(() =>
        {
            for (int round = Interlocked.Increment(ref next) - 1; More(round); round = Interlocked.Increment(ref next) - 1)
                KillOne(_folder.File($"{worker}.tct"), new Random(unchecked(seed * 1_000_003 + round)), tally);
        }, TaskCreationOptions.LongRunning))];
        Task.WaitAll(workers);
        _isOver = true;
        load.Join();
        Assert.True(tally.Events > 0 && tally.Rounds >= Math.Max(rounds, FewestRounds), $"{tally.Rounds} rounds, {tally.Events} events");
        TestContext.Current.TestOutputHelper?.WriteLine($"{tally.Rounds} recorders killed, {tally.Cut} within a block; "
            + $"{tally.Events} events recorded; at most {tally.MostLost} connections not in a trace");
    }

    private void KillOne(string trace, Random random, Tally tally)
    {
        long killedAt;
        using (TcptracerProgram recorder = TcptracerProgram.StartWatching("record", "-o", trace, "--pid",
            Environment.ProcessId.ToString(CultureInfo.InvariantCulture)))
        {
            // on a busy machine the first block takes time
            Thread.Sleep(random.Next(Interlocked.Read(ref tally.Events) == 0 ? 6_000 : 1_500));
            recorder.Signal(SigKill);
            killedAt = Interlocked.Read(ref _connects);
            recorder.Wait();
        }
        RunResult verified = TcptracerProgram.Run("verify", trace);
        Match verdict = Verdict.Match(verified.Output);
        Assert.True(verdict.Success && verified.ExitCode == 3, verified.Output + verified.Errors);
        bool isCut = verdict.Groups["verdict"].Value != "good";
        Assert.True(!isCut || verified.Lines[0].Contains("the trace is cut off at offset", StringComparison.Ordinal), verified.Output);
        long last = LastConnect(trace);
        lock (tally)
        {
            tally.Rounds++;
            tally.Cut += isCut ? 1 : 0;
            tally.Events += long.Parse(verdict.Groups["events"].Value, CultureInfo.InvariantCulture);
            if (last >= 0)
                tally.MostLost = Math.Max(tally.MostLost, (killedAt - last % Ports + Ports) % Ports);
        }
    }

    /// <summary>The number of the last connect in the trace; -1: there is none.</summary>
    private static long LastConnect(string trace)
    {
        RunResult shown = TcptracerProgram.Run("show", trace, "--no-headers", "-o", "custom-columns=dport");
        Assert.Equal(0, shown.ExitCode);
        string[] lines = shown.Lines;
        return lines.Length == 0 ? -1 : long.Parse(lines[^1], CultureInfo.InvariantCulture) - FirstPort;
    }

    private void Connect()
    {
        while (!_isOver)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Connect(new IPEndPoint(s_nobody, FirstPort + (int)(Interlocked.Increment(ref _connects) % Ports)));
            }
            catch (SocketException)
            {
                // the trace is as it should be
            }
        }
    }

    public void Dispose() => _folder.Dispose();
}
