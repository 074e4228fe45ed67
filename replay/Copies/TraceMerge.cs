using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Values;
using TcpTracer.Replay.Findings;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Replay.Copies;

/// <summary>A file that is merged.</summary>
/// <param name="Survey">What is in it.</param>
/// <param name="Open">Opens it, at its beginning.</param>
/// <param name="Selection">Which of its events; has what was found in it.</param>
public sealed record MergeInput(MergeSurvey Survey, Func<Stream> Open, TraceSelection Selection)
{
    /// <summary>Knows the events that may be in another file as well, of which each is written once; null: there are none.</summary>
    public RecentEvents? Overlap { get; init; }

    /// <summary>Whether another file goes on where this one breaks off: what the break has damaged is there.</summary>
    public bool IsContinued { get; init; }
}

/// <summary>
/// Writes one trace from the events of several files, in the order of wall time. A file is opened when its first event is due, and one
/// block of each is in memory: so a set of any length takes no more than the files that overlap.
/// </summary>
public sealed class TraceMerge
{
    private readonly IReadOnlyList<MergeInput> _inputs;
    private readonly IReadOnlyList<ClockOffset> _offsets;
    private readonly Stream _to;
    private readonly CopyNote _note;
    private readonly PriorityQueue<int, (long Ns, int Number)> _due = new();
    private readonly MergeCursor?[] _cursors;
    private readonly Stream?[] _streams;
    private readonly Dictionary<LossSource, long> _lost = [];
    private readonly Dictionary<(MergeSurvey Survey, int First), long> _common = [];
    private CopyWriter _writer = null!;
    private long _lastNs;

    /// <param name="to">Where to; not closed.</param>
    /// <param name="inputs">The files.</param>
    /// <param name="alignment">What is known of their clocks; null: they are left as they are.</param>
    /// <param name="note">What the header says of the copy.</param>
    public TraceMerge(Stream to, IReadOnlyList<MergeInput> inputs, ClockAlignment? alignment, CopyNote note)
    {
        (_to, _inputs, _note) = (to, inputs, note);
        _offsets = alignment?.Solve() ?? [];
        _cursors = new MergeCursor?[inputs.Count];
        _streams = new Stream?[inputs.Count];
        Sources = [.. inputs.SelectMany(i => i.Survey.Sources.Select((s, n) => WithOffset(s, OffsetOf(i, n))))];
    }

    /// <summary>The traces that are merged, and what was found out about their clocks.</summary>
    public IReadOnlyList<MergedSource> Sources { get; }

    /// <summary>Nodes that were asked and gave no trace.</summary>
    public IReadOnlyList<AbsentNode> Absent { get; init; } = [];

    /// <summary>Whether not all texts of the headers fitted into one record.</summary>
    public bool IsHeaderCut => _writer.IsHeaderCut || _inputs.Any(i => i.Survey.IsCut);

    /// <summary>Bytes written.</summary>
    public long BytesWritten => _writer.BytesWritten;

    /// <summary>
    /// What has to be taken off the times of a source. An earlier merge has set some right among each other, and their events stand in that
    /// order: they move together.
    /// </summary>
    private ClockOffset OffsetOf(MergeInput input, int source)
    {
        ClockOffset own = OwnOffsetOf(input, source);
        return WasSetRight(input.Survey, source) ? own with { OffsetNs = CommonOffset(input, input.Survey.Firsts[source]) } : own;
    }

    /// <summary>Whether a source is one of several in a merged trace, and goes by the clock of the first one there.</summary>
    private static bool WasSetRight(MergeSurvey survey, int source)
    {
        if (source >= survey.Clocks.Count)
            return false; // clocks are left as they are
        int first = survey.Firsts[source];
        bool isMerged = survey.Firsts.Count(f => f == first) > 1;
        return isMerged && (survey.Clocks[source] == survey.Clocks[first] || survey.Sources[source].Pairs > 0);
    }

    /// <summary>The median of what is known of those that were set right among each other.</summary>
    private long CommonOffset(MergeInput input, int first)
    {
        if (_common.TryGetValue((input.Survey, first), out long known))
            return known;
        int[] together = [.. Enumerable.Range(first, input.Survey.Sources.Count - first)
            .Where(s => input.Survey.Firsts[s] == first && WasSetRight(input.Survey, s))];
        bool isOfFirst = together.Any(s => input.Survey.Clocks[s] == _inputs[0].Survey.Clocks[0]);
        long[] offsets = [.. together.Select(s => OwnOffsetOf(input, s)).Where(o => o.Pairs > 0).Select(o => o.OffsetNs).Order()];
        return _common[(input.Survey, first)] = isOfFirst || offsets.Length == 0 ? 0 : offsets[offsets.Length / 2];
    }

    /// <summary>The same for a source by itself. Offsets are of clocks as they went; an earlier merge may have taken some off.</summary>
    private ClockOffset OwnOffsetOf(MergeInput input, int source)
    {
        if (source >= input.Survey.Clocks.Count)
            return new ClockOffset(0, null, 0);
        MergeSurvey first = _inputs[0].Survey;
        int clock = input.Survey.Clocks[source];
        ClockOffset found = _offsets[clock];
        if (found.Pairs == 0 && clock != first.Clocks[0])
            return found; // nothing is known: its times stay as they are
        long own = found.OffsetNs - input.Survey.Sources[source].OffsetNs;
        long ofFirst = _offsets[first.Clocks[0]].OffsetNs - first.Sources[0].OffsetNs;
        return found with { OffsetNs = unchecked(own - ofFirst) };
    }

    /// <summary>What an earlier merge took off stays said.</summary>
    private static MergedSource WithOffset(MergedSource source, ClockOffset found) => new(
        source.Header,
        unchecked(source.OffsetNs + found.OffsetNs),
        found.Pairs > 0 ? found.BoundNs : source.BoundNs,
        found.Pairs > 0 ? found.Pairs : source.Pairs);

    /// <summary>Merges them.</summary>
    public void Run()
    {
        try
        {
            _writer = new CopyWriter(_to, Header(), null);
            Merge();
            long unread = _inputs.Sum(i => i.Selection.Findings.EventsUnread);
            if (unread > 0)
                Write(new LossRecord(Begin, _lastNs, LossSource.Damage, unread, 0));
            _writer.Finish(new TraceEnd("merged", _inputs.Sum(i => i.Survey.Captured), 0, _lost.Values.Sum())
            {
                Unfinished = _inputs.Select(i => i.Survey.Unfinished).Aggregate(Unfinished.Sum),
            });
        }
        finally
        {
            foreach (Stream? stream in _streams)
                stream?.Dispose();
        }
    }

    private long Begin => _inputs.Min(i => i.Survey.BeginNs) is < long.MaxValue and var begin ? begin : Sources[0].Header.Clock.WallNs;

    private TraceHeader Header()
    {
        string Common(Func<TraceHeader, string> of) => Sources.Select(s => of(s.Header)).Distinct().ToArray() is [var one] ? one : "";
        return new TraceHeader
        {
            Minor = TraceHeader.CopyMinor,
            Required = [TraceHeader.MergedFeature],
            RunId = RandomId.New(),
            Tool = _note.Tool,
            Node = Common(h => h.Node),
            Kernel = Common(h => h.Kernel),
            Machine = Common(h => h.Machine),
            BootId = Common(h => h.BootId),
            Clock = new ClockSample(Begin, Begin, 0, 0, ClockCause.Start), // its times are wall time
            Copies = [_note],
            Merged = Sources,
            Absent = [.. AllAbsent.Take(TraceLimits.Sources)],
        };
    }

    /// <summary>Nodes that were asked and gave no trace, of this merge and of earlier ones. What another trace has is not absent.</summary>
    public IEnumerable<AbsentNode> AllAbsent => Absent.Concat(_inputs.SelectMany(i => i.Survey.Absent))
        .ExceptBy(Sources.Select(s => s.Header.Node), a => a.Node).DistinctBy(a => a.Node);

    private void Merge()
    {
        for (int i = 0; i < _inputs.Count; i++)
            _due.Enqueue(i, (BeginOf(i), i - _inputs.Count)); // of one moment, files are opened before events are written
        while (_due.TryDequeue(out int number, out _))
        {
            if (_cursors[number] is null)
                Open(number);
            else
                WriteUntil(number, _due.TryPeek(out _, out (long, int) next) ? next : (long.MaxValue, int.MaxValue));
        }
    }

    private long BeginOf(int number)
    {
        MergeInput input = _inputs[number];
        return input.Survey.BeginNs == long.MaxValue ? long.MaxValue : unchecked(input.Survey.BeginNs - OffsetOf(input, 0).OffsetNs);
    }

    private void Open(int number)
    {
        MergeInput input = _inputs[number];
        _streams[number] = input.Open();
        long[] offsets = [.. Enumerable.Range(0, input.Survey.Sources.Count).Select(n => OffsetOf(input, n).OffsetNs)];
        int firstSource = _inputs.Take(number).Sum(i => i.Survey.Sources.Count);
        _cursors[number] = new MergeCursor(input.Selection, _streams[number]!, firstSource, offsets);
        Advance(number);
    }

    /// <summary>Goes on to the next event of a file; what was lost before it is written now.</summary>
    /// <returns>Whether there is one.</returns>
    private bool MoveNext(int number)
    {
        MergeCursor cursor = _cursors[number]!;
        while (true)
        {
            bool isThere = cursor.MoveNext();
            foreach (LossRecord loss in cursor.TakeLosses())
                Write(loss);
            if (isThere && _inputs[number].Overlap?.Add(in cursor.Head) == false)
                cursor.DropRepeated();
            else if (isThere)
                return true;
            if (cursor.IsAtEnd)
                break;
        }
        TraceFindings findings = _inputs[number].Selection.Findings;
        bool isElsewhere = _inputs[number].IsContinued && findings.Damages.All(d => d.Fault == TraceFault.CutTail);
        findings.EventsUnread = isElsewhere ? 0 : cursor.Unread;
        _streams[number]!.Dispose();
        (_streams[number], _cursors[number]) = (null, null); // its blocks need no memory any more
        return false;
    }

    private void Advance(int number)
    {
        if (MoveNext(number))
            _due.Enqueue(number, (_cursors[number]!.Head.WallNs, number));
    }

    private void WriteUntil(int number, (long Ns, int Number) until)
    {
        MergeCursor cursor = _cursors[number]!;
        do
        {
            ref readonly TcpEvent e = ref cursor.Head;
            if (cursor.IsAtBlock)
            {
                _writer.Name(cursor.Mentions, cursor.Known, e.TimestampNs, cursor.Source);
                cursor.SetNamed();
            }
            _writer.Write(in e);
            _lastNs = Math.Max(_lastNs, e.WallNs);
            if (!MoveNext(number))
                return;
        }
        while ((cursor.Head.WallNs, number).CompareTo(until) < 0);
        _due.Enqueue(number, (cursor.Head.WallNs, number));
    }

    private void Write(in LossRecord loss)
    {
        long total = unchecked(_lost.GetValueOrDefault(loss.Source) + loss.Count);
        _lost[loss.Source] = total;
        _writer.Write(loss with { Total = total });
    }
}
