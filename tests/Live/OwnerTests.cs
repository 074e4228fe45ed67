using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using TcpTracer.Bpf;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Live;

/// <summary>The owner's namespaces, cgroup and names are those that it had when it connected, whatever happens to it later.</summary>
public sealed class OwnerTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private readonly Stage _stage = new(hosts);

    [KernelFact]
    public void AKilledProcessKeepsItsNamespacesAndItsUser() => _stage.Play("namespaces_of_one_that_is_killed", SceneKind.All, CheckApart);

    [KernelFact]
    public void AKilledProcessKeepsItsCgroup()
    {
        string root = Directory.Exists("/sys/fs/cgroup/unified") ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup";
        string cgroup = Path.Combine(root, $"tcptracer-test-{Environment.ProcessId}");
        Directory.CreateDirectory(cgroup);
        try
        {
            _stage.Play("namespaces_of_one_that_is_killed", [SceneKind.V4, SceneKind.V6], seen =>
            {
                CheckApart(seen);
                Assert.NotEqual(seen.Facts("server").Text("cgroup"), seen.Facts("client").Text("cgroup"));
            }, cgroup);
        }
        finally
        {
            Directory.Delete(cgroup);
        }
    }

    private static void CheckApart(Seen seen)
    {
        SocketFacts client = seen.Facts("client"), server = seen.Facts("server");
        Assert.NotEqual(server.Text("mntns"), client.Text("mntns"));
        Assert.Equal(("4321", "1234", "apart"), (client.Text("uid"), client.Text("gid"), client.Text("comm")));
        seen.Tells("client", "connect", "close exit");
        seen.Tells("server", "accept", "close peer-close");
    }

    [KernelFact]
    public void ProcessWithoutMainThreadKeepsItsName() => _stage.Play("namespaces_without_main_thread", SceneKind.Plain, seen =>
    {
        Assert.NotEqual(seen.Facts("client").Text("pid"), seen.Facts("client").Text("tid"));
        seen.Tells("client", "connect", "close close");
        seen.Tells("server", "accept", "close peer-close");
    });

    private sealed class Pids : List<uint>, IRawEventReceiver
    {
        public void OnRawEvent(in RawTcpEvent raw) => Add(raw.Pid);

        public void OnRawCgroup(in RawCgroup raw)
        {
            // only events count here
        }

        public void OnRawImage(in RawImage raw)
        {
            // only events count here
        }
    }

    [KernelFact]
    public void TheRecorderNeverReportsItself()
    {
        // In this test the recorder is this process
        using TcpProbe probe = TcpProbe.Start(new ProbeOptions { Netns = [NetnsNumber(hosts.Left)] });
        TwoHosts.In(hosts.Left, () =>
        {
            using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen();
            for (int i = 0; i < 10; i++)
            {
                using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                client.Connect(listener.LocalEndPoint!);
                using Socket server = listener.Accept();
            }
            using var refused = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            Assert.Throws<SocketException>(() => refused.Connect(IPAddress.Loopback, 1));
            return 0;
        });
        using (var others = Scenario.Start(hosts, "connect_ok", SceneKind.Loopback4))
            others.Finish();
        var pids = new Pids();
        probe.Drain(pids);
        Each.Of(pids, pid => Assert.NotEqual((uint)Environment.ProcessId, pid)); // connections of other processes are reported
        Assert.Equal(0, probe.CountEntries("connections"));
    }

    internal static uint NetnsNumber(string name)
    {
        using Process stat =
            Process.Start(new ProcessStartInfo("stat", ["-L", "-c", "%i", $"/run/netns/{name}"]) { RedirectStandardOutput = true })!;
        return uint.Parse(stat.StandardOutput.ReadToEnd(), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>The kernel uses numbers of namespaces again as soon as they are free.</summary>
    [KernelFact]
    public void NewNamespaceWithAReusedNumberIsNotSelected()
    {
        const int mostTries = 5; // a namespace of another test may take the number first
        Assert.True(Enumerable.Range(0, mostTries).Any(_ => IsLaterNamespaceLeftOut()),
            "no later namespace got the number of the first one");
    }

    /// <returns>false: no later namespace got the number of the first one.</returns>
    private static bool IsLaterNamespaceLeftOut()
    {
        using var folder = new TemporaryFolder();
        string trace = folder.File("reused.tct"), name = $"tcptracer-{Environment.ProcessId}-reused";
        uint first = Make(name);
        using var program = TcptracerProgram.StartWatching("record", "-o", trace, "--netns", name);
        Loopback(name);
        uint again = 0;
        for (int i = 0; i < 200 && again != first; i++)
        {
            Shell.Run("ip netns del $1", name);
            again = Make(name);
        }
        Loopback(name);
        Shell.Run("ip netns del $1", name);
        RunResult run = program.Stop();
        if (again != first)
            return false;
        Assert.Contains("4 events captured", run.Errors);
        return true;
    }

    private static uint Make(string name)
    {
        Shell.Run("ip netns add $1 && ip -n $1 link set lo up", name);
        return NetnsNumber(name);
    }

    private static void Loopback(string name) => TwoHosts.In(name, () =>
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        client.Connect((IPEndPoint)listener.LocalEndpoint);
        using TcpClient server = listener.AcceptTcpClient();
        client.Close();
        return server.GetStream().ReadByte();
    });
}
