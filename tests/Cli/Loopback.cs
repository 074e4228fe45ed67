using System.Net;
using System.Net.Sockets;

namespace TcpTracer.Tests.Cli;

/// <summary>A server on loopback that accepts every connection, answers one byte, and closes after its peer.</summary>
internal sealed class Loopback : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public Loopback()
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = Task.Factory.StartNew(Serve, TaskCreationOptions.LongRunning);
    }

    public int Port { get; }

    /// <summary>A line of bash that connects once, without another program: exec 3&lt;&gt;/dev/tcp/...</summary>
    public string Connect => $"exec 3<>/dev/tcp/127.0.0.1/{Port}; exec 3>&-";

    private void Serve()
    {
        byte[] byteForByte = new byte[1];
        try
        {
            while (true)
            {
                using Socket client = _listener.AcceptSocket();
                client.ReceiveTimeout = 5000;
                _ = client.Receive(byteForByte);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // the server is closed
        }
    }

    public void Dispose() => _listener.Dispose();
}
