using System.Diagnostics.CodeAnalysis;
using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;

namespace TcpTracer.Bench.Cluster;

/// <summary>
/// Plays the agent of one node and the API server's end of its stream: what is added is written as a trace, and sent over a WebSocket as
/// the standard output of a command. Whoever adds never waits; the bytes of a slow reader are kept.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "Its only stream is memory.")]
internal sealed class NodeFeed
{
    private const byte StandardOutput = 1, Status = 3, CloseChannel = 255;
    private readonly Channel<byte[]> _messages = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true });
    private readonly MemoryStream _bytes = new();
    private readonly TaskCompletionSource<WebSocket> _socket = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly object _lock = new();
    private readonly TraceWriter _writer;
    private bool _isEnded;

    public NodeFeed(TraceHeader header)
    {
        _bytes.WriteByte(StandardOutput);
        _writer = new TraceWriter(_bytes, header, TimeSpan.FromSeconds(1));
    }

    /// <summary>Events that were added before the end.</summary>
    public long Events { get; private set; }

    /// <summary>Bytes of the stream so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether somebody reads it.</summary>
    public bool IsOpen => _socket.Task.IsCompleted;

    public void Add(in TcpEvent e)
    {
        lock (_lock)
        {
            if (_isEnded)
                return;
            _writer.OnEvent(in e);
            Events++;
        }
    }

    /// <summary>Hands the events so far to the network.</summary>
    public void Flush()
    {
        lock (_lock)
        {
            if (!_isEnded)
                Send(_writer.FlushBlock);
        }
    }

    private void Send(Action write)
    {
        write();
        if (_bytes.Length == 1)
            return;
        Bytes += _bytes.Length - 1;
        _messages.Writer.TryWrite(_bytes.ToArray());
        _bytes.SetLength(1);
    }

    private void End()
    {
        lock (_lock)
        {
            if (_isEnded)
                return;
            Send(() => _writer.Finish(new TraceEnd("signal", Events, Events, 0)));
            _isEnded = true;
            _messages.Writer.TryWrite([Status, .. Encoding.UTF8.GetBytes("""{"metadata":{},"status":"Success"}""")]);
            _messages.Writer.Complete();
        }
    }

    /// <summary>Serves the one who reads it, until he has enough.</summary>
    public async Task ServeAsync(WebSocket socket)
    {
        _socket.SetResult(socket);
        Task hearing = HearAsync(socket);
        try
        {
            await foreach (byte[] message in _messages.Reader.ReadAllAsync().ConfigureAwait(false))
                await socket.SendAsync(message, WebSocketMessageType.Binary, true, CancellationToken.None).ConfigureAwait(false);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // he has gone
        }
        await hearing.ConfigureAwait(false);
    }

    private async Task HearAsync(WebSocket socket)
    {
        byte[] message = new byte[64];
        try
        {
            while (true)
            {
                ValueWebSocketReceiveResult got =
                    await socket.ReceiveAsync(message.AsMemory(), CancellationToken.None).ConfigureAwait(false);
                if (got.MessageType == WebSocketMessageType.Close)
                    break;
                if (got.Count == 2 && message[0] == CloseChannel)
                    End(); // standard input was closed
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // he has gone
        }
        End();
    }
}
