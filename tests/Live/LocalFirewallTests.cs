using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Live;

/// <summary>
/// Bytes that this host's own firewall drops have not been sent. The kernel counts them as sent, and once more each time it tries again.
/// </summary>
public sealed class LocalFirewallTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private const int SentInVain = 3;
    private static readonly byte[] s_data = new byte[500];

    [KernelFact]
    public void BytesDroppedAtFirstCountOnce()
    {
        SeenEvent close = Close((client, server) =>
        {
            client.Send(s_data);
            while (Dropped() < SentInVain)
                Thread.Sleep(20);
            Nft("flush chain ip f o");
            Assert.Equal(s_data.Length, server.Receive(new byte[2 * s_data.Length]));
            client.Dispose();
            server.Dispose();
        });
        Assert.Equal(s_data.Length, close.Number("sent_bytes"));
    }

    [KernelFact]
    public void BytesThatNeverLeftAreNotSent()
    {
        SeenEvent close = Close((client, server) =>
        {
            client.Send(s_data);
            while (Dropped() < SentInVain)
                Thread.Sleep(20);
            client.Close(0);
        });
        Assert.Equal(0, close.Number("sent_bytes"));
    }

    /// <summary>The end of the client's side of a connection. From some moment on its packets with data are dropped.</summary>
    private SeenEvent Close(Action<Socket, Socket> play)
    {
        using var folder = new TemporaryFolder();
        using TcptracerProgram program =
            TcptracerProgram.StartWatching("record", "-o", folder.File("t.tct"), "--netns", hosts.Both, "--print", "-O", "json");
        using Socket listener = hosts.ListenOnTheRight(1);
        int port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        using Socket client = TwoHosts.In(hosts.Left, () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        client.Connect(listener.LocalEndPoint!);
        using Socket server = listener.Accept();
        Nft("table ip f {\n}\ndelete table ip f\ntable ip f {\nchain o {\ntype filter hook output priority 0;\n}\n}");
        Nft(string.Create(CultureInfo.InvariantCulture, $"add rule ip f o tcp dport {port} counter drop"));
        play(client, server);
        RunResult run = program.Stop();
        Assert.Equal(0, run.ExitCode);
        return run.Lines.Select(l => new SeenEvent(l)).Single(e => e.Number("dport") == port && e.Text("operation") == "close");
    }

    private void Nft(string commands)
    {
        using Process nft = TwoHosts.Start(hosts.Left, "nft", commands);
        string errors = nft.StandardError.ReadToEnd();
        nft.WaitForExit();
        Assert.True(nft.ExitCode == 0, errors);
    }

    private int Dropped()
    {
        using Process nft = TwoHosts.Start(hosts.Left, "nft", "list", "chain", "ip", "f", "o");
        string[] words = nft.StandardOutput.ReadToEnd().Split(' ');
        nft.WaitForExit();
        return int.Parse(words[Array.IndexOf(words, "packets") + 1], CultureInfo.InvariantCulture);
    }
}
