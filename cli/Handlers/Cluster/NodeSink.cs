using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Sinks;

namespace TcpTracer.Cli.Handlers.Cluster;

/// <summary>
/// Takes what one node streams, also where its stream broke and was taken up again: what comes twice is handed on once, and what is
/// missing between two pieces is noticed. One thread uses it; others may read the counts.
/// </summary>
/// <param name="next">Gets every event once.</param>
/// <param name="onGap">Called with the beginning and the end of a time of which nothing was recorded, in nanoseconds since 1970.</param>
internal sealed class NodeSink(IEventSink next, Action<long, long> onGap) : PassingSink(next)
{
    /// <summary>
    /// A stream that is taken up again begins so much before the last event that was had: events come a little out of order.
    /// </summary>
    public const long OverlapNs = 2_000_000_000;

    private readonly RecentEvents _recent = new(OverlapNs);
    private Guid? _run;
    private TraceHeader? _header;
    private long _events, _seenNs, _fromNs = long.MinValue;

    /// <summary>The header of the trace at hand, as the source of the events has it.</summary>
    public Func<TraceHeader?> Header { get; set; } = () => null;

    /// <summary>Called when a piece of the stream begins.</summary>
    public Action OnBegun { get; init; } = () => { };

    /// <summary>Everything until then was had, in nanoseconds since 1970; 0: nothing was.</summary>
    public long SeenNs => Volatile.Read(ref _seenNs);

    /// <summary>Events that were handed on.</summary>
    public long Events => Volatile.Read(ref _events);

    /// <summary>Losses that the node reported.</summary>
    public SortedDictionary<LossSource, long> Lost { get; } = [];

    /// <summary>Another piece of the stream follows. What it has from before the overlap was had already.</summary>
    public void BeginPiece()
    {
        _header = null;
        _fromNs = _seenNs > 0 ? _seenNs - OverlapNs : long.MinValue;
    }

    public override void OnEvent(in TcpEvent e)
    {
        See(e.WallNs);
        if (e.WallNs < _fromNs || !_recent.Add(in e))
            return;
        Volatile.Write(ref _events, _events + 1);
        base.OnEvent(in e);
    }

    private void See(long wallNs)
    {
        if (wallNs > _seenNs)
            Volatile.Write(ref _seenNs, wallNs);
    }

    public override void OnClock(in ClockSample sample)
    {
        if (Header() is { } header && header != _header)
        {
            // The header's own clock is that of the beginning of its recording, which may be long ago: nothing was had until then
            bool isFirstOfPiece = _header is null;
            // Another recording, or a ring that no longer has what was asked for
            if (_run is not null && _seenNs > 0 && (isFirstOfPiece || header.RunId != _run) && header.Clock.WallNs > _seenNs)
                onGap(_seenNs, header.Clock.WallNs);
            (_run, _header) = (header.RunId, header);
            if (isFirstOfPiece)
                OnBegun();
        }
        else
        {
            See(sample.WallNs);
        }
        base.OnClock(in sample);
    }

    public override void OnLoss(in LossRecord loss)
    {
        lock (Lost)
            Lost[loss.Source] = Lost.GetValueOrDefault(loss.Source) + loss.Count;
        base.OnLoss(in loss);
    }
}
