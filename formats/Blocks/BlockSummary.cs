using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;

namespace TcpTracer.Formats.Blocks;

/// <summary>Collects the content of a block header, event by event. The writer uses it, and verifiers use it to check a header.</summary>
internal sealed class BlockSummary
{
    private readonly uint[] _counts = new uint[BlockHeader.CountedOperations];
    private long _min = long.MaxValue, _max = long.MinValue;
    private uint _operations;
    private int _rows;

    public void Add(Operation operation, long timestamp)
    {
        _rows++;
        _min = Math.Min(_min, timestamp);
        _max = Math.Max(_max, timestamp);
        _operations |= 1u << Math.Min((int)operation, 31);
        _counts[(int)operation < _counts.Length ? (int)operation : 0]++;
    }

    public BlockHeader ToHeader() => new()
    {
        Kind = RecordKind.Events,
        MinTimestamp = _min,
        MaxTimestamp = _max,
        Rows = _rows,
        Operations = _operations,
        Counts = _counts,
    };
}
