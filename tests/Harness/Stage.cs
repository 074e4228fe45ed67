using System.Text;
using TcpTracer.Bpf;
using Xunit;

namespace TcpTracer.Tests.Harness;

/// <summary>
/// Plays scenarios while the real recorder records, and puts its events beside what the sockets reported. Each recording is also replayed,
/// and the replay must be the same.
/// </summary>
internal sealed class Stage(TwoHosts hosts)
{
    /// <summary>All fields that an observer outside could check.</summary>
    private const string Fields =
        "+ppid,+pcomm,+fd,+actor_pid,+actor_comm,+listener_pid,+listener_comm,+cgroup_v1,+boottime_ns,+mptcp,+late,+no_syn";

    /// <summary>The file that gets the printed lines for docs/kernel-truth.md; null: none.</summary>
    private static readonly string? s_log = Environment.GetEnvironmentVariable("TCPTRACER_TRUTH_LOG");

    /// <summary>Plays a scenario for each kind of connection; the recorder runs from the beginning.</summary>
    public void Play(string scenario, SceneKind[] kinds, Action<Seen> check, string argument = "") =>
        InSight(() => PlayOnce(scenario, kinds, check, argument));

    /// <summary>
    /// Some kernels hide a process from BPF, and whatever softirq interrupts it (docs/kernel-truth.md). Events that fall into that are
    /// late, and the recorder is not at fault. Then the scenario is played again, and a warning is reported. Only lateness is a reason: a
    /// wrong event fails at once (<see cref="Seen"/>).
    /// </summary>
    private static void InSight(Action play)
    {
        const int attempts = 3;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                play();
                return;
            }
            catch (ToldLateException late) when (attempt < attempts)
            {
                TestContext.Current.AddWarning($"told late, played again: {late.Message.Split('\n')[0]}"); // ./test counts these warnings
            }
        }
    }

    private sealed class ToldLateException(string message) : Xunit.Sdk.XunitException(message);

    private void PlayOnce(string scenario, SceneKind[] kinds, Action<Seen> check, string argument)
    {
        using var recording = new Recording(hosts);
        var played = new List<(SceneKind Kind, Scenario Scenario, long From, long To)>();
        foreach (SceneKind kind in kinds)
        {
            long from = KernelClock.Boottime;
            using var scene = Scenario.Start(hosts, scenario, kind, argument);
            scene.Finish();
            played.Add((kind, scene, from, KernelClock.Boottime));
        }
        SeenEvent[] events = recording.Stop();
        var faults = new List<Xunit.Sdk.XunitException>();
        foreach ((SceneKind kind, Scenario scene, long from, long to) in played)
        {
            try
            {
                Check(scenario, kind, scene, [.. events.Where(e => e.Number("boottime_ns") >= from && e.Number("boottime_ns") < to)],
                    events, check, recording.Printed);
            }
            catch (Xunit.Sdk.XunitException e)
            {
                faults.Add(e);
            }
        }
        string all = string.Join('\n', faults.Select(f => f.Message));
        if (faults.Any(f => f is not ToldLateException))
            throw new Xunit.Sdk.XunitException(all);
        if (faults.Count > 0)
            throw new ToldLateException(all);
    }

    /// <summary>Plays scenarios; the recorder starts when the scenario pauses, and stays to the end.</summary>
    public void PlayAndJoin(string scenario, SceneKind[] kinds, Action<Seen> check)
    {
        foreach (SceneKind kind in kinds)
        {
            InSight(() =>
            {
                using var scene = Scenario.Start(hosts, scenario, kind);
                scene.RunToPause();
                using var recording = new Recording(hosts);
                scene.GoOn();
                scene.Finish();
                SeenEvent[] events = recording.Stop();
                Check(scenario, kind, scene, events, events, check, recording.Printed);
            });
        }
    }

    /// <summary>
    /// Plays scenarios; the recorder ends when the scenario pauses, so events that it has not reported by then are missing.
    /// </summary>
    public void PlayAndLeave(string scenario, SceneKind[] kinds, Action<Seen> check)
    {
        foreach (SceneKind kind in kinds)
        {
            InSight(() =>
            {
                using var recording = new Recording(hosts);
                using var scene = Scenario.Start(hosts, scenario, kind);
                scene.RunToPause();
                SeenEvent[] events = recording.Stop();
                scene.GoOn();
                scene.Finish();
                Check(scenario, kind, scene, events, events, check, recording.Printed);
            });
        }
    }

    /// <summary>Checks the events of one scenario.</summary>
    /// <param name="scenario">Its name.</param>
    /// <param name="kind">The kind of its connections.</param>
    /// <param name="scene">What its sockets reported.</param>
    /// <param name="events">The events that were reported while it played.</param>
    /// <param name="all">The events of the whole recording; late ones may be elsewhere in it.</param>
    /// <param name="check">Checks the events.</param>
    /// <param name="printed">The events as a table.</param>
    private static void Check(string scenario, SceneKind kind, Scenario scene, SeenEvent[] events, SeenEvent[] all, Action<Seen> check,
        Func<SeenEvent[], string> printed)
    {
        var seen = new Seen(kind, scene, events, [.. all.Where(e => e.Has("late"))]);
        Exception? fault = null;
        try
        {
            check(seen);
            seen.CheckNothingElse();
        }
        catch (Exception e)
        {
            fault = e;
        }
        if (fault is not null || seen.WasToldLate)
        {
            string what = string.Join('\n',
                scene.Facts.Select(f => f.ToString()).Concat(scene.Words).Concat(events.Select(v => v.ToString())));
            what = $"{scenario} ({kind.Name}): {fault?.Message ?? "told late"}\n{what}";
            throw seen.WasToldLate && fault is not WrongEventException ? new ToldLateException(what) : new Xunit.Sdk.XunitException(what);
        }
        if (s_log is not null)
        {
            lock (typeof(Stage))
                File.AppendAllText(s_log, $"## {scenario} {kind.Name}\n{printed(events)}\n");
        }
    }

    /// <summary>A recorder that writes a file and prints.</summary>
    private sealed class Recording : IDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly TcptracerProgram _program;

        public Recording(TwoHosts hosts)
        {
            _program = TcptracerProgram.StartWatching("record", "-o", Trace, "--netns", hosts.Both, "--existing", "--print", "-O", "json",
                "--fields", Fields);
        }

        private string Trace => _folder.File("scene.tct");

        public SeenEvent[] Stop()
        {
            RunResult run = _program.Stop();
            Assert.Equal(0, run.ExitCode);
            Assert.True(run.Errors.Contains("0 events lost", StringComparison.Ordinal), run.Errors);
            RunResult replay = TcptracerProgram.Run("show", Trace, "-o", "json", "--existing", "--fields", Fields);
            Assert.Equal(run.Output, replay.Output);
            return [.. run.Lines.Select(l => new SeenEvent(l))];
        }

        public string Printed(SeenEvent[] events)
        {
            string[] moments = [.. events.Select(e => e.Text("timestamp")!)];
            RunResult all = TcptracerProgram.Run("show", Trace, "--existing",
                "-o", "custom-columns=timestamp,t,pid,comm,ip,saddr,daddr,sport,dport,error,reason,sent_bytes,received_bytes,attribution,"
                    + "actor_comm,listener_comm");
            var text = new StringBuilder();
            foreach (string line in all.Lines.Where((l, i) => i == 0 || moments.Any(m => l.StartsWith(m, StringComparison.Ordinal))))
                text.AppendLine(line[Math.Min(line.Length, 31)..]);
            return text.ToString();
        }

        public void Dispose()
        {
            _program.Dispose();
            _folder.Dispose();
        }
    }
}
