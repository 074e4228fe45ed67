namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>
/// Slows down reading, so that a server that sends without pause cannot keep a processor busy. It has to wait until it is read.
/// </summary>
/// <param name="most">How much may be done in a second.</param>
internal sealed class Pace(int most)
{
    private const int SlicesInSecond = 10, Slice = 1000 / SlicesInSecond;
    private long _sliceEnd;
    private int _done;

    /// <summary>Waits, if too much was done in this tenth of a second.</summary>
    /// <param name="much">How much was done now.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public ValueTask KeepAsync(int much, CancellationToken cancellation)
    {
        long now = Environment.TickCount64;
        if (now >= _sliceEnd)
            (_sliceEnd, _done) = (now + Slice, 0);
        _done += much;
        return _done < most / SlicesInSecond
            ? ValueTask.CompletedTask
            : new ValueTask(Task.Delay((int)(_sliceEnd - now), cancellation));
    }
}
