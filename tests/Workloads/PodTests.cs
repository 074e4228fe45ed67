using System.Globalization;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Workloads;

/// <summary>Real pods and the real recorder: each line says whose connection it was and with whom, while recording and at replay.</summary>
public sealed class PodTests : IClassFixture<ContainerdHost>, IDisposable
{
    private const int Port = 8080, HostPort = 8081, HoldPort = 9000, YoungPort = 8093;
    private const string Httpd = "exec httpd -f -h /www -p ";
    private const string Sleep = "sleep 1000000";
    private const string Fields = "+container_id,+pod_uid,+labels,+image";

    private readonly ContainerdHost _host;
    private readonly TemporaryFolder _folder = new();
    private readonly List<PodOnHost> _pods = [];

    public PodTests(ContainerdHost host)
    {
        _host = host;
    }

    private PodOnHost RunPodOn(ContainerdHost host, string @namespace, string name)
    {
        PodOnHost pod = host.RunPod(@namespace, name);
        _pods.Add(pod);
        return pod;
    }

    private PodOnHost RunPod(string @namespace, string name, bool hostNetwork = false)
    {
        PodOnHost pod = _host.RunPod(@namespace, name, hostNetwork);
        _pods.Add(pod);
        return pod;
    }

    /// <summary>Records what existing pods do; other connections of the machine stay out of it.</summary>
    private TcptracerProgram Record(params (PodOnHost Pod, string Container)[] pods)
    {
        IEnumerable<string> netns = pods.Select(p => $"/proc/{p.Pod.Pids(p.Container)[0]}/ns/net").Append(_host.Netns);
        return RecordOf("--netns", string.Join(',', netns));
    }

    private TcptracerProgram RecordOf(params string[] selection) =>
        TcptracerProgram.StartWatching(["record", "-o", Trace, "--print", "-O", "json", "--fields", Fields, "--node-name", "n1",
            "--runtime-endpoint", _host.Socket, .. selection]);

    private string Trace => _folder.File("pods.tct");

    /// <summary>Ends the recording and the pods. The replay has the same bytes.</summary>
    private SeenEvent[] Stop(TcptracerProgram program, bool seesOnlyOurs = true)
    {
        RunResult run = program.Stop();
        Assert.Equal(0, run.ExitCode);
        Assert.True(!seesOnlyOurs || run.Errors.Contains("0 events lost", StringComparison.Ordinal), run.Errors);
        RunResult replay = TcptracerProgram.Run("show", Trace, "-o", "json", "--fields", Fields);
        Assert.Equal(run.Output, replay.Output);
        foreach (PodOnHost pod in _pods)
            pod.Dispose();
        Assert.Equal(run.Output, TcptracerProgram.Run("show", Trace, "-o", "json", "--fields", Fields).Output);
        return [.. run.Lines.Select(l => new SeenEvent(l))];
    }

    /// <summary>An event in short form: <c>shop/client/main connect pod/shop/client -> pod/shop/web:8080</c>.</summary>
    private static string Short(SeenEvent e) =>
        $"{e.Text("namespace")}/{e.Text("pod")}/{e.Text("container")} {e.Text("operation")} {End(e, "src")} -> {End(e, "dst")}";

    private static string End(SeenEvent e, string which)
    {
        if (e.Text(which) is not { } json)
            return e.Text(which[0] + "addr")!;
        var end = new SeenEvent(json);
        return string.Join('/', new[] { end.Text("kind"), end.Text("namespace"), end.Text("name") }.Where(w => w is not null));
    }

    private static void Tells(IEnumerable<SeenEvent> events, params string[] lines) =>
        Assert.Equal(string.Join('\n', lines.Order(StringComparer.Ordinal)),
            string.Join('\n', events.Select(Short).Order(StringComparer.Ordinal)));

    private static string Fetch(string address, int port) =>
        string.Create(CultureInfo.InvariantCulture, $"wget -q -O /dev/null http://{address}:{port}/");

    [PodFact]
    public void ConnectionBetweenPodsIsNamedAtBothEnds()
    {
        PodOnHost web = RunPod("shop", "web"), client = RunPod("jobs", "client");
        string server = web.Serve("server", Port, Httpd + Port), main = client.Run("main", Sleep);
        using TcptracerProgram program = Record((web, server), (client, main));
        client.Exec(main, Fetch(web.Address, Port));
        SeenEvent[] events = Stop(program);
        Tells(events,
            "jobs/client/main connect pod/jobs/client -> pod/shop/web",
            "jobs/client/main close pod/jobs/client -> pod/shop/web",
            "shop/web/server accept pod/shop/web -> pod/jobs/client",
            "shop/web/server close pod/shop/web -> pod/jobs/client");
        foreach (SeenEvent e in events)
        {
            (PodOnHost pod, string id) = e.Text("pod") == "web" ? (web, server) : (client, main);
            Assert.Equal((id, pod.Uid, BusyboxImage.Name, $$"""{"app":"{{pod.Name}}"}""", "n1"),
                (e.Text("container_id"), e.Text("pod_uid"), e.Text("image"), e.Text("labels"), e.Text("node")));
        }
    }

    [PodFact]
    public void PodInTheHostNetworkIsNamedByItsProcesses()
    {
        PodOnHost proxy = RunPod("kube-system", "proxy", hostNetwork: true), client = RunPod("jobs", "client");
        string server = proxy.Serve("server", HostPort, Httpd + HostPort), main = client.Serve("main", Port, Httpd + Port);
        using TcptracerProgram program = Record((client, main));
        client.Exec(main, Fetch(proxy.Address, HostPort));
        proxy.Exec(server, Fetch(client.Address, Port));
        Tells(Stop(program),
            // Who has the node's address is known from the first event of that end on
            $"jobs/client/main connect pod/jobs/client -> {ContainerdHost.NodeAddress}",
            "jobs/client/main close pod/jobs/client -> pod/kube-system/proxy",
            "kube-system/proxy/server accept pod/kube-system/proxy -> pod/jobs/client",
            "kube-system/proxy/server close pod/kube-system/proxy -> pod/jobs/client",
            "kube-system/proxy/server connect pod/kube-system/proxy -> pod/jobs/client",
            "kube-system/proxy/server close pod/kube-system/proxy -> pod/jobs/client",
            "jobs/client/main accept pod/jobs/client -> pod/kube-system/proxy",
            "jobs/client/main close pod/jobs/client -> pod/kube-system/proxy");
    }

    [PodFact]
    public void AContainerThatOnlyConnectsOnceIsNamed()
    {
        PodOnHost web = RunPod("shop", "web"), client = RunPod("jobs", "client");
        string server = web.Serve("server", Port, Httpd + Port), main = client.Run("main", Sleep);
        using TcptracerProgram program = Record((web, server), (client, main));
        for (int i = 0; i < 5; i++)
            client.AwaitEnd(client.Run($"flash{i}", "exec " + Fetch(web.Address, Port)));
        SeenEvent[] events = Stop(program);
        Tells(events, [.. Enumerable.Range(0, 5).SelectMany(i => new[]
        {
            $"jobs/client/flash{i} connect pod/jobs/client -> pod/shop/web",
            $"jobs/client/flash{i} close pod/jobs/client -> pod/shop/web",
            "shop/web/server accept pod/shop/web -> pod/jobs/client",
            "shop/web/server close pod/shop/web -> pod/jobs/client",
        })]);
    }

    [PodFact]
    public void PodsStartedDuringTheRecordingAreNamed()
    {
        PodOnHost web = RunPod("shop", "web");
        web.Serve("server", Port, Httpd + Port);
        using TcptracerProgram program = RecordOf("--port", $"{Port}", "--namespace", "shop,jobs");
        PodOnHost young = RunPod("jobs", "young");
        young.AwaitEnd(young.Run("main", Fetch(web.Address, Port)));
        Tells(Stop(program, seesOnlyOurs: false),
            "jobs/young/main connect pod/jobs/young -> pod/shop/web",
            "jobs/young/main close pod/jobs/young -> pod/shop/web",
            "shop/web/server accept pod/shop/web -> pod/jobs/young",
            "shop/web/server close pod/shop/web -> pod/jobs/young");
    }

    [PodFact]
    public void AProcessThatIsKilledWithAnOpenConnectionIsNamedAtItsEnd()
    {
        PodOnHost web = RunPod("shop", "web"), client = RunPod("jobs", "client");
        string server = web.Serve("server", HoldPort, $"{Sleep} | nc -l -p {HoldPort}; {Sleep}"), main = client.Run("main", Sleep);
        using TcptracerProgram program = Record((web, server), (client, main));
        string holder = client.Run("holder", $"{Sleep} | nc {web.Address} {HoldPort}; {Sleep}");
        ContainerdHost.Await("no connection", () => web.Exec(server, "cat /proc/net/tcp*").Contains(" 01 ", StringComparison.Ordinal));
        Assert.Equal(0, Native.kill(client.PidOf(holder, "nc"), 9));
        Thread.Sleep(100);
        SeenEvent[] events = Stop(program);
        Tells(events,
            "jobs/client/holder connect pod/jobs/client -> pod/shop/web",
            "jobs/client/holder close pod/jobs/client -> pod/shop/web",
            "shop/web/server accept pod/shop/web -> pod/jobs/client",
            "shop/web/server close pod/shop/web -> pod/jobs/client");
    }

    [PodFact]
    public void ARestartedContainerKeepsItsNameAndHasANewId()
    {
        PodOnHost web = RunPod("shop", "web"), client = RunPod("jobs", "client");
        string first = web.Serve("server", Port, Httpd + Port), main = client.Run("main", Sleep);
        using TcptracerProgram program = Record((web, first), (client, main));
        client.Exec(main, Fetch(web.Address, Port));
        web.Stop(first);
        string second = web.Serve("server", Port, Httpd + Port, attempt: 1);
        client.Exec(main, Fetch(web.Address, Port));
        SeenEvent[] events = Stop(program);
        string[] once =
        [
            "jobs/client/main connect pod/jobs/client -> pod/shop/web", "jobs/client/main close pod/jobs/client -> pod/shop/web",
            "shop/web/server accept pod/shop/web -> pod/jobs/client", "shop/web/server close pod/shop/web -> pod/jobs/client",
        ];
        Tells(events, [.. once, .. once]);
        Assert.Equal([first, second], events.Where(e => e.Text("operation") == "accept").Select(e => e.Text("container_id")));
    }

    [PodFact]
    public void APodIsNamedInTheFirstConnectionToIt()
    {
        PodOnHost client = RunPod("jobs", "client");
        string main = client.Run("main", Sleep);
        using TcptracerProgram program = RecordOf("--port", $"{YoungPort}", "--namespace", "shop,jobs");
        PodOnHost young = RunPod("shop", "young");
        young.Serve("server", YoungPort, Httpd + YoungPort);
        client.Exec(main, Fetch(young.Address, YoungPort));
        Tells(Stop(program, seesOnlyOurs: false),
            "jobs/client/main connect pod/jobs/client -> pod/shop/young",
            "jobs/client/main close pod/jobs/client -> pod/shop/young",
            "shop/young/server accept pod/shop/young -> pod/jobs/client",
            "shop/young/server close pod/shop/young -> pod/jobs/client");
    }

    [PodFact]
    public void ContainerRemovedAtOnceIsNamed()
    {
        PodOnHost web = RunPod("shop", "web"), client = RunPod("jobs", "client");
        string server = web.Serve("server", Port, Httpd + Port), main = client.Run("main", Sleep);
        using TcptracerProgram program = Record((web, server), (client, main));
        string flash = client.Run("flash", "exec " + Fetch(web.Address, Port));
        client.AwaitEnd(flash);
        client.Remove(flash);
        Tells(Stop(program),
            "jobs/client/flash connect pod/jobs/client -> pod/shop/web",
            "jobs/client/flash close pod/jobs/client -> pod/shop/web",
            "shop/web/server accept pod/shop/web -> pod/jobs/client",
            "shop/web/server close pod/shop/web -> pod/jobs/client");
    }

    [PodFact]
    public void ReusedAddressMeansThePodAtTheStartOfTheConnection()
    {
        using ContainerdHost host = ContainerdHost.WithAddresses(2);
        PodOnHost client = RunPodOn(host, "jobs", "client");
        string main = client.Run("main", Sleep);
        using TcptracerProgram program = TcptracerProgram.StartWatching("record", "-o", Trace, "--print", "-O", "json", "--fields", Fields,
            "--node-name", "n1",
            "--runtime-endpoint", host.Socket, "--netns", $"/proc/{client.Pids(main)[0]}/ns/net");
        PodOnHost old = RunPodOn(host, "shop", "old");
        old.Serve("server", HoldPort, $"{Sleep} | nc -l -p {HoldPort}; {Sleep}");
        // It keeps the connection open when the other end closes
        string holder = client.Run("holder", $"nc {old.Address} {HoldPort} -e /bin/sleep 1000000; {Sleep}");
        ContainerdHost.Await("no connection", () => client.Exec(main, "cat /proc/net/tcp").Contains(" 01 ", StringComparison.Ordinal));
        old.StopSandbox();
        PodOnHost young = RunPodOn(host, "shop", "young");
        Assert.Equal(old.Address, young.Address);
        young.Serve("server", Port, Httpd + Port);
        client.ForgetNeighbours(main);
        client.Exec(main, Fetch(young.Address, Port));
        Assert.Equal(0, Native.kill(client.PidOf(holder, "sleep"), 9));
        Thread.Sleep(100);
        Tells(Stop(program),
            "jobs/client/holder connect pod/jobs/client -> pod/shop/old",
            "jobs/client/main connect pod/jobs/client -> pod/shop/young",
            "jobs/client/main close pod/jobs/client -> pod/shop/young",
            "jobs/client/holder close pod/jobs/client -> pod/shop/old");
    }

    [PodFact]
    public void RestartOfTheRuntimeIsReportedAndNamingContinues()
    {
        PodOnHost web = RunPod("shop", "web"), client = RunPod("jobs", "client");
        string server = web.Serve("server", Port, Httpd + Port), main = client.Run("main", $"sleep 2; {Fetch(web.Address, Port)}; {Sleep}");
        using TcptracerProgram program = Record((web, server), (client, main));
        _host.Kill();
        program.AwaitError("is not running");
        _host.Start();
        program.AwaitError("answers again");
        client.AwaitEnd(client.Run("after", "exec " + Fetch(web.Address, Port)));
        string[] accepts =
            ["shop/web/server accept pod/shop/web -> pod/jobs/client", "shop/web/server close pod/shop/web -> pod/jobs/client"];
        Thread.Sleep(2500); // wait for the first container's connection
        Tells(Stop(program),
            [
                "jobs/client/main connect pod/jobs/client -> pod/shop/web",
                "jobs/client/main close pod/jobs/client -> pod/shop/web", .. accepts,
                "jobs/client/after connect pod/jobs/client -> pod/shop/web",
                "jobs/client/after close pod/jobs/client -> pod/shop/web", .. accepts,
            ]);
    }

    [PodFact]
    public void MissingPermissionToAskTheRuntimeIsReported()
    {
        // With all privileges that recording needs, but without root's right to every file
        RunResult run = Shell.Run($"""
            chmod 755 $1; cp $(readlink -f $TCPTRACER) $1/tcptracer
            setpriv --reuid 65534 --regid 65534 --clear-groups \
                --inh-caps +bpf,+perfmon,+sys_ptrace,+sys_admin --ambient-caps +bpf,+perfmon,+sys_ptrace,+sys_admin \
                $1/tcptracer --runtime-endpoint {_host.Socket} --duration 1s --port 1
            """, _folder.Path);
        Assert.Contains(run.ErrorLines,
            l => l.Contains($"the container runtime at {_host.Socket} (--runtime-endpoint) may not be asked by this user: run as root",
                StringComparison.Ordinal));
    }

    public void Dispose()
    {
        foreach (PodOnHost pod in _pods)
            pod.Dispose();
        _folder.Dispose();
    }
}
