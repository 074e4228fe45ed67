using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;

namespace TcpTracer.Replay.Inspection;

/// <summary>
/// The times of the first and the last event of a file. Within one boot of one machine the boot time decides, which does not jump. Traces
/// of several boots, one behind the other, by wall time: their boot times say nothing of each other.
/// </summary>
public sealed class TraceSpan
{
    private string _boot = "";
    private Stretch _current = Stretch.Nothing, _earlier = Stretch.Nothing;
    private ClockSample _firstClock, _lastClock;
    private long _earlierDriftNs;
    private bool _hasClock;

    /// <summary>Boot time and wall time of the first and the last event.</summary>
    private readonly record struct Stretch(long FirstNs, long LastNs, long FirstWallNs, long LastWallNs)
    {
        public static Stretch Nothing { get; } = new(long.MaxValue, long.MinValue, long.MaxValue, long.MinValue);

        public bool IsEmpty => FirstNs > LastNs;
    }

    /// <summary>Wall time of the first event.</summary>
    public long FirstWallNs => Math.Min(_earlier.FirstWallNs, _current.FirstWallNs);

    /// <summary>Wall time of the last event.</summary>
    public long LastWallNs => Math.Max(_earlier.LastWallNs, _current.LastWallNs);

    /// <summary>From the first to the last.</summary>
    public long Ns => _earlier.IsEmpty ? _current.LastNs - _current.FirstNs : LastWallNs - FirstWallNs;

    /// <summary>How far the wall clock ran away from boot time, in all boots, in nanoseconds.</summary>
    public long DriftNs => unchecked(_earlierDriftNs + (_lastClock.WallNs - _firstClock.WallNs) - (_lastClock.BootNs - _firstClock.BootNs));

    internal void Begin(TraceHeader header)
    {
        if (header.BootId.Length == 0 || header.BootId != _boot)
        {
            _earlierDriftNs = DriftNs;
            if (!_current.IsEmpty)
                _earlier = new Stretch(0, 0, FirstWallNs, LastWallNs);
            _current = Stretch.Nothing;
            _hasClock = false;
        }
        _boot = header.BootId;
        OnClock(header.Clock);
    }

    internal void OnClock(in ClockSample sample)
    {
        if (!_hasClock)
            _firstClock = sample;
        _hasClock = true;
        _lastClock = sample;
    }

    /// <summary>Some events, timed by the clock in force.</summary>
    internal void Add(long firstNs, long lastNs)
    {
        if (firstNs < _current.FirstNs)
            _current = _current with { FirstNs = firstNs, FirstWallNs = _lastClock.ToWall(firstNs) };
        if (lastNs > _current.LastNs)
            _current = _current with { LastNs = lastNs, LastWallNs = _lastClock.ToWall(lastNs) };
    }

    /// <summary>Wall time of a moment of the trace at hand.</summary>
    internal long ToWall(long bootNs) => _lastClock.ToWall(bootNs);
}
