using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Live;

/// <summary>
/// A service address, and a masqueraded source with a random port, by the kernel's own NAT. Neither end sees the addresses of the other,
/// but both have the same flow.
/// </summary>
public sealed class NatTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private const string Service = "10.96.0.1";
    private const int Connections = 20, ServicePort = 80;

    [KernelFact]
    public void BothEndsOfAConnectionThroughNatHaveTheSameFlow()
    {
        using var folder = new TemporaryFolder();
        string trace = folder.File("nat.tct");
        using Socket listener = hosts.ListenOnTheRight(Connections);
        Translate(((IPEndPoint)listener.LocalEndPoint!).Port);
        using (TcptracerProgram program = TcptracerProgram.StartWatching("record", "-o", trace, "--netns", hosts.Both))
        {
            for (int i = 0; i < Connections; i++)
            {
                using Socket client = TwoHosts.In(hosts.Left, () => Connected(i % 2 == 0));
                using Socket server = listener.Accept();
                client.Send([1]);
                server.Receive(new byte[1]);
            }
            RunResult run = program.Stop();
            Assert.Equal(0, run.ExitCode);
        }
        SeenEvent[] told = [.. TcptracerProgram.Run("show", trace, "-o", "json").Lines.Select(l => new SeenEvent(l))];
        SeenEvent[] clients = [.. told.Where(e => e.Text("operation") == "connect")],
            servers = [.. told.Where(e => e.Text("operation") == "accept")];
        Assert.Equal((Connections, Connections), (clients.Length, servers.Length));
        Each.Of(clients, e => Assert.Equal(Service, e.Text("daddr")));
        Each.Of(servers, e => Assert.Equal(TwoHosts.RightV4, e.Text("saddr")));
        Assert.NotEqual(clients.Select(e => e.Number("sport")), servers.Select(e => e.Number("dport"))); // the source port differs, too
        Assert.Equal(clients.Select(e => e.Text("flow")), servers.Select(e => e.Text("flow")));
        Assert.Equal(Connections, clients.Select(e => e.Text("flow")).Distinct().Count());
        Each.Of(told.Where(e => e.Text("operation") == "close").GroupBy(e => e.Text("flow")), pair => Assert.Equal(2, pair.Count()));
        string[] far = TcptracerProgram.Run("show", trace, "-o", "custom-columns=operation,cgroup,dst_cgroup", "--no-headers").Lines;
        Each.Of(far.Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)), columns =>
            Assert.Equal(columns[0] == "connect" ? 2 : 3, columns.Length)); // before an event of the other end nobody knows it
        Each.Of(far.Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(c => c.Length > 2), columns =>
            Assert.Equal(columns[1], columns[2])); // this test is both ends
    }

    /// <summary>Adds the rules that kube-proxy makes for a service.</summary>
    private void Translate(int port)
    {
        using Process nft = TwoHosts.Start(hosts.Left, "nft", $$"""
            table ip nat {
              chain service {
                type nat hook output priority -100; ip daddr {{Service}} tcp dport {{ServicePort}} dnat to {{TwoHosts.RightV4}}:{{port}};
              }
              chain source { type nat hook postrouting priority 100; ip daddr {{TwoHosts.RightV4}} tcp dport {{port}} masquerade random; }
            }
            """);
        string errors = nft.StandardError.ReadToEnd();
        nft.WaitForExit();
        Assert.True(nft.ExitCode == 0, errors);
        using Process route = TwoHosts.Start(hosts.Left, "ip", "route", "replace", $"{Service}/32", "dev", "eth0");
        route.WaitForExit();
        Assert.Equal(0, route.ExitCode);
    }

    private static Socket Connected(bool isBlocking)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (isBlocking)
            client.Connect(IPAddress.Parse(Service), ServicePort);
        else
            client.ConnectAsync(IPAddress.Parse(Service), ServicePort).Wait();
        return client;
    }
}
