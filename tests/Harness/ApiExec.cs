using System.Diagnostics;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Web;

namespace TcpTracer.Tests.Harness;

/// <summary>
/// <c>exec</c> of an <see cref="ApiServer"/>: it really runs the command in the container, through its runtime, and speaks the channel
/// protocols of Kubernetes over a WebSocket. It can speak version 4 only, refuse whoever offers version 5, as servers before 1.29 did, and
/// break streams.
/// </summary>
internal sealed class ApiExec
{
    public const string Version5 = "v5.channel.k8s.io", Version4 = "v4.channel.k8s.io";
    private const string Magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private readonly object _lock = new();
    private readonly Dictionary<string, (ContainerdHost Host, string Container)> _containers = [];
    private readonly Dictionary<string, List<TcpClient>> _streams = [];
    private readonly List<string> _commands = [], _protocols = [];
    private int _ids;

    /// <summary>The protocols that it speaks, the best first.</summary>
    public string[] Speaks { get; set; } = [Version5, Version4];

    /// <summary>Whether it refuses everybody who offers what it does not speak.</summary>
    public bool IsStrict { get; set; }

    /// <summary>A status that everybody gets; null: none.</summary>
    public (int Code, string Reason, string Message)? Refusal { get; set; }

    /// <summary>Bytes a second of standard output that a pod gets through; no entry: as many as there are.</summary>
    public Dictionary<string, int> Rates { get; } = [];

    /// <summary>The commands so far, each with the name of its pod before it.</summary>
    public string[] Commands
    {
        get
        {
            lock (_lock)
                return [.. _commands];
        }
    }

    /// <summary>The protocols that were chosen so far.</summary>
    public string[] Protocols
    {
        get
        {
            lock (_lock)
                return [.. _protocols];
        }
    }

    /// <summary>Says in which container the commands for a pod run.</summary>
    public void Put(string pod, ContainerdHost host, string container)
    {
        lock (_lock)
            _containers[pod] = (host, container);
    }

    /// <summary>The open streams of a pod.</summary>
    public int Open(string pod)
    {
        lock (_lock)
            return _streams.GetValueOrDefault(pod)?.Count ?? 0;
    }

    /// <summary>Resets the connections of all streams of a pod.</summary>
    public void Break(string pod)
    {
        lock (_lock)
        {
            foreach (TcpClient client in _streams.GetValueOrDefault(pod) ?? [])
                client.Client.Close(0);
        }
    }

    public static bool IsFor(Uri uri, IReadOnlyDictionary<string, string> headers) =>
        uri.AbsolutePath.EndsWith("/exec", StringComparison.Ordinal) && headers.ContainsKey("Sec-WebSocket-Key");

    public async Task ServeAsync(Stream to, TcpClient client, Uri uri, IReadOnlyDictionary<string, string> headers)
    {
        string pod = uri.AbsolutePath.Split('/')[^2];
        string[] offered = [.. headers.GetValueOrDefault("Sec-WebSocket-Protocol", "").Split(',').Select(p => p.Trim())];
        string? chosen = IsStrict && offered.Any(o => !Speaks.Contains(o)) ? null : offered.FirstOrDefault(Speaks.Contains);
        (ContainerdHost Host, string Container) at;
        bool isKnown;
        lock (_lock)
            isKnown = _containers.TryGetValue(pod, out at);
        if (Refusal is { } refusal)
            await RefuseAsync(to, refusal.Code, refusal.Reason, refusal.Message);
        else if (!isKnown)
            await RefuseAsync(to, 404, "NotFound", $"pods \"{pod}\" not found");
        else if (chosen is null)
            await RefuseAsync(to, 403, "Forbidden",
                $"unable to upgrade: requested protocol(s) are not supported: {string.Join(' ', offered)}");
        else
            await RunAsync(to, client, pod, at, HttpUtility.ParseQueryString(uri.Query).GetValues("command")!, chosen,
                headers["Sec-WebSocket-Key"]);
    }

    private static async Task RefuseAsync(Stream to, int code, string reason, string message)
    {
        byte[] body = Encoding.UTF8.GetBytes(ApiServer.Status(code, reason, message));
        await to.WriteAsync(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {code} {reason}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n"));
        await to.WriteAsync(body);
        await to.FlushAsync();
    }

    private async Task RunAsync(
        Stream to, TcpClient client, string pod, (ContainerdHost Host, string Container) at, string[] command, string protocol, string key)
    {
#pragma warning disable CA5350 // the handshake of WebSockets is made of it
        string accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + Magic)));
#pragma warning restore CA5350
        await to.WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + $"Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: {protocol}\r\n\r\n"));
        await to.FlushAsync();
        lock (_lock)
        {
            _commands.Add($"{pod}: {string.Join(' ', command)}");
            _protocols.Add(protocol);
            (_streams.TryGetValue(pod, out List<TcpClient>? all) ? all : _streams[pod] = []).Add(client);
        }
        using var socket = WebSocket.CreateFromStream(to, new WebSocketCreationOptions { IsServer = true, SubProtocol = protocol });
        using Process process = at.Host.Exec(at.Container, $"exec-{Environment.ProcessId}-{Interlocked.Increment(ref _ids)}", command);
        try
        {
            using var sending = new SemaphoreSlim(1);
            foreach (byte channel in new byte[] { 0, 1, 2, 3 }) // servers begin with an empty message on each
                await SendAsync(socket, sending, channel, ReadOnlyMemory<byte>.Empty);
            Task input = TakeInputAsync(socket, process);
            await Task.WhenAll(
                SendAllAsync(socket, sending, 1, process.StandardOutput.BaseStream, Rates.GetValueOrDefault(pod)),
                SendAllAsync(socket, sending, 2, process.StandardError.BaseStream, 0));
            await process.WaitForExitAsync();
            await SendAsync(socket, sending, 3, Encoding.UTF8.GetBytes(StatusOf(process.ExitCode)));
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
            await input;
        }
        catch (Exception e) when (e is WebSocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // the client is gone; the command goes on until its standard input ends
        }
        finally
        {
            lock (_lock)
                _streams[pod].Remove(client);
            await EndAsync(process);
        }
        throw new IOException("the connection served a stream, and nothing more");
    }

    private static async Task EndAsync(Process process)
    {
        process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }
    }

    private static string StatusOf(int code) => code == 0 ? """{"metadata":{},"status":"Success"}""" : new JsonObject
    {
        ["metadata"] = new JsonObject(), ["status"] = "Failure", ["reason"] = "NonZeroExitCode",
        ["message"] = $"command terminated with non-zero exit code: error executing command, exit code {code}",
        ["details"] = new JsonObject { ["causes"] = new JsonArray(new JsonObject { ["reason"] = "ExitCode", ["message"] = $"{code}" }) },
    }.ToJsonString();

    private static async Task SendAllAsync(WebSocket socket, SemaphoreSlim sending, byte channel, Stream from, int rate)
    {
        byte[] piece = new byte[rate > 0 ? Math.Max(1, rate / 10) : 32 * 1024];
        while (await from.ReadAsync(piece) is > 0 and var count)
        {
            await SendAsync(socket, sending, channel, piece.AsMemory(0, count));
            if (rate > 0)
                await Task.Delay(100);
        }
    }

    private static async Task SendAsync(WebSocket socket, SemaphoreSlim sending, byte channel, ReadOnlyMemory<byte> bytes)
    {
        byte[] message = [channel, .. bytes.Span];
        await sending.WaitAsync();
        try
        {
            await socket.SendAsync(message, WebSocketMessageType.Binary, true, CancellationToken.None);
        }
        finally
        {
            sending.Release();
        }
    }

    /// <summary>Only version 5 knows the message that closes standard input; in version 4 the connection has to end.</summary>
    private static async Task TakeInputAsync(WebSocket socket, Process process)
    {
        byte[] message = new byte[64 * 1024];
        try
        {
            while (await socket.ReceiveAsync(message, CancellationToken.None) is { MessageType: WebSocketMessageType.Binary } got)
            {
                if (got.Count > 1 && message[0] == 0)
                    await process.StandardInput.BaseStream.WriteAsync(message.AsMemory(1, got.Count - 1));
                else if (got.Count == 2 && message[0] == 255 && message[1] == 0 && socket.SubProtocol == Version5)
                    process.StandardInput.Close();
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // the client is gone
        }
        process.StandardInput.Close();
    }
}
