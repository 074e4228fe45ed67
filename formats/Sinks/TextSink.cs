using TcpTracer.Formats.Events;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Words;

namespace TcpTracer.Formats.Sinks;

/// <summary>
/// Writes events to a stream in one format. The header goes out at the first sign of life, so that a source that fails to start leaves no
/// header behind; events go out at every pause, so that live output is live.
/// </summary>
public sealed class TextSink : IEventSink
{
    private const int FlushBytes = 64 * 1024;
    private readonly TextBuffer _buffer = new();
    private readonly Stream _to;
    private readonly EventFormat _format;
    private readonly bool _withStatus;
    private bool _started;

    /// <summary>Writes nothing yet.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="format">How.</param>
    /// <param name="withStatus">Whether losses go in between.</param>
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
