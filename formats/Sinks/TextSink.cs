using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;

namespace TcpTracer.Formats.Sinks;

/// <summary>
/// Writes events to a stream in one format. It writes the header with the first event, loss or pause, so that a source that fails to start
/// leaves no header. It flushes at every pause, so that live output appears at once.
/// </summary>
public sealed class TextSink : IEventSink
{
    private const int FlushBytes = 64 * 1024;
    private readonly TextBuffer _buffer = new();
    private readonly Stream _to;
    private readonly EventFormat _format;
    private readonly bool _withStatus;
    private bool _started;

    /// <summary>Makes a sink; nothing is written yet.</summary>
    /// <param name="to">The stream, which the caller disposes of.</param>
    /// <param name="format">The format, which only this sink may use.</param>
    /// <param name="withStatus">Whether losses are written between the events.</param>
    public TextSink(Stream to, EventFormat format, bool withStatus)
    {
        _to = to;
        _format = format;
        _withStatus = withStatus;
    }

    /// <inheritdoc/>
    public void OnEvent(in TcpEvent e)
    {
        Start();
        _format.Write(_buffer, in e);
        if (_buffer.Length >= FlushBytes)
            OnPause();
    }

    /// <inheritdoc/>
    public void OnLoss(in LossRecord loss)
    {
        Start();
        if (_withStatus)
            _format.WriteLoss(_buffer, in loss);
    }

    /// <inheritdoc/>
    public void OnClock(in ClockSample sample)
    {
        if (!_started)
            OnPause();
    }

    /// <inheritdoc/>
    public void OnPause()
    {
        Start();
        if (_buffer.Length == 0)
            return;
        _to.Write(_buffer.Written);
        _to.Flush();
        _buffer.Clear();
    }

    private void Start()
    {
        if (_started)
            return;
        _started = true;
        _format.WriteHeader(_buffer);
    }
}
