using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;

namespace TcpTracer.Replay.Printing;

/// <summary>Hands on the last so many rows when all have been seen, and everything that is no row at once.</summary>
/// <param name="most">How many.</param>
/// <param name="next">Where to.</param>
public sealed class TailSink(long most, IEventSink next) : IEventSink
{
    /// <summary>So many take some 256 MB.</summary>
    private const int MostRows = 250_000;

    private readonly Queue<TcpEvent> _rows = new();

    /// <inheritdoc/>
    /// <exception cref="TooManyRowsException">There are more rows than can be kept.</exception>
    public void OnEvent(in TcpEvent e)
    {
        if (_rows.Count >= most)
            _rows.Dequeue();
        else if (_rows.Count >= MostRows)
            throw new TooManyRowsException(KeptRows.MostBytes);
        _rows.Enqueue(e);
    }

    /// <inheritdoc/>
    public void OnClock(in ClockSample sample) => next.OnClock(in sample);

    /// <inheritdoc/>
    public void OnLoss(in LossRecord loss) => next.OnLoss(in loss);

    /// <summary>All rows have been seen.</summary>
    public void Finish()
    {
        while (_rows.TryDequeue(out TcpEvent row))
            next.OnEvent(in row);
        next.OnPause();
    }
}
