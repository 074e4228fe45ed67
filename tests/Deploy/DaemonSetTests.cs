using System.CommandLine;
using TcpTracer.Cli.Commands;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Harness.Cri;
using Xunit;

namespace TcpTracer.Tests.Deploy;

/// <summary>deploy/: the image runs as a pod with exactly what its manifest asks for, and records what other pods do.</summary>
public sealed class DaemonSetTests : IClassFixture<ContainerdHost>, IDisposable
{
    private const int Port = 8080, OldPort = 9000, ClosedPort = 8099, LivePort = 8098, CannotRecord = 4;
    private const string Sleep = "sleep 1000000", Node = "n1", Runtime = " at /run/containerd/containerd.sock: answering";

    private readonly Manifest _manifest = Manifest.Read();
    private readonly ContainerdHost _host;
    private readonly TemporaryFolder _folder = new();
    private readonly List<PodOnHost> _pods = [];

    public DaemonSetTests(ContainerdHost host)
    {
        _host = host;
    }

    private PodOnHost RunPod(string @namespace, string name, bool hostPid = false)
    {
        PodOnHost pod = _host.RunPod(@namespace, name, hostPid: hostPid);
        _pods.Add(pod);
        return pod;
    }

    private PodOnHost RunRecordersPod()
    {
        string image = _folder.File("image.tar");
        RunResult made = Shell.Run("$1/deploy/image $2", TcptracerProgram.Repository, image);
        Assert.Equal((0, $"tcptracer: {_manifest.Image} is in {image}\n"), (made.ExitCode, made.Errors));
        _host.Import(image);
        return RunPod("tcptracer", "tcptracer-n1", _manifest.HostPid);
    }

    /// <summary>Places on the test machine of the folders that a node has elsewhere.</summary>
    private Dictionary<string, string> Places(string tracing) => new()
    {
        ["/var/lib/tcptracer"] = Directory.CreateDirectory(_folder.File("traces")).FullName,
        ["socket"] = Directory.CreateDirectory(_folder.File("socket")).FullName,
        ["/run/containerd"] = Path.GetDirectoryName(_host.Socket)!,
        ["/sys/kernel/tracing"] = tracing,
    };

    private string Log(string name) => File.Exists(Path.Combine(_host.Logs, name)) ? File.ReadAllText(Path.Combine(_host.Logs, name)) : "";

    private void AwaitLog(string name, string text) =>
        ContainerdHost.Await($"'{text}' was not said", () => Log(name).Contains(text, StringComparison.Ordinal));

    [PodFact]
    public void DaemonSetRecordsOtherPodsWithoutTraceFs() =>
        RecordsWhatOtherPodsDo(Directory.CreateDirectory(_folder.File("empty")).FullName, "call_exit");

    [PodFact]
    public void DaemonSetRecordsOtherPodsWithTraceFs()
    {
        string tracing = Directory.CreateDirectory(_folder.File("tracing")).FullName;
        Assert.Equal(0, Shell.Run("mount -t tracefs none $1", tracing).ExitCode);
        try
        {
            RecordsWhatOtherPodsDo(tracing, "syscalls/sys_exit_accept4");
        }
        finally
        {
            DisposePods();
            Shell.Run("umount $1", tracing);
        }
    }

    private void RecordsWhatOtherPodsDo(string tracing, string hook)
    {
        PodOnHost web = RunPod("shop", "web"), client = RunPod("jobs", "client"), pod = RunRecordersPod();
        string server = web.Serve("server", Port, $"exec httpd -f -h /www -p {Port}"), main = client.Run("main", Sleep);
        web.Serve("old", OldPort, $"{Sleep} | nc -l -p {OldPort}; {Sleep}");
        string holder = client.Run("holder", $"{Sleep} | nc {web.Address} {OldPort}; {Sleep}");
        ContainerdHost.Await("no connection", () => web.Exec(server, "cat /proc/net/tcp*").Contains(" 01 ", StringComparison.Ordinal));

        string recorder = pod.Run(_manifest.ToConfig(Node, Places(tracing), log: pod.Uid));
        AwaitLog(pod.Uid, "recording to");
        client.Exec(main,
            $"wget -q -O /dev/null http://{web.Address}:{Port}/; wget -q -O /dev/null http://{web.Address}:{ClosedPort}/; true");
        Assert.Equal(0, Native.kill(client.PidOf(holder, "nc"), 9));
        Thread.Sleep(500);
        ExecSyncResponse doctor = _host.Client.ExecSync(
            new ExecSyncRequest { ContainerId = recorder, Cmd = { "/usr/bin/tcptracer", "doctor" }, Timeout = 20 });
        Assert.Contains(Runtime, doctor.Stdout.ToStringUtf8());
        Assert.Contains("ok       agent: records since ", doctor.Stdout.ToStringUtf8());
        ReadAlong(recorder, client, main, web.Address);
        Assert.EndsWith("This machine can record.\n", doctor.Stdout.ToStringUtf8());
        pod.Stop(recorder, graceSeconds: 20);
        Assert.True(pod.ExitCode(recorder) == 0, $"exit code {pod.ExitCode(recorder)}: {Log(pod.Uid)}");

        string trace = Assert.Single(Directory.GetFiles(_folder.File("traces")));
        Assert.Matches(@"/n1-\d{8}T\d{6}Z-0001\.tct$", trace);
        RunResult shown = TcptracerProgram.Run("show", trace, "-n", "shop,jobs", "--existing", "-o",
            "custom-columns=t,node,namespace,pod,container,src,dst,error", "--no-headers", "--port", $"!{LivePort}");
        Assert.Equal("", shown.Errors);
        Assert.Equal(
            [
                $"A n1 shop web server pod/shop/web:{Port} pod/jobs/client:N",
                $"C n1 jobs client main pod/jobs/client:N pod/shop/web:{Port}",
                $"E n1 jobs client holder pod/jobs/client:N pod/shop/web:{OldPort}",
                $"E n1 shop web old pod/shop/web:{OldPort} pod/jobs/client:N",
                $"F n1 jobs client main pod/jobs/client:N pod/shop/web:{ClosedPort} ECONNREFUSED",
                $"X n1 jobs client holder pod/jobs/client:N pod/shop/web:{OldPort}",
                $"X n1 jobs client main pod/jobs/client:N pod/shop/web:{Port}",
                $"X n1 shop web old pod/shop/web:{OldPort} pod/jobs/client:N",
                $"X n1 shop web server pod/shop/web:{Port} pod/jobs/client:N",
            ],
            shown.Lines.Select(Normalised).Order(StringComparer.Ordinal));
        RunResult info = TcptracerProgram.Run("info", trace);
        Assert.Contains(hook, info.Output);
        Assert.Contains(Runtime, info.Output);
        Assert.Contains("  ended      SIGTERM", info.Output);
    }

    /// <summary>In the agent's container, live output and the stream read along; a second recorder is refused.</summary>
    private void ReadAlong(string recorder, PodOnHost client, string main, string server)
    {
        Task<ExecSyncResponse> live = Task.Run(() => InContainer(recorder, "-n", "jobs", "--count", "1", "--op", "F", "-o",
            "custom-columns=t,namespace,pod,container,dport,error", "--no-headers"));
        while (!live.IsCompleted)
        {
            client.Exec(main, $"wget -q -O /dev/null http://{server}:{LivePort}/; sleep 0.2; true"); // until somebody sees it
        }
        Assert.Equal($"F jobs client main {LivePort} ECONNREFUSED", Normalised(live.Result.Stdout.ToStringUtf8().TrimEnd()));
        Assert.EndsWith("1 event shown\n0 events lost\n", live.Result.Stderr.ToStringUtf8());
        string copy = _folder.File("stream.tct");
        File.WriteAllBytes(copy, InContainer(recorder, "agent", "stream", "--since", "1h", "-n", "shop", "--op", "A").Stdout.ToByteArray());
        Assert.Equal([$"A n1 shop web server pod/shop/web:{Port} pod/jobs/client:N"],
            TcptracerProgram.Run("show", copy, "-o", "custom-columns=t,node,namespace,pod,container,src,dst", "--no-headers")
                .Lines.Select(Normalised));
        ExecSyncResponse second = InContainer(recorder, "agent", "-o", "/var/lib/tcptracer/second.tct", "--socket", "/run/tcptracer/other");
        Assert.Equal(1, second.ExitCode);
        Assert.Contains("a recorder runs in this container already", second.Stderr.ToStringUtf8());
    }

    private ExecSyncResponse InContainer(string container, params string[] words) => _host.Client.ExecSync(
        new ExecSyncRequest { ContainerId = container, Cmd = { words.Prepend("/usr/bin/tcptracer") }, Timeout = 30 });

    /// <summary>A line with one blank between columns, and N for a port that the kernel chose.</summary>
    private static string Normalised(string line) =>
        string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(w => w.StartsWith("pod/jobs/client:", StringComparison.Ordinal) ? "pod/jobs/client:N" : w));

    /// <summary>A restarted runtime makes a new socket. It is found, because its directory is mounted.</summary>
    [PodFact]
    public void RestartedRuntimeIsFoundAgain()
    {
        PodOnHost pod = RunRecordersPod();
        string recorder = pod.Run(_manifest.ToConfig(Node, Places(_folder.Path), log: pod.Uid));
        AwaitLog(pod.Uid, "recording to");
        _host.Kill();
        _host.Start();
        ExecSyncResponse doctor = _host.Client.ExecSync(
            new ExecSyncRequest { ContainerId = recorder, Cmd = { "/usr/bin/tcptracer", "doctor" }, Timeout = 20 });
        Assert.Contains(Runtime, doctor.Stdout.ToStringUtf8());
    }

    [PodFact]
    public void ImageTalksToAnHttpsApiAsItsServiceAccount() => TalkToAnHttpsApi(rightAuthority: true);

    [PodFact]
    public void ImageRecordsWhenTheApiHasAForeignCertificate() => TalkToAnHttpsApi(rightAuthority: false);

    private void TalkToAnHttpsApi(bool rightAuthority)
    {
        PodOnHost pod = RunRecordersPod();
        using var server = new ApiServer(ContainerdHost.NodeAddress, _host.Netns) { Token = "secret" };
        using var other = new ApiServer();
        string account = Directory.CreateDirectory(_folder.File("account")).FullName;
        File.WriteAllText(Path.Combine(account, "token"), "secret");
        File.WriteAllText(Path.Combine(account, "ca.crt"), rightAuthority ? server.Authority : other.Authority);
        ContainerConfig config = _manifest.ToConfig(Node, Places(_folder.Path), log: pod.Uid);
        config.Mounts.Remove(config.Mounts.Single(m => m.ContainerPath == "/run/containerd")); // only the API is left
        config.Mounts.Add(
            new Mount { ContainerPath = "/var/run/secrets/kubernetes.io/serviceaccount", HostPath = account, Readonly = true });
        config.Envs.Add(new KeyValue { Key = "KUBERNETES_SERVICE_HOST", Value = ContainerdHost.NodeAddress });
        config.Envs.Add(new KeyValue { Key = "KUBERNETES_SERVICE_PORT", Value = $"{server.Port}" });
        string recorder = pod.Run(config);
        AwaitLog(pod.Uid, "recording to");
        pod.Stop(recorder, graceSeconds: 20);
        Assert.True(pod.ExitCode(recorder) == 0, $"exit code {pod.ExitCode(recorder)}: {Log(pod.Uid)}");
        string[] names = [.. TcptracerProgram.Run("info", Assert.Single(Directory.GetFiles(_folder.File("traces")))).Lines
            .Where(l => l.Contains("Kubernetes API", StringComparison.Ordinal))];
        Assert.Equal(2, names.Length); // at the beginning and at the end
        if (rightAuthority)
            Assert.EndsWith($"{server.Url}: answering", names[0]);
        Assert.Contains(rightAuthority ? "answered from" : "never answered", names[1], StringComparison.Ordinal);
        if (!rightAuthority)
            Assert.Contains("no secure connection can be made",
                Assert.Single(Log(pod.Uid).Split('\n'), l => l.Contains("Kubernetes API", StringComparison.Ordinal)));
    }

    [PodFact]
    public void EveryCapabilityIsNeeded()
    {
        PodOnHost pod = RunRecordersPod();
        Assert.Equal(["BPF", "PERFMON"], _manifest.Capabilities);
        foreach (string capability in _manifest.Capabilities)
        {
            string recorder = pod.Run(_manifest.ToConfig(Node, Places(_folder.Path), log: capability, capability));
            pod.AwaitEnd(recorder);
            Assert.Equal(CannotRecord, pod.ExitCode(recorder));
            AwaitLog(capability, "give the executable CAP_BPF and CAP_PERFMON");
            pod.Remove(recorder);
        }
    }

    [Fact]
    public void ManifestHasKnownOptionsAndOnlyTheRightsInUse()
    {
        Assert.Equal(["Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "DaemonSet"], _manifest.Kinds);
        ParseResult parsed = TcpTracerCommand.Create().Parse(_manifest.Arguments(Node));
        Assert.Empty(parsed.Errors);
        Assert.Empty(parsed.UnmatchedTokens);
        var rule = Assert.Single((YamlDotNet.RepresentationModel.YamlSequenceNode)_manifest.OfKind("ClusterRole")["rules"]);
        Assert.Equal(("", "pods services nodes", "get list watch"),
            (string.Join(' ', Manifest.Texts(rule["apiGroups"])), string.Join(' ', Manifest.Texts(rule["resources"])),
                string.Join(' ', Manifest.Texts(rule["verbs"]))));
        Assert.EndsWith(":" + TcptracerProgram.Run("--version").Lines[0].Split(' ')[^1], _manifest.Image);
        Assert.Equal("linux", Manifest.Text(_manifest.Pod["nodeSelector"]["kubernetes.io/os"]));
        var architectures = _manifest.Pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
            ["nodeSelectorTerms"][0]["matchExpressions"][0];
        Assert.Equal(("kubernetes.io/arch", "In", "amd64 arm64"), (Manifest.Text(architectures["key"]),
            Manifest.Text(architectures["operator"]), string.Join(' ', Manifest.Texts(architectures["values"]))));
        string output = _manifest.Arguments(Node).Single(a => a.StartsWith("--output=", StringComparison.Ordinal));
        Assert.Contains(_manifest.Mounts, m => !m.ReadOnly && output.StartsWith($"--output={m.Container}/", StringComparison.Ordinal));
    }

    private void DisposePods()
    {
        foreach (PodOnHost pod in _pods)
            pod.Dispose();
    }

    public void Dispose()
    {
        DisposePods();
        _folder.Dispose();
    }
}
