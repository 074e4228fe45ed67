using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;

namespace TcpTracer.Replay.Printing;

/// <summary>
/// Keeps rows as text until all have been seen, and then writes them, sorted. Memory is bounded: by the number of rows that are wanted, and
/// in any case by their bytes.
/// </summary>
public sealed class KeptRows : IEventSink
{
    /// <summary>So much text is kept at most, in bytes.</summary>
    public const long MostBytes = 256 << 20;

    private const int RowCosts = 96;
    private readonly Stream _to;
    private readonly EventFormat _format;
    private readonly RowOrder _order;
    private readonly long? _most;
    private readonly bool _withStatus;
    private readonly PriorityQueue<Row, Row> _rows;
    private readonly TextBuffer _text = new();
    private bool _isBegun;
    private long _count, _bytes;

    /// <summary>Keeps nothing yet.</summary>
    /// <param name="to">Where to; not closed.</param>
    /// <param name="format">How.</param>
    /// <param name="order">Which row comes first.</param>
    /// <param name="most">Only the first so many in this order; null: all.</param>
    /// <param name="withStatus">Whether losses are written, before the rows.</param>
    public KeptRows(Stream to, EventFormat format, RowOrder order, long? most, bool withStatus)
    {
        _to = to;
        _format = format;
        _order = order;
        _most = most;
        _withStatus = withStatus;
        // The first out is the last in order
        _rows = new PriorityQueue<Row, Row>(Comparer<Row>.Create((one, other) => Compare(in other, in one)));
    }

    /// <summary>How many bytes are kept at most.</summary>
    public long Limit { get; init; } = MostBytes;

    private readonly record struct Row(RowKey Key, long Number, byte[] Text)
    {
        public long Bytes => Text.Length + (Key.Text?.Length ?? 0) + RowCosts;
    }

    /// <summary>Rows with equal keys keep their order.</summary>
    private int Compare(in Row one, in Row other) =>
        _order.Compare(one.Key, other.Key) is not 0 and var order ? order : one.Number.CompareTo(other.Number);

    /// <inheritdoc/>
    /// <exception cref="TooManyRowsException">There are more rows than can be kept.</exception>
    public void OnEvent(in TcpEvent e)
    {
        _isBegun = true;
        var row = new Row(_order.KeyOf(in e), _count, []);
        _count++;
        bool isFull = _rows.Count >= _most;
        if (isFull && Compare(row, _rows.Peek()) >= 0)
            return;
        _text.Clear();
        _format.Write(_text, in e);
        row = row with { Text = _text.Written.ToArray() };
        _bytes += row.Bytes;
        if (isFull)
            _bytes -= _rows.EnqueueDequeue(row, row).Bytes;
        else
            _rows.Enqueue(row, row);
        if (_bytes > Limit)
            throw new TooManyRowsException(Limit);
    }

    /// <inheritdoc/>
    public void OnClock(in ClockSample sample) => _isBegun = true;

    /// <inheritdoc/>
    public void OnLoss(in LossRecord loss)
    {
        if (!_withStatus)
            return;
        _text.Clear();
        _format.WriteLoss(_text, in loss);
        _to.Write(_text.Written);
    }

    /// <summary>All rows have been seen: writes them.</summary>
    public void Finish()
    {
        if (!_isBegun)
            return;
        const int plenty = 64 * 1024;
        Row[] rows = [.. _rows.UnorderedItems.Select(r => r.Element)];
        Array.Sort(rows, (one, other) => Compare(in one, in other));
        _text.Clear();
        _format.WriteHeader(_text);
        foreach (Row row in rows)
        {
            _text.Append(row.Text);
            if (_text.Length < plenty)
                continue;
            _to.Write(_text.Written);
            _text.Clear();
        }
        _to.Write(_text.Written);
        _to.Flush();
    }
}

/// <summary>There are more rows than can be kept in memory.</summary>
/// <param name="limit">How many bytes can be.</param>
public sealed class TooManyRowsException(long limit) : Exception
{
    /// <summary>How many bytes of rows can be kept.</summary>
    public long Limit => limit;
}
