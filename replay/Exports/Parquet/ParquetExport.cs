using TcpTracer.Formats.Events;
using TcpTracer.Formats.Text;

namespace TcpTracer.Replay.Exports.Parquet;

/// <summary>
/// Writes events as a Parquet file. A row has the values of the JSON line; its columns have the types of the fields. While one group of
/// rows is filled, a thread writes the one before.
/// </summary>
public sealed class ParquetExport : IExport
{
    /// <summary>Rows in a group: what readers skip by, and what is held in memory twice.</summary>
    internal int RowsInGroup { get; init; } = 64 * 1024;

    /// <summary>A group with so many bytes of text is not filled up: a stranger's names may be long.</summary>
    internal const int TextInGroup = 8 << 20;

    private readonly ParquetWriter _writer;
    private readonly GroupThread _thread = new();
    private EventTable _filled, _other;

    /// <param name="to">Where to; not closed.</param>
    /// <param name="fields">The columns; each key stands once.</param>
    /// <param name="tool">The program and its version, for the footer.</param>
    public ParquetExport(Stream to, IReadOnlyList<Field> fields, string tool)
    {
        _writer = new ParquetWriter(to, fields, tool);
        _filled = new EventTable(fields);
        _other = new EventTable(fields);
    }

    /// <inheritdoc/>
    public void OnEvent(in TcpEvent e)
    {
        _filled.Add(in e);
        if (_filled.Rows >= RowsInGroup || _filled.TextBytes >= TextInGroup)
            HandOver();
    }

    private void HandOver()
    {
        EventTable full = _filled;
        _thread.Run(buffers => _writer.WriteGroup(full, buffers));
        (_filled, _other) = (_other, full);
        _filled.Clear();
    }

    /// <inheritdoc/>
    public void Finish()
    {
        HandOver();
        _thread.Wait();
        _writer.Finish();
    }

    /// <inheritdoc/>
    public void Dispose() => _thread.Dispose();
}
