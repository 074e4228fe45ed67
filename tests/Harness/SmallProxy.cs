using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TcpTracer.Tests.Harness;

/// <summary>A proxy on loopback that speaks HTTP's CONNECT and SOCKS 5. It notes where it was asked to connect, and as whom.</summary>
/// <param name="asksForUser">Whether HTTP clients must say who they are.</param>
internal sealed class SmallProxy(bool asksForUser = false) : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<string> _asked = [];

    public SmallProxy Start()
    {
        _listener.Start();
        _ = AcceptAsync();
        return this;
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The places that it was asked for, such as <c>someone@127.0.0.1:6443</c>.</summary>
    public IReadOnlyList<string> Asked
    {
        get
        {
            lock (_asked)
                return [.. _asked];
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync();
                _ = Task.Run(() => ServeAsync(client));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // the test is over
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using TcpClient from = client;
            NetworkStream near = from.GetStream();
            int first = near.ReadByte();
            (string host, int port, string user, byte[] yes) = first == 5 ? await Socks(near) : await Connect(near, (char)first);
            if (first != 5 && asksForUser && user.Length == 0)
            {
                await near.WriteAsync(
                    "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
                return;
            }
            lock (_asked)
                _asked.Add($"{user}@{host}:{port}");
            using var to = new TcpClient();
            await to.ConnectAsync(host, port);
            await near.WriteAsync(yes);
            NetworkStream far = to.GetStream();
            await Task.WhenAny(near.CopyToAsync(far), far.CopyToAsync(near));
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // one of both is gone
        }
    }

    private static async Task<(string Host, int Port, string User, byte[] Yes)> Connect(NetworkStream near, char first)
    {
        const string with = "Proxy-Authorization: Basic ";
        string head = first + await HeadAsync(near);
        string[] place = head.Split(' ')[1].Split(':');
        string? line = head.Split("\r\n").FirstOrDefault(l => l.StartsWith(with, StringComparison.OrdinalIgnoreCase));
        string user = line is null ? "" : Encoding.ASCII.GetString(Convert.FromBase64String(line[with.Length..]));
        return (place[0], int.Parse(place[1]), user, "HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());
    }

    private static async Task<string> HeadAsync(NetworkStream near)
    {
        var head = new StringBuilder();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await near.ReadExactlyAsync(one);
            head.Append((char)one[0]);
        }
        return head.ToString();
    }

    private static async Task<(string Host, int Port, string User, byte[] Yes)> Socks(NetworkStream near)
    {
        byte[] methods = await Some(near, near.ReadByte());
        bool withUser = methods.Contains((byte)2);
        await near.WriteAsync(new byte[] { 5, (byte)(withUser ? 2 : 0) });
        string user = "";
        if (withUser)
        {
            near.ReadByte();
            string name = Encoding.ASCII.GetString(await Some(near, near.ReadByte()));
            user = $"{name}:{Encoding.ASCII.GetString(await Some(near, near.ReadByte()))}";
            await near.WriteAsync(new byte[] { 1, 0 });
        }
        byte[] request = await Some(near, 4);
        string host = request[3] == 1
            ? new IPAddress(await Some(near, 4)).ToString() : Encoding.ASCII.GetString(await Some(near, near.ReadByte()));
        byte[] port = await Some(near, 2);
        return (host, port[0] << 8 | port[1], user, [5, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    }

    private static async Task<byte[]> Some(NetworkStream near, int count)
    {
        byte[] bytes = new byte[count];
        await near.ReadExactlyAsync(bytes);
        return bytes;
    }

    public void Dispose() => _listener.Stop();
}
