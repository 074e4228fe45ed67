using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using TcpTracer.Recorder.Workloads.Cri;
using TcpTracer.Tests.Harness.Cri;

namespace TcpTracer.Tests.Harness;

/// <summary>
/// A node that belongs to the test: a containerd with folders of its own, in a network namespace of its own. The bridge of the pods is in
/// that namespace, which is also the "host's network" for pods that ask for it. Everything is removed with it. It starts when
/// a test first asks for it.
/// </summary>
public sealed class ContainerdHost : IDisposable
{
    /// <summary>The node's address on the bridge of the pods. Pods in the host's network have it, too.</summary>
    public const string NodeAddress = "10.88.77.1";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);
    private static readonly string[] s_programs =
        ["/usr/bin/containerd", "/usr/bin/ctr", "/usr/sbin/runc", "/usr/lib/cni/bridge", "/bin/busybox"];
    private const int ManyAddresses = 200;
    private static int s_serial;

    private readonly string _folder = Directory.CreateTempSubdirectory("tcptracer-").FullName;
    private readonly List<PodOnHost> _pods = [];
    private readonly int _addresses;
    private readonly bool _servesKubernetes;
    private readonly Lazy<bool> _started;
    private Process? _containerd;
    private GrpcChannel? _channel;

    public ContainerdHost() : this(ManyAddresses)
    {
    }

    private ContainerdHost(int addresses, bool servesKubernetes = true)
    {
        (_addresses, _servesKubernetes) = (addresses, servesKubernetes);
        _started = new Lazy<bool>(Prepare);
    }

    private bool Prepare()
    {
        if (s_programs.FirstOrDefault(p => !File.Exists(p)) is { } missing)
            throw new InvalidOperationException($"{missing} is not installed: ./test installs it");
        Run("ip", "netns", "add", Netns);
        Run("ip", "-n", Netns, "link", "set", "lo", "up");
        WriteConfiguration();
        Start();
        string image = System.IO.Path.Combine(_folder, "image.tar");
        BusyboxImage.Write(image);
        ImportNow(image);
        return true;
    }

    /// <summary>Imports an image from a tar file into the runtime.</summary>
    public void Import(string image)
    {
        _ = _started.Value;
        ImportNow(image);
    }

    private void ImportNow(string image) => Run("ctr", "--address", SocketPath, "--namespace", "k8s.io", "images", "import", image);

    /// <summary>A containerd without CRI, as Docker installs it.</summary>
    public static ContainerdHost WithoutKubernetes() => new(ManyAddresses, servesKubernetes: false);

    /// <summary>A node with so few addresses for pods that they are used again at once.</summary>
    public static ContainerdHost WithAddresses(int count) => new(count);

    /// <summary>The name of the node's network namespace.</summary>
    public string Netns { get; } = $"tcptracer-{Environment.ProcessId}-node{Interlocked.Increment(ref s_serial)}";

    /// <summary>The socket of the runtime.</summary>
    public string Socket => _started.Value ? SocketPath : "";

    private string SocketPath => Path("run/containerd.sock");

    /// <summary>The folder for the output of containers.</summary>
    public string Logs => Path("logs");

    internal RuntimeService.RuntimeServiceClient Client { get; private set; } = null!;

    private string Path(string name) => System.IO.Path.Combine(_folder, name);

    private void WriteConfiguration()
    {
        Directory.CreateDirectory(Path("cni"));
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(SocketPath)!);
        File.WriteAllText(Path("cni/10-bridge.conflist"), $$"""
            {"cniVersion":"0.4.0","name":"{{Netns}}","plugins":[{"type":"bridge","bridge":"cni0","isGateway":true,"ipam":{
            "type":"host-local","dataDir":"{{Path("addresses")}}","routes":[{"dst":"0.0.0.0/0"}],
            "ranges":[[{"subnet":"10.88.77.0/24","rangeStart":"10.88.77.2","rangeEnd":"10.88.77.{{1 + _addresses}}"}]]} }]}
            """);
        // OOM scores stay as they are: lowering one needs a capability that a container may not have, and then no sandbox would start
        File.WriteAllText(Path("config.toml"), $"""
            version = 2
            root = "{Path("root")}"
            state = "{Path("state")}"
            disabled_plugins = ["io.containerd.internal.v1.tracing", "io.containerd.snapshotter.v1.btrfs",
                "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper",
                "io.containerd.snapshotter.v1.aufs"{(_servesKubernetes ? "" : ", \"io.containerd.grpc.v1.cri\"")}]
            [grpc]
            address = "{SocketPath}"
            [plugins."io.containerd.internal.v1.opt"]
            path = "{Path("opt")}"
            [plugins."io.containerd.grpc.v1.cri"]
            sandbox_image = "{BusyboxImage.Name}"
            restrict_oom_score_adj = true
            disable_apparmor = true
            netns_mounts_under_state_dir = true
            stream_server_address = "127.0.0.1"
            [plugins."io.containerd.grpc.v1.cri".containerd]
            snapshotter = "native"
            [plugins."io.containerd.grpc.v1.cri".cni]
            bin_dir = "/usr/lib/cni"
            conf_dir = "{Path("cni")}"
            """);
    }

    /// <summary>Starts the runtime, perhaps again, and returns when it answers.</summary>
    public void Start()
    {
        // Not by `ip netns exec`: it mounts another /sys, which has no cgroups
        _containerd = Process.Start(new ProcessStartInfo("nsenter", [$"--net=/run/netns/{Netns}", "sh", "-c",
            $"exec containerd --config {Path("config.toml")} --log-level warn >>{Path("log")} 2>&1"]))!;
        _channel?.Dispose();
        _channel = CriClient.OpenChannel(SocketPath);
        Client = new RuntimeService.RuntimeServiceClient(_channel);
        Await("containerd does not answer", IsReady);
    }

    private bool IsReady()
    {
        if (_containerd!.HasExited)
            throw new InvalidOperationException($"containerd ended: {File.ReadAllText(Path("log"))}");
        try
        {
            Client.ListPodSandbox(new Empty());
            return true;
        }
        catch (RpcException e)
        {
            return !_servesKubernetes && e.StatusCode == StatusCode.Unimplemented;
        }
    }

    /// <summary>Kills the runtime; its containers go on.</summary>
    public void Kill()
    {
        _containerd!.Kill();
        _containerd.WaitForExit();
    }

    /// <summary>Stops the runtime, or lets it go on.</summary>
    public void Signal(int number)
    {
        const int stop = 19;
        int process = _containerd!.Id;
        _ = Native.kill(process, number);
        if (number == stop) // each thread stops when it runs next; until then it may answer
            Await("containerd did not stop", () =>
                Directory.GetDirectories($"/proc/{process}/task").All(t => File.ReadAllText($"{t}/stat").Split(") ")[^1][0] == 'T'));
    }

    /// <summary>Waits for something.</summary>
    public static void Await(string otherwise, Func<bool> isSo)
    {
        for (long end = Environment.TickCount64 + (long)s_patience.TotalMilliseconds; !isSo(); Thread.Sleep(10))
        {
            if (Environment.TickCount64 > end)
                throw new TimeoutException(otherwise);
        }
    }

    /// <summary>Starts a pod without containers.</summary>
    internal PodOnHost RunPod(string @namespace, string name, bool hostNetwork = false, string? uid = null, uint attempt = 0,
        bool hostPid = false)
    {
        _ = _started.Value;
        var pod = new PodOnHost(this, @namespace, name, uid ?? Guid.NewGuid().ToString(), hostNetwork, attempt, hostPid);
        _pods.Add(pod);
        return pod;
    }

    /// <summary>Starts a command in a running container, with its standard input, output and error.</summary>
    internal Process Exec(string container, string id, IEnumerable<string> command) => Process.Start(new ProcessStartInfo("ctr",
        ["--address", SocketPath, "--namespace", "k8s.io", "tasks", "exec", "--exec-id", id, container, .. command])
    {
        RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
    })!;

    private static void Run(string program, params string[] arguments)
    {
        using Process process =
            Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {errors}{output.Result}");
    }

    /// <summary>Removes the pods first, while the runtime can still end them.</summary>
    public void Dispose()
    {
        try
        {
            if (_pods.Count > 0 && _containerd!.HasExited)
                Start();
            foreach (PodOnHost pod in _pods)
                pod.Dispose();
        }
        finally
        {
            _channel?.Dispose();
            if (_containerd is not null)
                Kill();
            if (File.Exists($"/run/netns/{Netns}"))
                Run("ip", "netns", "del", Netns);
            Directory.Delete(_folder, recursive: true);
        }
    }
}
