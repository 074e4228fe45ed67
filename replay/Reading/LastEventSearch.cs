using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Replay.Names;

namespace TcpTracer.Replay.Reading;

/// <summary>A place among the events of a trace.</summary>
/// <param name="Offset">Blocks that begin before it are passed over.</param>
/// <param name="Rows">And so many selected events after it.</param>
public readonly record struct EventPlace(long Offset, long Rows);

/// <summary>
/// Finds the place from which on a trace holds the last N selected events. It hops over all block headers first, and then unpacks blocks
/// from behind, as many as it needs. It unpacks all only where hardly any event is selected.
/// </summary>
public sealed class LastEventSearch
{
    private const int Page = 4096;
    private readonly Stream _trace;
    private readonly TraceSelection _selection;
    private readonly List<Block> _blocks = [];
    private bool _areStretches;

    private LastEventSearch(Stream trace, EventFilter filter, TimeWindow times, Enrichment enrichment)
    {
        _trace = trace;
        _selection = new TraceSelection(filter, times) { Enrichment = enrichment };
    }

    /// <summary>A block that may hold selected events. In a trace of very many blocks, a run of neighbouring blocks.</summary>
    /// <param name="Offset">Where it is.</param>
    /// <param name="AtMost">How many events of it can be selected, by its header.</param>
    private sealed record Block(long Offset, long AtMost)
    {
        public int Selected { get; set; }
    }

    /// <summary>Finds the place.</summary>
    /// <param name="trace">Can seek; is at its beginning, and afterwards is there again.</param>
    /// <param name="filter">Which events.</param>
    /// <param name="times">Of which time.</param>
    /// <param name="enrichment">By what they are named.</param>
    /// <param name="count">How many are wanted.</param>
    /// <param name="found">How many there are, if fewer.</param>
    public static EventPlace Find(Stream trace, EventFilter filter, TimeWindow times, Enrichment enrichment, long count, out long found)
    {
        var search = new LastEventSearch(trace, filter, times, enrichment);
        EventPlace place = search.Find(count, out found);
        trace.Position = 0;
        return place;
    }

    private EventPlace Find(long count, out long found)
    {
        Read(() => new Headers(this));
        long wanted = count;
        found = 0;
        int counted = _blocks.Count;
        while (counted > 0 && found < count)
        {
            int first = counted;
            for (long atMost = 0; first > 0 && atMost < wanted; atMost += _blocks[first].AtMost)
                first--;
            Read(() => new Counter(this, first, counted));
            found += _blocks.Skip(first).Take(counted - first).Sum(b => (long)b.Selected);
            counted = first;
            wanted = Math.Min(wanted, long.MaxValue / 8) * 4; // few of them are selected: look further back
        }
        long enough = 0;
        for (int i = _blocks.Count - 1; i >= counted; i--)
        {
            enough += _blocks[i].Selected;
            if (enough >= count)
            {
                found = count;
                return new EventPlace(_blocks[i].Offset, enough - count);
            }
        }
        return default;
    }

    /// <summary>In a file of very many small blocks two neighbours become one, so that memory does not grow with the file.</summary>
    private void Add(Block block)
    {
        const int plenty = 1 << 16;
        _blocks.Add(block);
        if (_blocks.Count < plenty)
            return;
        _areStretches = true;
        for (int i = 0; i < _blocks.Count / 2; i++)
            _blocks[i] = new Block(_blocks[2 * i].Offset, _blocks[2 * i].AtMost + _blocks[2 * i + 1].AtMost);
        _blocks.RemoveRange(_blocks.Count / 2, _blocks.Count - _blocks.Count / 2);
    }

    private void Read(Func<TraceWalk> begin)
    {
        _trace.Position = 0;
        TraceWalk walk = begin();
        walk.Reader.Read(walk);
    }

    /// <summary>Notes the blocks. One without a header may hold anything.</summary>
    private sealed class Headers(LastEventSearch search) : TraceWalk(search._selection, search._trace, Page)
    {

        public override bool PassesOver(BlockHeader header)
        {
            if (MayHold(header))
                search.Add(new Block(Reader.Offset, AtMost(header)));
            return true;
        }

        public override void OnPackedEvents(PackedBlock block)
        {
            _ = WindowNow;
            search.Add(new Block(block.Offset, 0));
            block.Drop();
        }

        private long AtMost(BlockHeader header)
        {
            long wanted = header.Counts[0]; // all others
            for (int operation = 1; operation < header.Counts.Count; operation++)
            {
                if (Selection.Filter.Wants((Operation)operation))
                    wanted += header.Counts[operation];
            }
            return wanted;
        }
    }

    /// <summary>Counts what is selected in some of the blocks.</summary>
    private sealed class Counter(LastEventSearch search, int first, int end) : TraceWalk(search._selection, search._trace, Page)
    {
        private readonly EventBlock _block = new();
        private readonly EntryCaches _caches = new();
        private readonly BlockFilter _filter = new(search._selection.Filter);
        private int _next = first;
        private int[] _rows = [];

        private bool IsNext(long offset)
        {
            List<Block> blocks = search._blocks;
            while (_next + 1 < end && blocks[_next + 1].Offset <= offset)
                _next++;
            bool isBefore = offset < blocks[_next].Offset, isBehind = _next + 1 < blocks.Count && offset >= blocks[_next + 1].Offset;
            return !isBefore && !isBehind && (search._areStretches || offset == blocks[_next].Offset);
        }

        public override bool PassesOver(BlockHeader header) => !IsNext(Reader.Offset);

        public override void OnPackedEvents(PackedBlock block)
        {
            if (!IsNext(block.Offset))
            {
                block.Drop();
                return;
            }
            if (block.Unpack(_block, _caches) is not null)
                return; // damaged: reported when the events are printed
            if (_rows.Length < _block.Rows)
                _rows = new int[_block.Rows];
            search._blocks[_next].Selected += _filter.Select(_block, View, _rows, WindowNow);
        }
    }
}
