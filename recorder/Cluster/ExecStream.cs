using System.Net.WebSockets;
using System.Text;
using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Recorder.Cluster;

/// <summary>
/// A command that runs in a container far away, over a WebSocket. Reading returns its standard output. Whoever reads also takes what comes
/// on the other channels: the lines of standard error, and at the end the status. One thread reads; any thread may end it. Nothing is
/// read ahead, so the command has to wait for a slow reader.
/// </summary>
/// <param name="socket">Connected.</param>
/// <param name="patience">So long the server may be silent.</param>
public sealed class ExecStream(WebSocket socket, TimeSpan patience) : Stream
{
    /// <summary>The protocols of the API server. Only version 5 can close standard input.</summary>
    public const string Version5 = "v5.channel.k8s.io", Version4 = "v4.channel.k8s.io";

    private const byte StandardInput = 0, StandardOutput = 1, StandardError = 2, Status = 3, CloseChannel = 255;
    private const int FrameSize = 64 * 1024, LongestLine = 4096, LongestStatus = 64 * 1024, MostLines = 100;

    private readonly byte[] _frame = new byte[FrameSize];
    private readonly CancellationTokenSource _abort = new();
    private readonly MemoryStream _line = new(), _status = new();
    private int _start, _count, _lines;
    private byte? _channel;
    private bool _isOver;

    /// <summary>Gets the lines of standard error, which come from far away.</summary>
    public Action<string>? OnErrorLine { get; init; }

    /// <summary>How the command ended; null: it has not, or the connection broke before that was told.</summary>
    public ExecEnd? End { get; private set; }

    /// <summary>Why the connection broke; empty: it did not.</summary>
    public string WhyBroken { get; private set; } = "";

    /// <summary>
    /// Closes the standard input of the command, which then ends in good order.
    /// </summary>
    /// <returns>Whether the protocol can do that; else only <see cref="Abort"/> is left.</returns>
    public bool CloseInput()
    {
        if (socket.SubProtocol != Version5 || socket.State != WebSocketState.Open)
            return false;
        try
        {
            socket.SendAsync(new byte[] { CloseChannel, StandardInput }, WebSocketMessageType.Binary, true, _abort.Token)
                .Wait(patience);
            return true;
        }
        catch (Exception e) when (e.GetBaseException() is WebSocketException or OperationCanceledException or ObjectDisposedException
            or IOException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Breaks the connection. The command ends because its standard input does.</summary>
    public void Abort()
    {
        try
        {
            _abort.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // it is over
        }
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        while (_count == 0 && !_isOver)
            Receive();
        int taken = Math.Min(_count, buffer.Length);
        _frame.AsSpan(_start, taken).CopyTo(buffer);
        _start += taken;
        _count -= taken;
        return taken;
    }

    private void Receive()
    {
        try
        {
            using var silence = CancellationTokenSource.CreateLinkedTokenSource(_abort.Token);
            silence.CancelAfter(patience);
            ValueWebSocketReceiveResult got = socket.ReceiveAsync(_frame.AsMemory(), silence.Token).AsTask().GetAwaiter().GetResult();
            if (got.MessageType == WebSocketMessageType.Close)
                Finish("the server closed the stream");
            else
                Take(_frame.AsSpan(0, got.Count), got.EndOfMessage);
        }
        catch (OperationCanceledException)
        {
            Finish(_abort.IsCancellationRequested ? "it was broken off here" : "nothing came for too long");
        }
        catch (Exception e) when (e is WebSocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            Finish(ForeignText.FirstLine(e.GetBaseException().Message));
        }
    }

    private void Take(ReadOnlySpan<byte> bytes, bool isWhole)
    {
        int channelBytes = 0;
        if (_channel is null && bytes.Length > 0)
            (_channel, channelBytes) = (bytes[0], 1);
        bytes = bytes[channelBytes..];
        switch (_channel)
        {
            case StandardOutput:
                (_start, _count) = (channelBytes, bytes.Length);
                break;
            case StandardError:
                TakeErrors(bytes);
                break;
            case Status when _status.Length + bytes.Length <= LongestStatus:
                _status.Write(bytes);
                break;
        }
        if (!isWhole)
            return;
        if (_channel == Status)
            End ??= ExecEnd.Parse(_status.ToArray());
        _channel = null;
    }

    private void TakeErrors(ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            if (b == '\n')
                EndLine();
            else if (_line.Length < LongestLine)
                _line.WriteByte(b);
        }
    }

    private void EndLine()
    {
        if (_line.Length > 0 && _lines++ < MostLines)
            OnErrorLine?.Invoke(Encoding.UTF8.GetString(_line.ToArray()));
        _line.SetLength(0);
    }

    private void Finish(string why)
    {
        EndLine();
        _isOver = true;
        if (End is null)
            WhyBroken = why;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            socket.Dispose();
            _abort.Dispose();
            _line.Dispose();
            _status.Dispose();
        }
        base.Dispose(disposing);
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
