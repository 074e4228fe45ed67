using TcpTracer.Bpf;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Live;

/// <summary>
/// A kernel may refuse whatever is not necessary: each facility in turn, and all at once. $TCPTRACER_REFUSE plays such a kernel. The
/// recording goes on, reports what is missing, and records ordinary connections exactly.
/// </summary>
public sealed class RefusalTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private const string Necessary = "state_change,state_worker";

    /// <summary>What is refused, and the facilities that are then missing or worse.</summary>
    private static readonly (string Refused, Facility[] Limited)[] s_cases =
    [
        ("state_worker", []), // the older way does the same
        ("state_change_second", [Facilities.SecondPrograms]),
        ("socket_destroyed_second", [Facilities.SecondDestroyed]),
        ("socket_destroyed", [Facilities.DestroyedSockets]),
        ("accept_exit", [Facilities.CallReturns]),
        ("connect_exit", [Facilities.CallReturns]),
        ("attach:accept_exit", [Facilities.CallReturns]),
        ("accept_exit,call_exit", [Facilities.CallReturns]),
        ("io_uring_complete", [Facilities.IoUring]),
        ("attach:io_uring_complete", [Facilities.IoUring]),
        ("open_sockets", [Facilities.OlderConnections]),
        ("walk", [Facilities.UnseenEnds]),
        ("tell_cgroup", [Facilities.CgroupNames]),
        (All, [Facilities.SecondPrograms, Facilities.DestroyedSockets, Facilities.CallReturns, Facilities.IoUring,
            Facilities.OlderConnections, Facilities.UnseenEnds, Facilities.CgroupNames]),
    ];

    private const string All = "state_change_second,socket_destroyed,accept_exit,connect_exit,call_exit,io_uring_complete,open_sockets,"
        + "walk,tell_cgroup,process_forked,process_freed";

    private SeenEvent[] Record(string refused, SceneKind kind, Action<Scenario, SeenEvent[], RunResult> check) =>
        Record(refused, kind, "connect_ok", check);

    /// <summary>Records two connections.</summary>
    private SeenEvent[] Record(string refused, SceneKind kind, string scenario, Action<Scenario, SeenEvent[], RunResult> check)
    {
        using var folder = new TemporaryFolder();
        using TcptracerProgram program = TcptracerProgram.StartWatchingUnder(["env", $"TCPTRACER_REFUSE={refused}"],
            "record", "-o", folder.File("t.tct"), "--no-kubernetes", "--netns", hosts.Both, "--print", "-O", "json", "--fields", "+late");
        using var scene = Scenario.Start(hosts, scenario, kind);
        scene.Finish();
        RunResult run = program.Stop();
        Assert.True(run.ExitCode == 0 && run.Errors.Contains("\n0 events lost", StringComparison.Ordinal), $"{refused}: {run.Errors}");
        SeenEvent[] events = [.. run.Lines.Select(l => new SeenEvent(l))];
        check(scene, events, run);
        RunResult info = TcptracerProgram.Run("info", folder.File("t.tct"));
        Each.Of(refused.Length == 0 ? [""] : s_cases.Single(c => c.Refused == refused).Limited.Select(f => f.Name).DefaultIfEmpty(""),
            name => Assert.Contains(name, info.Output));
        return events;
    }

    private static void CheckOrdinary(string refused, Scenario scene, SeenEvent[] events)
    {
        string story = $"{refused}:\n{string.Join('\n', events.Select(e => e.ToString()))}";
        foreach ((string who, string begins) in new[] { ("client", "connect"), ("server", "accept") })
        {
            SocketFacts facts = scene.Facts.Single(f => f.Who == who);
            SeenEvent[] own = [.. events.Where(e => e.Number("sport") == facts.Number("sport"))];
            Assert.True(own.Length == 2, story);
            Assert.True(own[0].Text("operation") == begins && own[1].Text("operation") == "close", story);
            Assert.True(own.All(e => e.Number("pid") == facts.Number("pid")
                && (e.Text("namespace") == "<>" || (refused.Contains("tell_cgroup") && e.Text("namespace") == "?"))), story);
            Assert.True(own[1].Number("sent_bytes") == (who == "client" ? 3 : 5)
                && own[1].Number("received_bytes") == (who == "client" ? 5 : 3), story);
        }
        Assert.True(events.Length == 4, story);
    }

    [KernelFact]
    public void OrdinaryConnectionsAreReportedExactlyWithoutAnyOptionalFacility()
    {
        foreach ((string refused, Facility[] limited) in s_cases)
        {
            foreach (SceneKind kind in new[] { SceneKind.V4, SceneKind.Loopback6 })
            {
                Record(refused, kind, (scene, events, run) =>
                {
                    CheckOrdinary(refused, scene, events);
                    string[] told = [.. run.ErrorLines.Where(l => l.StartsWith("without ", StringComparison.Ordinal))];
                    Assert.True(told.All(l => limited.Any(f => l.StartsWith($"without {f.Name}: ", StringComparison.Ordinal))),
                        string.Join('\n', told));
                });
            }
        }
    }

    /// <summary>
    /// Nothing reports who accepts into a ring's own table of files, and a thread of the kernel closes that table. So the owner of the
    /// connection is not known.
    /// </summary>
    [KernelFact]
    public void WithoutIoUringHooksKernelClosesHaveNoOwner() => Record("io_uring_complete", SceneKind.V4,
        "uring_accept_direct_left_open", (scene, events, run) =>
    {
        ushort client = (ushort)scene.Facts.Single(f => f.Who == "client").Number("sport");
        SeenEvent[] server = [.. events.Where(e => e.Number("dport") == client)];
        Assert.Equal(["accept", "close"], server.Select(e => e.Text("operation")));
        Each.Of(server, e => Assert.Equal((0, ""), (e.Number("pid"), e.Text("comm"))));
        Assert.DoesNotContain("never accepted", run.Errors, StringComparison.Ordinal);
    });

    [KernelFact]
    public void DoctorReportsMissingFacilitiesAndThatRecordingWorks()
    {
        foreach ((string refused, Facility[] limited) in s_cases)
        {
            RunResult doctor = TcptracerProgram.RunWith(null, [("TCPTRACER_REFUSE", refused)], "doctor", "--no-kubernetes");
            Assert.True(doctor.ExitCode == 0, doctor.Output);
            Assert.Contains("This machine can record.", doctor.Output);
            Assert.Equal(limited.Select(f => f.Name).Order(), doctor.Lines.Where(l => l.StartsWith("limited", StringComparison.Ordinal))
                .Select(l => l["limited  ".Length..l.IndexOf(':')])
                .Where(n => n is not ("names" or "child processes" or "second programs (child processes)")).Distinct().Order());
        }
    }

    [KernelFact]
    public void MissingNecessaryFacilityIsReported()
    {
        RunResult doctor = TcptracerProgram.RunWith(null, [("TCPTRACER_REFUSE", Necessary)], "doctor", "--no-kubernetes");
        Assert.Equal(4, doctor.ExitCode);
        const string why = "the kernel refuses the programs for state changes (Operation not permitted), which recording needs: look for "
            + "a security module or lockdown that forbids it";
        Assert.Contains($"missing  probes: {why}", doctor.Lines);
        Assert.StartsWith($"This machine cannot record: {why}. Replay", doctor.Lines[^1]);
        RunResult attached = TcptracerProgram.RunWith(null, [("TCPTRACER_REFUSE", "attach:state_change")], "doctor", "--no-kubernetes");
        Assert.Equal(4, attached.ExitCode);
        Assert.Contains("missing  probes: state changes, which recording needs: the kernel refuses to attach it (Operation not permitted)",
            attached.Lines);
    }

    /// <summary>A misspelt name would refuse nothing, and nobody would notice.</summary>
    [Theory]
    [InlineData("nosuch")]
    [InlineData("walk,iter/task_file")]
    [InlineData("attach:nosuch")]
    [InlineData("att")]
    [InlineData("attach:tell_cgroup")] // it is not attached to anything
    public void UnknownNameOfARefusedProgramIsAnError(string refused)
    {
        foreach (string[] command in new string[][] { ["doctor", "--no-kubernetes"], ["--no-kubernetes", "--duration", "1ms"],
            ["record", "-o", "-", "--no-kubernetes", "--duration", "1ms"] })
        {
            RunResult run = TcptracerProgram.RunWith(null, [("TCPTRACER_REFUSE", refused)], command);
            Assert.Equal((2, ""), (run.ExitCode, run.Output));
            Assert.StartsWith($"tcptracer: TCPTRACER_REFUSE: program '{refused.Split(',')[^1]}' is not known",
                Assert.Single(run.ErrorLines));
            Assert.Contains("known: state_change, state_worker, ", run.Errors);
        }
    }

    [KernelFact]
    public void DoctorCountsTheSystemCallHooksToo()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, TcptracerProgram.Run("record", "-o", folder.File("t.tct"), "--no-kubernetes", "--duration", "1ms").ExitCode);
        string doctor = TcptracerProgram.Run("doctor", "--no-kubernetes")
            .Lines.Single(l => l.Contains(" probes: ", StringComparison.Ordinal));
        string info = TcptracerProgram.Run("info", folder.File("t.tct"))
            .Lines.Single(l => l.StartsWith("  hooks ", StringComparison.Ordinal));
        foreach (string hooks in new[] { doctor, info })
        {
            Assert.Matches(@" iter/task_file\b", hooks);
            Assert.Matches(@" walk(_iterator)?\b", hooks);
        }
    }

    [RecordingFact]
    public void CommandIsFollowedByParentsWithoutTheForkHook()
    {
        using var folder = new TemporaryFolder();
        foreach (string refused in new[] { "", "process_forked" })
        {
            RunResult run = TcptracerProgram.RunWith(null, [("TCPTRACER_REFUSE", refused)], "record", "-o", folder.File($"{refused}.tct"),
                "--no-kubernetes", "--",
                "sh", "-c", "sh -c \"bash -c 'exec 3<>/dev/tcp/127.0.0.1/1'; true\"; true");
            Assert.True(run.ExitCode == 0, run.Errors);
            Assert.Equal(refused.Length > 0, run.Errors.Contains("without child processes: ", StringComparison.Ordinal));
            string[] told = TcptracerProgram.Run("show", folder.File($"{refused}.tct"), "-o", "custom-columns=t,comm,dport",
                "--no-headers").Lines;
            Assert.Equal("F bash 1", string.Join(' ', Assert.Single(told).Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        }
    }

    [RecordingFact]
    public void LivingProcessGetsItsCgroupFromProcWithoutTheKernel()
    {
        using var folder = new TemporaryFolder();
        using TcptracerProgram program = TcptracerProgram.StartWatchingUnder(["env", "TCPTRACER_REFUSE=tell_cgroup"],
            "record", "-o", folder.File("t.tct"), "--no-kubernetes", "--pid", $"{Environment.ProcessId}", "--port", "1", "--count", "1",
                "--print", "-O", "custom-columns=namespace,t", "--no-headers");
        using (var socket = new System.Net.Sockets.TcpClient())
            Assert.ThrowsAny<System.Net.Sockets.SocketException>(() => socket.Connect(System.Net.IPAddress.Loopback, 1));
        Assert.Equal("<> F", string.Join(' ', Assert.Single(program.Wait().Lines).Split(' ', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Fact]
    public void EveryOptionalProgramHasARefusalCase()
    {
        string[] refused = [.. s_cases.SelectMany(c => c.Refused.Split(','))];
        Each.Of(Facilities.Programs.Where(f => !f.IsNecessary),
            f => Assert.Contains(refused, r => f.Ways[0].Programs.Any(p => p.Name.StartsWith(r, StringComparison.Ordinal))));
    }

    [Fact]
    public void DocumentedFacilitiesMatchTheSource()
    {
        string document = File.ReadAllText(Path.Combine(TcptracerProgram.Repository, "docs", "kernel-truth.md"));
        Each.Of(Facilities.All, f => Assert.Contains($"| {f.Name} | {f.Kernel} | {f.Purpose} | {f.Without ?? "recording is impossible"} "
            + $"| {(f.RefusedAs.Count == 0 ? "-" : string.Join(", ", f.RefusedAs.Select(r => $"`{r}`")))} |\n", document));
    }
}
