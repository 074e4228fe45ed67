using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Values;

namespace TcpTracer.Replay.Copies;

/// <summary>
/// What has to be known of a file before it is merged with others: which traces are in it, when it begins, and how its clocks go.
/// </summary>
/// <param name="alignment">Learns of its connections; null: clocks are left as they are.</param>
public sealed class MergeSurvey(ClockAlignment? alignment) : ITraceVisitor
{
    private const int Page = 4096, Plenty = 128 << 10;
    private readonly List<MergedSource> _sources = [];
    private readonly List<AbsentNode> _absent = [];
    private long _texts;
    private readonly List<int> _clocks = [], _firsts = [];
    private int _first;
    private ClockSample _clock;

    /// <summary>The traces in it; of one that was merged, those that it was merged of.</summary>
    public IReadOnlyList<MergedSource> Sources => _sources;

    /// <summary>The number of each one's clock, where clocks are aligned.</summary>
    public IReadOnlyList<int> Clocks => _clocks;

    /// <summary>For each one the first of those whose events stand in one order with its own: of a merged trace, its first one.</summary>
    public IReadOnlyList<int> Firsts => _firsts;

    /// <summary>When its first event was, in wall time.</summary>
    public long BeginNs { get; private set; } = long.MaxValue;

    /// <summary>Events that were captured, and the counts of what came to no end, as far as the ends show.</summary>
    public long Captured { get; private set; }

    /// <summary>What came to no end; null: no end says.</summary>
    public Unfinished? Unfinished { get; private set; }

    /// <summary>Nodes that it says are not in it.</summary>
    public IReadOnlyList<AbsentNode> Absent => _absent;

    /// <summary>Whether not all texts of its headers are kept.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Reads it.</summary>
    /// <exception cref="TraceException">It is no trace, or one of a newer major version; what is before that is known.</exception>
    public void Read(Stream trace) => new TraceReader(trace, EventReading.Choose, alignment is null ? Page : Plenty).Read(this);

    /// <summary>The sources of a trace by itself.</summary>
    internal static IReadOnlyList<MergedSource> SourcesOf(TraceHeader header) =>
        header.Merged.Count > 0 ? header.Merged : [new MergedSource(header with { Absent = [] })];

    void ITraceVisitor.OnHeader(TraceHeader header)
    {
        _absent.AddRange(header.Absent.Take(TraceLimits.Sources - _absent.Count)); // a hostile file may have any number of headers
        _clock = header.Clock;
        if (_sources.Count > TraceLimits.Sources)
            return; // more than can be merged: who asked for it says so
        _first = _sources.Count;
        _texts += FittedHeader.SizeOf(header);
        IsCut = _texts > TraceLimits.RawBytes; // so much could not be written, and is not kept
        IReadOnlyList<MergedSource> sources = SourcesOf(IsCut ? FittedHeader.Bare(header) : header);
        _sources.AddRange(sources);
        _firsts.AddRange(sources.Select(_ => _first));
        if (alignment is not null)
            _clocks.AddRange(sources.Select(s => alignment.ClockOf(s.Header.BootId)));
    }

    void ITraceVisitor.OnClock(in ClockSample sample) => _clock = sample;

    bool ITraceVisitor.PassesOver(BlockHeader header)
    {
        const uint handshakes = 1u << (int)Operation.Connect | 1u << (int)Operation.Accept;
        BeginNs = Math.Min(BeginNs, _clock.ToWall(header.MinTimestamp));
        return alignment is null || (header.Operations & handshakes) == 0;
    }

    void ITraceVisitor.OnEvents(EventBlock block)
    {
        for (int row = 0; row < block.Rows; row++)
        {
            BeginNs = Math.Min(BeginNs, block.WallNs(row));
            if (alignment is null || block.OperationOf(block.KindOf(row)) is not (Operation.Connect or Operation.Accept))
                continue;
            block.Read(row, out TcpEvent e);
            int own = e.Process.Source < _sources.Count - _first ? e.Process.Source : 0; // of a file that lies, the first
            alignment.Add(_clocks[_first + own], in e, _sources[_first + own].OffsetNs);
        }
    }

    void ITraceVisitor.OnEnd(TraceEnd end)
    {
        Captured = unchecked(Captured + end.Captured);
        Unfinished = Formats.Events.Unfinished.Sum(Unfinished, end.Unfinished);
    }

    void ITraceVisitor.OnDamage(TraceDamage damage)
    {
        // reported when the events are read
    }
}
