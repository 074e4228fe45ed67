namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>Keeps whoever sends without pause from taking a processor for himself: what is not read, he cannot send.</summary>
/// <param name="most">How much may be done in a second.</param>
internal sealed class Pace(int most)
{
    private const int SlicesInSecond = 10, Slice = 1000 / SlicesInSecond;
    private long _sliceEnd;
    private int _done;

    /// <summary>Something was done: waits if it is time to.</summary>
    public ValueTask KeepAsync(int much, CancellationToken cancellation)
    {
        long now = Environment.TickCount64;
        if (now >= _sliceEnd)
            (_sliceEnd, _done) = (now + Slice, 0);
        _done += much;
        return _done < most / SlicesInSecond ? ValueTask.CompletedTask : new ValueTask(Task.Delay((int)(_sliceEnd - now), cancellation));
    }
}
