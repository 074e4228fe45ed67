using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Live;

/// <summary>Handshakes that a listener drops because its accept queue is full: the closing lines count what the kernel counts (ListenDrops).</summary>
public sealed class AcceptQueueTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private const int Backlog = 4, Clients = 20;
    private static readonly TimeSpan s_overTheFirstRepeat = TimeSpan.FromSeconds(1.5); // SYNs are sent again after 1 s

    [KernelFact]
    public void OfAListenerThatIsOpen() => Check(_ => { });

    [KernelFact]
    public void OfAListenerThatHasClosed() => Check(listener => listener.Dispose());

    [KernelFact]
    public void OfAListenerThatAcceptsInTheEnd() => Check(listener =>
    {
        for (int i = 0; i <= Backlog; i++)
            listener.Accept().Dispose();
    });

    [KernelFact]
    public void AResetForAConnectionThatIsGoneIsNoHandshake()
    {
        using var folder = new TemporaryFolder();
        using TcptracerProgram program = TcptracerProgram.StartWatching("record", "-o", folder.File("late.tct"), "--netns", hosts.Both);
        using Socket listener = hosts.ListenOnTheRight(Backlog);
        using Socket client = TwoHosts.In(hosts.Left, () => Begin((IPEndPoint)listener.LocalEndPoint!));
        using Socket server = listener.Accept();
        Run(hosts.Right, "nft", "table ip late {\nchain out {\ntype filter hook output priority 0; tcp flags rst drop\n}\n}");
        server.Close(0); // a reset, of which the client does not hear
        client.Close(0); // its own reaches only the listener
        Run(hosts.Right, "nft", "delete table ip late");
        using Socket another = TwoHosts.In(hosts.Left, () => Begin((IPEndPoint)listener.LocalEndPoint!));
        listener.Accept().Dispose();
        RunResult run = program.Stop();
        Assert.Equal(0, run.ExitCode);
        Assert.DoesNotContain("handshake", run.Errors, StringComparison.Ordinal);
    }

    private static void Run(string host, string program, params string[] arguments)
    {
        using Process process = TwoHosts.Start(host, program, arguments);
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors);
    }

    private void Check(Action<Socket> afterwards)
    {
        using var folder = new TemporaryFolder();
        using TcptracerProgram program = TcptracerProgram.StartWatching("record", "-o", folder.File("queue.tct"), "--netns", hosts.Both);
        long before = ListenDrops();
        using Socket listener = hosts.ListenOnTheRight(Backlog);
        Socket[] clients = TwoHosts.In(hosts.Left, () => Enumerable.Range(0, Clients).Select(_ => Begin((IPEndPoint)listener.LocalEndPoint!)).ToArray());
        Thread.Sleep(s_overTheFirstRepeat);
        foreach (Socket client in clients)
            client.Dispose();
        long dropped = ListenDrops() - before;
        afterwards(listener);
        RunResult run = program.Stop();
        Assert.InRange(dropped, Clients - Backlog - 1, int.MaxValue);
        Assert.Contains($"{dropped} packets of handshakes dropped by listeners whose accept queue was full", run.ErrorLines);
    }

    private static Socket Begin(IPEndPoint server)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        try
        {
            client.Connect(server);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
        }
        return client;
    }

    private long ListenDrops() => TwoHosts.In(hosts.Right, () =>
    {
        string[][] lines = [.. File.ReadLines("/proc/thread-self/net/netstat").Where(l => l.StartsWith("TcpExt:", StringComparison.Ordinal)).Select(l => l.Split(' '))];
        return long.Parse(lines[1][Array.IndexOf(lines[0], "ListenDrops")], CultureInfo.InvariantCulture);
    });
}
