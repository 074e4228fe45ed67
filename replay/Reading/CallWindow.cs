using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Words;

namespace TcpTracer.Replay.Reading;

/// <summary>The stretch of time of one call, settled once for all its traces: a time of day gets its day from the first event that is read.</summary>
/// <param name="times">What was asked for.</param>
internal sealed class CallWindow(TimeWindow times)
{
    /// <summary>What it turned out to be; null: nothing was read yet, or all times are wanted.</summary>
    public WallWindow? Settled { get; private set; }

    /// <summary>A trace begins: a window that does not depend on when needs no event to be settled.</summary>
    public void OnHeader(long wallNs)
    {
        if (!times.DependsOnBeginning)
            _ = At(wallNs);
    }

    /// <summary>The window; null: all times are wanted.</summary>
    /// <param name="firstNs">The wall time of the first event at hand.</param>
    /// <exception cref="SelectionException">Nothing can lie in it.</exception>
    public WallWindow? At(long firstNs) => times.IsBounded ? Settled ??= times.From(firstNs) : null;
}
