using TcpTracer.Formats.Sinks;

namespace TcpTracer.Replay.Calls;

/// <summary>
/// Remembers what belongs to the calls of a batch, so that it is looked up once for each of them. It is looked up when the first connection
/// comes: where there are limits, the order decides what is told apart.
/// </summary>
internal sealed class BatchCalls<T> where T : struct
{
    private T[] _ofCall = [];
    private long _batch;

    /// <summary>What belongs to the call of a plain end; the default: it was not looked up yet.</summary>
    public ref T Of(EventBatch batch, in WholeEnd end)
    {
        if (batch.Number != _batch)
            Begin(batch);
        return ref _ofCall[end.Call];
    }

    private void Begin(EventBatch batch)
    {
        _batch = batch.Number;
        if (_ofCall.Length < batch.Calls.Length)
            _ofCall = new T[batch.Calls.Length];
        else
            Array.Clear(_ofCall);
    }
}
