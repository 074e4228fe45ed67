using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Replay.Reading;

/// <summary>
/// The time window of one command, settled once for all its traces: the first event that is read tells which day a time of day means.
/// </summary>
/// <param name="times">What was asked for.</param>
internal sealed class CommandWindow(TimeWindow times)
{
    /// <summary>The settled window; null: nothing was read yet, or all times are wanted.</summary>
    public WallWindow? Settled { get; private set; }

    /// <summary>A trace begins. A window of absolute times is settled now, without an event.</summary>
    public void OnHeader(long wallNs)
    {
        if (!times.DependsOnBeginning)
            _ = At(wallNs);
    }

    /// <summary>The window; null: all times are wanted.</summary>
    /// <param name="firstNs">The wall time of the first event at hand.</param>
    /// <exception cref="SelectionException">The window is empty.</exception>
    public WallWindow? At(long firstNs) => times.IsBounded ? Settled ??= times.From(firstNs) : null;
}
