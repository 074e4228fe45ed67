using System.Net;
using System.Net.Sockets;

namespace TcpTracer.Tests.Harness;

/// <summary>The smallest HTTP server that curl accepts, inside a namespace.</summary>
internal sealed class HttpServer : IDisposable
{
    private readonly Socket _listener;

    public HttpServer(string netns, int port = 0)
    {
        _listener = TwoHosts.In(netns, () =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            socket.Listen();
            return socket;
        });
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _ = Task.Factory.StartNew(Serve, TaskCreationOptions.LongRunning);
    }

    public int Port { get; }

    public int LastClientPort { get; private set; }

    private void Serve()
    {
        byte[] request = new byte[4096];
        try
        {
            while (true)
            {
                using Socket client = _listener.Accept();
                LastClientPort = ((IPEndPoint)client.RemoteEndPoint!).Port;
                _ = client.Receive(request);
                client.Send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"u8);
            }
        }
        catch (SocketException)
        {
            // the server is closed
        }
    }

    public void Dispose() => _listener.Dispose();
}
