using TcpTracer.Formats.Events;
using TcpTracer.Formats.Pipeline;
using TcpTracer.Formats.TraceFile;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Replay;

/// <summary>
/// What a trace is about, by hopping from block header to block header: of the events themselves it unpacks a sample, and what has no header.
/// </summary>
public sealed class TraceSurvey : ITraceVisitor
{
    private readonly long[] _counts = new long[BlockHeader.CountedOperations];
    private readonly List<ClockSample> _clocks = [];
    private readonly List<WallWindow> _lossTimes = [];
    private readonly Dictionary<LossSource, WallWindow> _lossTimesBySource = [];
    private readonly List<LossRecord> _losses = [];
    private readonly Dictionary<LossSource, LossRecord> _lossesBySource = [];

    private readonly TraceReader _reader;
    private WorkloadView _view = WorkloadView.Empty;
    private bool _isCounted;

    private TraceSurvey(Stream trace)
    {
        _reader = new TraceReader(trace, EventReading.Choose, readAhead: 4096);
        Top = new TopTalkers(trace.CanSeek ? trace.Length : null);
    }

    /// <summary>Who talks most.</summary>
    public TopTalkers Top { get; }

    /// <summary>What is known of pods and the like.</summary>
    public NamesSurvey Names { get; } = new();

    /// <summary>The first header.</summary>
    public TraceHeader Header { get; private set; } = new();

    /// <summary>Traces in the file.</summary>
    public int Traces { get; private set; }

    /// <summary>The end record; null if there is none.</summary>
    public TraceEnd? End { get; private set; }

    /// <summary>What is wrong.</summary>
    public DamageList Damages { get; } = new();

    /// <summary>Blocks of events.</summary>
    public int Blocks { get; private set; }

    /// <summary>Events.</summary>
    public long Events { get; private set; }

    /// <summary>Bytes read or hopped over.</summary>
    public long Bytes { get; private set; }

    /// <summary>From when to when its events are.</summary>
    public TraceSpan Span { get; } = new();

    /// <summary>The clock samples, in order.</summary>
    public IReadOnlyList<ClockSample> Clocks => _clocks;

    /// <summary>The losses, in order: the first thousand.</summary>
    public IReadOnlyList<LossRecord> Losses => _losses;

    /// <summary>All of them.</summary>
    public long Lost { get; private set; }

    /// <summary>The losses of each cause as one, from the first to the last.</summary>
    public IReadOnlyDictionary<LossSource, LossRecord> LossesBySource => _lossesBySource;

    /// <summary>Between which wall times each of <see cref="Losses"/> was.</summary>
    public IReadOnlyList<WallWindow> LossTimes => _lossTimes;

    /// <summary>The same for <see cref="LossesBySource"/>.</summary>
    public IReadOnlyDictionary<LossSource, WallWindow> LossTimesBySource => _lossTimesBySource;

    /// <summary>Kinds of record that this version does not know.</summary>
    public HashSet<string> Unknown { get; } = [];

    /// <summary>Events of one operation.</summary>
    public long CountOf(Operation operation) => _counts[(int)operation];

    /// <summary>Events of operations that this version does not know.</summary>
    public long CountOfOthers => _counts[0] + _counts[7];

    /// <summary>Surveys a trace.</summary>
    /// <exception cref="TraceException">It is no trace, or one of a newer major version.</exception>
    public static TraceSurvey Of(Stream trace)
    {
        var survey = new TraceSurvey(trace);
        survey._reader.Read(survey);
        survey.Bytes = survey._reader.Offset;
        return survey;
    }

    bool ITraceVisitor.PassesOver(BlockHeader header)
    {
        Add(header);
        _isCounted = Top.Wants(_reader.Offset);
        return !_isCounted;
    }

    void ITraceVisitor.OnEvents(EventBlock block)
    {
        if (_isCounted || Top.Wants(_reader.Offset))
            Top.Add(block, _view);
        if (!_isCounted)
            Add(block.DescribeRows());
        _isCounted = false;
    }

    private void Add(BlockHeader block)
    {
        Blocks++;
        Events += block.Rows;
        Span.Add(block.MinTimestamp, block.MaxTimestamp);
        for (int i = 0; i < block.Counts.Count; i++)
            _counts[i] += block.Counts[i];
    }

    void ITraceVisitor.OnHeader(TraceHeader header)
    {
        if (Traces++ == 0)
            Header = header;
        _view = new WorkloadView(new SafeText(header.Node));
        _clocks.Add(header.Clock);
        Span.Begin(header);
        End = null;
    }

    void ITraceVisitor.OnWorkloads(WorkloadChange change)
    {
        Names.Add(change);
        _view = _view.With(change);
    }

    // Memory does not grow with the file: months of samples, and then the last takes the place of the one before
    void ITraceVisitor.OnClock(in ClockSample sample)
    {
        const int plenty = 1 << 18;
        if (_clocks.Count >= plenty)
            _clocks.RemoveAt(plenty - 1);
        _clocks.Add(sample);
        Span.OnClock(in sample);
    }

    void ITraceVisitor.OnLoss(in LossRecord loss)
    {
        const int plenty = 1000;
        Lost = unchecked(Lost + loss.Count); // a stranger's numbers
        var times = new WallWindow(Span.ToWall(loss.FromNs), Span.ToWall(loss.ToNs));
        if (_losses.Count < plenty)
        {
            _losses.Add(loss);
            _lossTimes.Add(times);
        }
        _lossTimesBySource[loss.Source] = _lossTimesBySource.TryGetValue(loss.Source, out WallWindow earlier)
            ? new WallWindow(Math.Min(earlier.SinceNs, times.SinceNs), Math.Max(earlier.UntilNs, times.UntilNs)) : times;
        if (_lossesBySource.TryGetValue(loss.Source, out LossRecord before))
            _lossesBySource[loss.Source] = before with { FromNs = Math.Min(before.FromNs, loss.FromNs), ToNs = Math.Max(before.ToNs, loss.ToNs), Count = before.Count + loss.Count };
        else
            _lossesBySource[loss.Source] = loss;
    }

    void ITraceVisitor.OnEnd(TraceEnd end) => End = end;

    void ITraceVisitor.OnDamage(TraceDamage damage)
    {
        _isCounted = false; // the block of the sample was a bad one
        Damages.Add(damage);
    }

    void ITraceVisitor.OnUnknown(string kind)
    {
        const int plenty = 20;
        if (Unknown.Count < plenty)
            Unknown.Add(kind);
    }
}
