using System.Globalization;
using System.Text;
using TcpTracer.Tests.Harness.Cri;

namespace TcpTracer.Tests.Harness;

/// <summary>A pod on a <see cref="ContainerdHost"/>, made as the kubelet makes it: with the same labels and cgroups.</summary>
internal sealed class PodOnHost : IDisposable
{
    private static readonly string[] s_hierarchies = [.. Directory.GetDirectories("/sys/fs/cgroup"), "/sys/fs/cgroup"];

    private readonly ContainerdHost _host;
    private readonly PodSandboxConfig _config;
    private bool _isGone;

    public PodOnHost(ContainerdHost host, string @namespace, string name, string uid, bool hostNetwork, uint attempt, bool hostPid)
    {
        _host = host;
        (Namespace, Name, Uid) = (@namespace, name, uid);
        _config = new PodSandboxConfig
        {
            Metadata = new PodSandboxMetadata { Name = name, Namespace = @namespace, Uid = uid, Attempt = attempt },
            Hostname = hostNetwork ? "" : name,
            LogDirectory = host.Logs,
            Labels =
            {
                { "io.kubernetes.pod.name", name }, { "io.kubernetes.pod.namespace", @namespace },
                { "io.kubernetes.pod.uid", uid }, { "app", name },
            },
            Annotations = { { "kubernetes.io/config.source", "api" } },
            Linux = new LinuxPodSandboxConfig
            {
                CgroupParent = Cgroup,
                SecurityContext = new SecurityContext { NamespaceOptions = Namespaces(hostNetwork, hostPid) },
            },
        };
        SandboxId = host.Client.RunPodSandbox(new RunPodSandboxRequest { Config = _config }).PodSandboxId;
        Address = host.Client.PodSandboxStatus(Sandbox).Status.Network?.Ip is { Length: > 0 } ip ? ip : ContainerdHost.NodeAddress;
    }

    public string Namespace { get; }

    public string Name { get; }

    public string Uid { get; }

    public string SandboxId { get; }

    /// <summary>Its IP address.</summary>
    public string Address { get; }

    private string Cgroup => $"/kubepods/burstable/pod{Uid}";

    private PodSandboxRequest Sandbox => new() { PodSandboxId = SandboxId };

    private static NamespaceOption Namespaces(bool hostNetwork, bool hostPid) =>
        new()
        {
            Network = hostNetwork ? NamespaceMode.Node : NamespaceMode.Pod, Pid = hostPid ? NamespaceMode.Node : NamespaceMode.Container
        };

    /// <summary>Creates a container, which does not run yet.</summary>
    public string Create(string name, string script, uint attempt = 0, string image = BusyboxImage.Name) => Create(new ContainerConfig
    {
        Metadata = new ContainerMetadata { Name = name, Attempt = attempt },
        Image = new ImageSpec { Image = image },
        Command = { "/bin/sh", "-c", script },
    });

    private string Create(ContainerConfig config)
    {
        config.Labels.Add(new Dictionary<string, string>
        {
            ["io.kubernetes.container.name"] = config.Metadata.Name, ["io.kubernetes.pod.uid"] = Uid, ["io.kubernetes.pod.name"] = Name,
            ["io.kubernetes.pod.namespace"] = Namespace,
        });
        config.Linux ??= new LinuxContainerConfig();
        config.Linux.SecurityContext ??= new LinuxContainerSecurityContext();
        config.Linux.SecurityContext.NamespaceOptions = _config.Linux.SecurityContext.NamespaceOptions;
        return _host.Client.CreateContainer(
            new CreateContainerRequest { PodSandboxId = SandboxId, SandboxConfig = _config, Config = config }).ContainerId;
    }

    /// <summary>Runs a container with a complete configuration.</summary>
    public string Run(ContainerConfig config)
    {
        string id = Create(config);
        _host.Client.StartContainer(new ContainerRequest { ContainerId = id });
        return id;
    }

    /// <summary>Runs a shell script in a new container.</summary>
    public string Run(string name, string script, uint attempt = 0)
    {
        string id = Create(name, script, attempt);
        _host.Client.StartContainer(new ContainerRequest { ContainerId = id });
        return id;
    }

    /// <summary>Runs a server in a new container, and returns when it listens.</summary>
    public string Serve(string name, int port, string script, uint attempt = 0)
    {
        string id = Run(name, script, attempt);
        string listening = string.Create(CultureInfo.InvariantCulture, $":{port:X4} 00000000:0000 0A");
        ContainerdHost.Await($"{name} does not listen", () => Pids(id).Any(p => (Read($"/proc/{p}/net/tcp")
            + Read($"/proc/{p}/net/tcp6").Replace("00000000000000000000000000000000", "00000000")).Contains(listening)));
        return id;
    }

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return "";
        }
    }

    /// <summary>Runs a shell script in a running container.</summary>
    public string Exec(string containerId, string script)
    {
        ExecSyncResponse response =
            _host.Client.ExecSync(new ExecSyncRequest { ContainerId = containerId, Cmd = { "/bin/sh", "-c", script }, Timeout = 20 });
        return response.ExitCode == 0
            ? response.Stdout.ToStringUtf8() : throw new InvalidOperationException($"{script}: {response.Stderr.ToStringUtf8()}");
    }

    /// <summary>Removes the neighbours that the kernel knows, so that it asks at once who has an address now.</summary>
    public void ForgetNeighbours(string containerId) =>
        Shell.Run(string.Create(CultureInfo.InvariantCulture, $"nsenter --net=/proc/{Pids(containerId)[0]}/ns/net ip neigh flush all"));

    /// <summary>Waits until a container has ended.</summary>
    public void AwaitEnd(string containerId) => ContainerdHost.Await("the container does not end",
        () => _host.Client.ContainerStatus(new ContainerRequest { ContainerId = containerId })
            .Status.State == ContainerState.ContainerExited);

    /// <summary>Kills a container, or asks it to end and gives it some time.</summary>
    public void Stop(string containerId, int graceSeconds = 0) =>
        _host.Client.StopContainer(new StopContainerRequest { ContainerId = containerId, Timeout = graceSeconds });

    /// <summary>The exit code of a container that has ended.</summary>
    public int ExitCode(string containerId) =>
        _host.Client.ContainerStatus(new ContainerRequest { ContainerId = containerId }).Status.ExitCode;

    public void Remove(string containerId) => _host.Client.RemoveContainer(new ContainerRequest { ContainerId = containerId });

    /// <summary>The processes of a container, by their numbers outside of it.</summary>
    public int[] Pids(string containerId) =>
        [.. s_hierarchies.Select(h => $"{h}{Cgroup}/{containerId}/cgroup.procs").Where(File.Exists).SelectMany(f => Read(f)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)).Select(p => int.Parse(p, CultureInfo.InvariantCulture)).Distinct()];

    /// <summary>The process of a container that has this command.</summary>
    public int PidOf(string containerId, string command) => Pids(containerId).Single(p => Read($"/proc/{p}/comm").Trim() == command);

    /// <summary>Ends the processes of the pod and frees its address; the runtime still knows the pod.</summary>
    public void StopSandbox() => _host.Client.StopPodSandbox(Sandbox);

    public void RemoveSandbox()
    {
        _host.Client.RemovePodSandbox(Sandbox);
        _isGone = true;
    }

    public void Dispose()
    {
        if (!_isGone)
        {
            StopSandbox();
            RemoveSandbox();
        }
        foreach (string hierarchy in s_hierarchies)
        {
            // As the kubelet does; the upper cgroups are removed with the last pod
            foreach (string cgroup in new[] { Cgroup, "/kubepods/burstable", "/kubepods" })
                _ = Native.rmdir(Encoding.UTF8.GetBytes(hierarchy + cgroup + '\0'));
        }
    }
}
