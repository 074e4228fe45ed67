using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Live;

/// <summary>
/// Handshakes that a listener drops because its accept queue is full: the closing lines have the kernel's number (ListenDrops).
/// </summary>
public sealed class AcceptQueueTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private const int Backlog = 4, Clients = 20;
    private static readonly TimeSpan s_overTheFirstRepeat = TimeSpan.FromSeconds(1.5); // TCP repeats a SYN after 1 s

    [KernelFact]
    public void FullQueueOfAnOpenListenerIsReported() => Check(_ => { });

    [KernelFact]
    public void FullQueueOfAClosedListenerIsReported() => Check(listener => listener.Dispose());

    [KernelFact]
    public void FullQueueOfAListenerThatAcceptsLaterIsReported() => Check(listener =>
    {
        for (int i = 0; i <= Backlog; i++)
            listener.Accept().Dispose();
    });

    [KernelFact]
    public void ResetForAForgottenConnectionIsNoHandshake()
    {
        using var folder = new TemporaryFolder();
        using TcptracerProgram program = TcptracerProgram.StartWatching("record", "-o", folder.File("late.tct"), "--netns", hosts.Both);
        using Socket listener = hosts.ListenOnTheRight(Backlog);
        var server = (IPEndPoint)listener.LocalEndPoint!;
        SendReset(server); // a host answers data for a forgotten connection with a reset, which reaches only the listener
        using Socket client = TwoHosts.In(hosts.Left, () => Begin(server));
        listener.Accept().Dispose();
        RunResult run = program.Stop();
        Assert.Equal(0, run.ExitCode);
        Assert.DoesNotContain("handshake", run.Errors, StringComparison.Ordinal);
    }

    private void SendReset(IPEndPoint to)
    {
        const byte anyPort = 9, noOptions = 5 << 4, reset = 4;
        byte[] header = new byte[20];
        BinaryPrimitives.WriteUInt16BigEndian(header, anyPort);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)to.Port);
        header[12] = noOptions;
        header[13] = reset;
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(16), Checksum([.. IPAddress.Parse(TwoHosts.LeftV4).GetAddressBytes(),
            .. to.Address.GetAddressBytes(), 0, (byte)ProtocolType.Tcp, 0, 20, .. header]));
        TwoHosts.In(hosts.Left, () =>
        {
            using var raw = new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Tcp);
            return raw.SendTo(header, new IPEndPoint(to.Address, 0));
        });
    }

    private static ushort Checksum(ReadOnlySpan<byte> data)
    {
        uint sum = 0;
        for (int i = 0; i < data.Length; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(data[i..]);
        sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~((sum & 0xffff) + (sum >> 16));
    }

    private void Check(Action<Socket> afterwards)
    {
        using var folder = new TemporaryFolder();
        using TcptracerProgram program = TcptracerProgram.StartWatching("record", "-o", folder.File("queue.tct"), "--netns", hosts.Both);
        long before = ListenDrops();
        using Socket listener = hosts.ListenOnTheRight(Backlog);
        Socket[] clients = TwoHosts.In(hosts.Left,
            () => Enumerable.Range(0, Clients).Select(_ => Begin((IPEndPoint)listener.LocalEndPoint!)).ToArray());
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
        string[][] lines = [.. File.ReadLines("/proc/thread-self/net/netstat").Where(l => l.StartsWith("TcpExt:", StringComparison.Ordinal))
            .Select(l => l.Split(' '))];
        return long.Parse(lines[1][Array.IndexOf(lines[0], "ListenDrops")], CultureInfo.InvariantCulture);
    });
}
