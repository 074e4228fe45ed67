using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Findings;
using TcpTracer.Replay.Names;

namespace TcpTracer.Replay.Reading;

/// <summary>
/// Which events a command wants of its traces, and the result so far: events selected, events hidden, and other findings such as damage.
/// Several threads may use it.
/// </summary>
/// <param name="filter">Which events.</param>
/// <param name="times">The time window.</param>
public sealed class TraceSelection(EventFilter filter, TimeWindow times)
{
    private readonly CommandWindow _window = new(times);
    private readonly Lock _lock = new();
    private volatile bool _isEnough;

    /// <summary>Which events.</summary>
    public EventFilter Filter => filter;

    /// <summary>The state of knowledge by which events are named.</summary>
    public Enrichment Enrichment { get; init; }

    /// <summary>The most events that are wanted, over all traces; null: all.</summary>
    public long? Limit { get; init; }

    /// <summary>Notes the files of a followed set that were deleted too early; null: the files were chosen by hand.</summary>
    internal DeletedFiles? Deleted { get; private set; }

    /// <summary>The files of a set are followed: what was deleted before it was read is a loss.</summary>
    public void FollowSet() => Deleted ??= new DeletedFiles();

    /// <summary>What was found in all traces so far.</summary>
    public TraceFindings Findings { get; } = new();

    /// <summary>Events that were selected.</summary>
    public long Passed { get; private set; }

    /// <summary>Events that the filter held back.</summary>
    public long Hidden { get; private set; }

    /// <summary>
    /// Hidden connections that are older than the recorder: --existing would show them. Counted only while nothing is selected.
    /// </summary>
    public long HiddenWithoutExisting { get; private set; }

    /// <summary>Whether any trace held names of pods or containers.</summary>
    public bool HasNames { get; private set; }

    /// <summary>The time window, once the first event has settled it; null: all times.</summary>
    public WallWindow? Window => _window.Settled;

    /// <summary>The time from the first to the last event, by the headers of the blocks read so far; null: none was read.</summary>
    public WallWindow? Span { get; private set; }

    /// <summary>The wall time, in nanoseconds, at which the window ends; null: it has no known end.</summary>
    public long? UntilNs => _window.Settled is { UntilNs: < long.MaxValue and var until } ? until : null;

    /// <summary>Whether <see cref="Limit"/> is reached, or nobody wants more: then the rest of the traces is not read.</summary>
    public bool IsDone => _isEnough || Passed >= Limit;

    /// <summary>The window for events from a wall time on.</summary>
    /// <exception cref="SelectionException">The window is empty.</exception>
    internal WallWindow? WindowAt(long wallNs) => _window.At(wallNs);

    /// <summary>A trace begins.</summary>
    internal void OnHeader(TraceHeader header)
    {
        Findings.Add(header);
        _window.OnHeader(header.Clock.WallNs);
    }

    /// <summary>A block of events begins: <see cref="Span"/> contains its times from now on.</summary>
    internal void ExtendSpan(long firstNs, long lastNs) => Span = Span is { } span
        ? new WallWindow(Math.Min(span.SinceNs, firstNs), Math.Max(span.UntilNs, lastNs)) : new WallWindow(firstNs, lastNs);

    /// <summary>Names became known.</summary>
    internal void OnWorkloads(WorkloadChange change) => HasNames |= !change.Pods.IsEmpty || !change.Containers.IsEmpty;

    /// <summary>A block was filtered, or its header said that nothing in it is wanted.</summary>
    /// <param name="rows">Events in it.</param>
    /// <param name="hidden">Events that the filter held back.</param>
    /// <param name="hiddenWithoutExisting">Hidden events that --existing would show.</param>
    internal void CountBlock(int rows, int hidden, int hiddenWithoutExisting = 0)
    {
        lock (_lock)
        {
            Findings.Events += rows;
            Hidden += hidden;
            HiddenWithoutExisting += hiddenWithoutExisting;
        }
    }

    /// <summary>Counts selected events, as far as the limit allows.</summary>
    /// <returns>How many of them may be handed on.</returns>
    internal int Pass(int count)
    {
        lock (_lock)
        {
            int passed = Limit is { } limit ? (int)Math.Min(count, limit - Passed) : count;
            Passed += passed;
            return passed;
        }
    }

    /// <summary>The consumer wants no more events.</summary>
    internal void Stop() => _isEnough = true;

    /// <summary>An event that was counted is one of another file, which has it as well.</summary>
    internal void DropRepeated()
    {
        lock (_lock)
        {
            Passed--;
            Findings.Events--;
        }
    }

    /// <summary>Takes back events that were counted but not handed on.</summary>
    internal void TakeBack(int count)
    {
        lock (_lock)
            Passed -= count;
    }
}
