using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Live;

/// <summary>Real connections between two hosts, compared with what the sockets themselves report.</summary>
public sealed class ConnectionEventsTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private const int PrimeCount = 53;

    private sealed record Made(int ClientTid, int ServerTid, IPEndPoint Client, IPEndPoint Server);

    [KernelFact]
    public void EveryIpv4ConnectionGivesOneConnectOneAcceptAndTwoCloses() =>
        CheckConnections(AddressFamily.InterNetwork, TwoHosts.RightV4, 4);

    [KernelFact]
    public void EveryIpv6ConnectionGivesOneConnectOneAcceptAndTwoCloses() =>
        CheckConnections(AddressFamily.InterNetworkV6, TwoHosts.RightV6, 6);

    [KernelFact]
    public void MappedIpv4ConnectionIsShownAsIpv4() =>
        CheckConnections(AddressFamily.InterNetworkV6, "::ffff:" + TwoHosts.RightV4, 4);

    private void CheckConnections(AddressFamily family, string server, int version)
    {
        using TcptracerProgram program = TcptracerProgram.StartWatching("-o", "json", "--netns", hosts.Both);
        List<Made> made = Connect(family, server);
        RunResult run = program.Stop();
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("0 events lost", run.Errors);
        JsonElement[] events = [.. run.Lines.Select(l => JsonDocument.Parse(l).RootElement)];
        Assert.Equal(PrimeCount, events.Count(e => Text(e, "operation") == "connect"));
        Assert.Equal(PrimeCount, events.Count(e => Text(e, "operation") == "accept"));
        Assert.Equal(2 * PrimeCount, events.Count(e => Text(e, "operation") == "close"));
        Assert.Equal(4 * PrimeCount, events.Length);
        foreach (Made m in made)
        {
            JsonElement connect = Assert.Single(events, e => Text(e, "operation") == "connect" && Number(e, "sport") == m.Client.Port);
            CheckOne(connect, m.ClientTid, m.Client, m.Server, version);
            JsonElement accept = Assert.Single(events, e => Text(e, "operation") == "accept" && Number(e, "dport") == m.Client.Port);
            CheckOne(accept, m.ServerTid, m.Server, m.Client, version);
            JsonElement clientClose = Assert.Single(events, e => Text(e, "operation") == "close" && Number(e, "sport") == m.Client.Port);
            Assert.Equal(Text(connect, "conn"), Text(clientClose, "conn"));
            Assert.Equal(3, Number(clientClose, "sent_bytes"));
            Assert.Equal(5, Number(clientClose, "received_bytes"));
            JsonElement serverClose = Assert.Single(events, e => Text(e, "operation") == "close" && Number(e, "dport") == m.Client.Port);
            Assert.Equal(Text(accept, "conn"), Text(serverClose, "conn"));
            Assert.Equal(5, Number(serverClose, "sent_bytes"));
            Assert.Equal(3, Number(serverClose, "received_bytes"));
        }
    }

    private static void CheckOne(JsonElement e, int tid, IPEndPoint local, IPEndPoint remote, int version)
    {
        Assert.Equal(Environment.ProcessId, Number(e, "pid"));
        Assert.Equal(tid, Number(e, "tid"));
        Assert.Equal(File.ReadAllText("/proc/self/comm").Trim(), Text(e, "comm"));
        Assert.Equal(version, Number(e, "ipversion"));
        Assert.Equal(Plain(local), Text(e, "saddr"));
        Assert.Equal(Plain(remote), Text(e, "daddr"));
        Assert.Equal(local.Port, Number(e, "sport"));
        Assert.Equal(remote.Port, Number(e, "dport"));
        Assert.Equal("task", Text(e, "attribution"));
        Assert.True(Number(e, "latency_ns") > 0);
    }

    private static string Plain(IPEndPoint end) => (end.Address.IsIPv4MappedToIPv6 ? end.Address.MapToIPv4() : end.Address).ToString();

    private List<Made> Connect(AddressFamily family, string server)
    {
        using Socket listener = TwoHosts.In(hosts.Right, () =>
        {
            var socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
            if (family == AddressFamily.InterNetworkV6)
                socket.DualMode = true;
            socket.Bind(new IPEndPoint(family == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0));
            socket.Listen(PrimeCount);
            return socket;
        });
        int port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        Task<List<(int Tid, Socket Socket)>> accepting = Task.Factory.StartNew(() =>
            Enumerable.Range(0, PrimeCount).Select(_ => (Socket: listener.Accept(), Tid: Native.gettid())).Select(a => (a.Tid, a.Socket))
                .ToList(), TaskCreationOptions.LongRunning);
        List<(int Tid, Socket Socket)> clients = TwoHosts.In(hosts.Left, () => Enumerable.Range(0, PrimeCount).Select(_ =>
        {
            var socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
            if (family == AddressFamily.InterNetworkV6)
                socket.DualMode = true;
            socket.Connect(new IPEndPoint(IPAddress.Parse(server), port));
            return (Native.gettid(), socket);
        }).ToList());
        var made = new List<Made>();
        Dictionary<int, (int Tid, Socket Socket)> accepted =
            accepting.Result.ToDictionary(a => ((IPEndPoint)a.Socket.RemoteEndPoint!).Port);
        foreach ((int tid, Socket client) in clients)
        {
            var local = (IPEndPoint)client.LocalEndPoint!;
            (int serverTid, Socket serverSide) = accepted[local.Port];
            made.Add(new Made(tid, serverTid, local, (IPEndPoint)serverSide.LocalEndPoint!));
            client.Send("abc"u8);
            serverSide.Send("hello"u8);
            byte[] buffer = new byte[8];
            Assert.Equal(3, serverSide.Receive(buffer));
            Assert.Equal(5, client.Receive(buffer));
            client.Dispose();
            serverSide.Dispose();
        }
        return made;
    }

    [KernelFact]
    public void ARefusedConnectIsAFailureWithItsErrno()
    {
        using TcptracerProgram program = TcptracerProgram.StartWatching("-o", "json", "--netns", hosts.Both);
        int local = TwoHosts.In(hosts.Left, () =>
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Any, 0));
            int port = ((IPEndPoint)socket.LocalEndPoint!).Port;
            Assert.Equal(SocketError.ConnectionRefused,
                Assert.Throws<SocketException>(() => socket.Connect(TwoHosts.RightV4, 9)).SocketErrorCode);
            return port;
        });
        RunResult run = program.Stop();
        JsonElement e = JsonDocument.Parse(Assert.Single(run.Lines)).RootElement;
        Assert.Equal("connect-failed", Text(e, "operation"));
        Assert.Equal("ECONNREFUSED", Text(e, "error"));
        Assert.Equal(TwoHosts.LeftV4, Text(e, "saddr"));
        Assert.Equal(TwoHosts.RightV4, Text(e, "daddr"));
        Assert.Equal(local, Number(e, "sport"));
        Assert.Equal(9, Number(e, "dport"));
    }

    [KernelFact]
    public void ATimedOutConnectIsAFailureWithItsErrno()
    {
        // The kernel would try for more than two minutes; in this namespace it sends one SYN and one repeat, in linear steps
        TwoHosts.Start(hosts.Left, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/tcp_syn_retries; "
            + "echo 0 > /proc/sys/net/ipv4/tcp_syn_linear_timeouts; ip neigh replace 10.77.0.99 lladdr 02:00:00:00:00:99 "
            + "dev eth0").WaitForExit();
        using TcptracerProgram program = TcptracerProgram.StartWatching("-o", "json", "--netns", hosts.Left);
        TwoHosts.In(hosts.Left, () =>
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            Assert.Equal(SocketError.TimedOut, Assert.Throws<SocketException>(() => socket.Connect("10.77.0.99", 7)).SocketErrorCode);
            return 0;
        });
        JsonElement e = JsonDocument.Parse(Assert.Single(program.Stop().Lines)).RootElement;
        Assert.Equal("connect-failed", Text(e, "operation"));
        Assert.Equal("ETIMEDOUT", Text(e, "error"));
        Assert.Equal(Environment.ProcessId, Number(e, "pid"));
        Assert.True(Number(e, "latency_ns") > 500_000_000);
        Assert.True(Number(e, "retransmits") >= 1);
    }

    [KernelFact]
    public void ForeignProgramGivesTheSpecifiedLine()
    {
        using var server = new HttpServer(hosts.Right);
        using TcptracerProgram program = TcptracerProgram.StartWatching("--netns", hosts.Left, "--op", "connect");
        using Process curl = TwoHosts.Start(hosts.Left, "curl", "-s", $"http://{TwoHosts.RightV4}:{server.Port}/");
        string body = curl.StandardOutput.ReadToEnd();
        curl.WaitForExit();
        Assert.Equal("hello", body);
        RunResult run = program.Stop();
        Assert.Equal("NODE             NAMESPACE        POD              CONTAINER        T PID    COMM             IP  SADDR            "
            + "DADDR            SPORT   DPORT", run.Lines[0]);
        string line = Assert.Single(run.Lines.Skip(1));
        string expected = $"{Environment.MachineName,-16} <>               <>               <>               C {curl.Id,-6} "
            + $"curl             4   {TwoHosts.LeftV4,-16} {TwoHosts.RightV4,-16} {server.LastClientPort,-7} {server.Port}";
        Assert.Equal(expected, line);
    }

    private static string? Text(JsonElement e, string key) => e.TryGetProperty(key, out JsonElement value) ? value.GetString() : null;

    private static long Number(JsonElement e, string key) => e.GetProperty(key).GetInt64();
}
