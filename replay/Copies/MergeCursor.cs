using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Findings;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Replay.Copies;

/// <summary>A file on its way into a merged trace: one block of it is unpacked at a time.</summary>
internal sealed class MergeCursor : TraceWalk
{
    private const int ReadAhead = 128 << 10, MostKept = 1 << 16;
    private readonly EventBlock _block = new();
    private readonly EntryCaches _caches = new();
    private readonly BlockFilter _filter;
    private readonly UnreadEvents _unread = new();
    private readonly Dictionary<ProcessIdentity, ProcessIdentity> _processes = new(ReferenceEqualityComparer.Instance);
    private readonly long[] _offsets;
    private readonly List<LossRecord> _losses = [];
    private int[] _rows = [];
    private readonly int _firstSource;
    private int _count, _next, _sourcesOfTrace;
    private long _rowsInBadBlocks;
    private TcpEvent _head;

    /// <param name="selection">Which events.</param>
    /// <param name="trace">At its beginning; not closed.</param>
    /// <param name="firstSource">The number of its first trace in the merged one.</param>
    /// <param name="offsets">How far the clock of each of its traces is ahead.</param>
    public MergeCursor(TraceSelection selection, Stream trace, int firstSource, long[] offsets)
        : base(selection, trace, ReadAhead)
    {
        _filter = new BlockFilter(selection.Filter);
        Source = _firstSource = firstSource;
        _offsets = offsets;
    }

    /// <summary>The event at which it is, on the common clock.</summary>
    public ref readonly TcpEvent Head => ref _head;

    /// <summary>Whether nothing of the block at hand was written yet: its names come first.</summary>
    public bool IsAtBlock { get; private set; }

    /// <summary>The names of the block were written.</summary>
    public void SetNamed() => IsAtBlock = false;

    /// <summary>The number in the merged trace of source 0 of this block.</summary>
    public int Source { get; private set; }

    /// <summary>What is known where the block stands.</summary>
    public WorkloadView Known => View;

    /// <summary>What its selected rows mention.</summary>
    public IReadOnlyCollection<BlockMentions>? Mentions { get; private set; }

    /// <summary>Losses that were met since the last call, with times on the common clock.</summary>
    public IReadOnlyList<LossRecord> TakeLosses()
    {
        LossRecord[] losses = [.. _losses];
        _losses.Clear();
        return losses;
    }

    /// <summary>Events that damage made unreadable.</summary>
    public long Unread => Selection.Findings.Damages.Count > 0 ? _unread.Count + _rowsInBadBlocks : 0;

    /// <summary>Goes to the next selected event.</summary>
    /// <returns>false: there is none; or a loss was met, which goes first.</returns>
    public bool MoveNext()
    {
        while (_next >= _count)
        {
            if (_losses.Count > 0)
                return false;
            if (!ReadNext())
            {
                _unread.OnFinish();
                IsAtEnd = true;
                return false;
            }
        }
        _block.Read(_rows[_next++], out _head);
        int source = Source + View.SourceOf(_head.Process);
        _head.WallNs = unchecked(_head.WallNs - OffsetOf(source));
        _head.Process = InMerged(_head.Process, source);
        return true;
    }

    /// <summary>The event at which it is was in another file: it does not count.</summary>
    public void DropRepeated() => Selection.DropRepeated();

    /// <summary>Whether there is no more of it.</summary>
    public bool IsAtEnd { get; private set; }

    private bool ReadNext()
    {
        try
        {
            return Reader.ReadNext(this);
        }
        catch (TraceException)
        {
            return false; // a trace of a later version behind it: reported when it was surveyed
        }
    }

    private long OffsetOf(int source) => source - _firstSource is >= 0 and var own && own < _offsets.Length ? _offsets[own] : 0;

    private ProcessIdentity InMerged(ProcessIdentity process, int source)
    {
        if (_processes.TryGetValue(process, out ProcessIdentity? known))
            return known;
        if (_processes.Count >= MostKept)
            _processes.Clear();
        return _processes[process] = process with { Source = source };
    }

    public override void OnHeader(TraceHeader header)
    {
        base.OnHeader(header);
        _unread.OnHeader();
        Source += _sourcesOfTrace;
        _sourcesOfTrace = MergeSurvey.SourcesOf(header).Count;
        _processes.Clear();
    }

    public override void OnBlockHeader(BlockHeader header) => _unread.OnBlockHeader(header);

    public override bool PassesOver(BlockHeader header)
    {
        bool passes = base.PassesOver(header);
        if (passes)
            _unread.OnEvents(header.Rows);
        return passes;
    }

    public override void OnPackedEvents(PackedBlock block)
    {
        int announced = block.Announced?.Rows ?? 0;
        _unread.OnEvents(announced);
        (_count, _next, Mentions, IsAtBlock) = (0, 0, null, true);
        if (block.Unpack(_block, _caches) is { } damage)
        {
            Selection.Findings.Add(damage);
            _rowsInBadBlocks += announced;
            return;
        }
        Selection.Findings.AddUnknown(_block.UnknownEncodings);
        if (_rows.Length < _block.Rows)
            _rows = new int[_block.Rows];
        _count = Selection.Pass(_filter.Select(_block, View, _rows, WindowNow));
        Selection.CountBlock(_block.Rows, _block.Rows - _count);
        if (_count > 0 && View.IsInformed)
            Mentions = BlockMentions.Of(_block, _rows.AsSpan(0, _count), View);
    }

    public override void OnLoss(in LossRecord loss)
    {
        base.OnLoss(in loss);
        long shift = unchecked(Clock.WallNs - Clock.BootNs - OffsetOf(Source));
        _losses.Add(loss with { FromNs = unchecked(loss.FromNs + shift), ToNs = unchecked(loss.ToNs + shift) });
    }

    public override void OnEnd(TraceEnd end)
    {
        base.OnEnd(end);
        _unread.OnEnd(end);
    }
}
