namespace TcpTracer.Replay.Exports.Perfetto;

/// <summary>
/// The lanes of one process. Slices of a lane do not overlap, so a connection takes one that is free when it begins, and more are made
/// where none is.
/// </summary>
internal sealed class Lanes
{
    private readonly PriorityQueue<ulong, long> _free = new();

    /// <summary>A lane that is free from a moment on, by its track.</summary>
    /// <param name="bootNs">The moment.</param>
    /// <param name="newTrack">Makes a track.</param>
    public ulong Take(long bootNs, Func<ulong> newTrack) =>
        _free.TryPeek(out _, out long freeFrom) && freeFrom <= bootNs ? _free.Dequeue() : newTrack();

    /// <summary>The slice on a lane has ended.</summary>
    public void Leave(ulong track, long bootNs) => _free.Enqueue(track, bootNs);
}
