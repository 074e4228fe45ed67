using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Findings;
using TcpTracer.Replay.Names;
using TcpTracer.Replay.Summaries;

namespace TcpTracer.Replay.Inspection;

/// <summary>
/// Reports what is in a trace by hopping from block header to block header. It unpacks only a sample of the blocks, and blocks without a
/// header.
/// </summary>
public sealed class TraceSurvey : ITraceVisitor
{
    private readonly long[] _counts = new long[(int)Operation.Unaccepted + 1]; // at place 0 those that this version does not know
    private readonly List<ClockSample> _clocks = [];
    private readonly List<WallWindow> _lossTimes = [];
    private readonly Dictionary<LossSource, WallWindow> _lossTimesBySource = [];
    private readonly List<LossRecord> _losses = [];
    private readonly Dictionary<LossSource, LossRecord> _lossesBySource = [];

    private readonly TraceReader _reader;
    private WorkloadView _view = WorkloadView.Empty;
    private readonly UnreadEvents _unread = new();
    private Announced? _announced;

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

    /// <summary>Events that cannot be read, as far as that is known without reading all.</summary>
    public long EventsUnread => Damages.Count > 0 ? _unread.Count : 0;

    /// <summary>Events that the trace had: read, passed over, and unreadable.</summary>
    public long EventsThereWere => _unread.Read + EventsUnread;

    /// <summary>Bytes read or hopped over.</summary>
    public long Bytes { get; private set; }

    /// <summary>From when to when its events are.</summary>
    public TraceSpan Span { get; } = new();

    /// <summary>The clock samples, in order.</summary>
    public IReadOnlyList<ClockSample> Clocks => _clocks;

    /// <summary>The losses, in order: the first thousand.</summary>
    public IReadOnlyList<LossRecord> Losses => _losses;

    /// <summary>Events lost, over all losses.</summary>
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
    public long CountOfOthers => _counts[0];

    /// <summary>Surveys a trace.</summary>
    /// <exception cref="TraceException">It is no trace, or one of a newer major version.</exception>
    public static TraceSurvey Of(Stream trace)
    {
        var survey = new TraceSurvey(trace);
        survey._reader.Read(survey);
        survey._unread.OnFinish();
        survey.Bytes = survey._reader.Offset;
        return survey;
    }

    void ITraceVisitor.OnBlockHeader(BlockHeader header) => _unread.OnBlockHeader(header);

    bool ITraceVisitor.PassesOver(BlockHeader header)
    {
        const uint unaccepted = 1u << (int)Operation.Unaccepted, ofOwnPlace = (1u << BlockHeader.CountedOperations) - 2;
        uint together = header.Operations & ~ofOwnPlace; // which operations the number at place 0 is of
        bool isMixed = (together & unaccepted) != 0 && together != unaccepted; // then only the rows tell how many events each operation has
        uint mixed = isMixed ? header.Counts[0] : 0;
        Add(header.Rows, header.MinTimestamp, header.MaxTimestamp);
        for (int i = 1; i < header.Counts.Count; i++)
            _counts[i] += header.Counts[i];
        _counts[together == unaccepted ? (int)Operation.Unaccepted : 0] += header.Counts[0] - mixed;
        bool isInSample = Top.Wants(_reader.Offset);
        _announced = new Announced(mixed, isInSample);
        bool passes = mixed == 0 && !isInSample;
        if (passes)
            _unread.OnEvents(header.Rows);
        return passes;
    }

    void ITraceVisitor.OnEvents(EventBlock block)
    {
        _unread.OnEvents(block.Rows);
        Announced? announced = _announced;
        _announced = null;
        if (announced is not { IsInSample: false })
            Top.Add(block, _view);
        if (announced is { Mixed: 0 })
            return;
        (long first, long last) = (long.MaxValue, long.MinValue);
        for (int row = 0; row < block.Rows; row++)
        {
            block.Read(row, out TcpEvent e);
            int place = (int)e.Operation < _counts.Length ? (int)e.Operation : 0;
            if (announced is null || place is 0 or >= BlockHeader.CountedOperations)
                _counts[place]++;
            (first, last) = (Math.Min(first, e.TimestampNs), Math.Max(last, e.TimestampNs));
        }
        if (announced is null)
            Add(block.Rows, first, last);
    }

    /// <summary>What a block header said of the block that comes next.</summary>
    /// <param name="Mixed">So many events of several operations, which only its rows tell apart.</param>
    /// <param name="IsInSample">Whether it belongs to the sample.</param>
    private readonly record struct Announced(uint Mixed, bool IsInSample);

    private void Add(int rows, long first, long last)
    {
        Blocks++;
        Events += rows;
        Span.Add(first, last);
    }

    void ITraceVisitor.OnHeader(TraceHeader header)
    {
        _unread.OnHeader();
        if (Traces++ == 0)
            Header = header;
        _view = header.NewView();
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
        {
            _lossesBySource[loss.Source] = before with
            {
                FromNs = Math.Min(before.FromNs, loss.FromNs),
                ToNs = Math.Max(before.ToNs, loss.ToNs),
                Count = unchecked(before.Count + loss.Count),
            };
        }
        else
            _lossesBySource[loss.Source] = loss;
    }

    void ITraceVisitor.OnEnd(TraceEnd end)
    {
        _unread.OnEnd(end);
        End = end;
    }

    void ITraceVisitor.OnDamage(TraceDamage damage)
    {
        _counts[0] += _announced?.Mixed ?? 0; // the block was a bad one: nobody can tell any more
        _announced = null;
        Damages.Add(damage);
    }

    void ITraceVisitor.OnUnknown(string kind)
    {
        const int plenty = 20;
        if (Unknown.Count < plenty)
            Unknown.Add(kind);
    }
}
