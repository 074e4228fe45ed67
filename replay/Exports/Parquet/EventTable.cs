using TcpTracer.Formats.Events;
using TcpTracer.Formats.Text;

namespace TcpTracer.Replay.Exports.Parquet;

/// <summary>Events as rows of columns, until there are enough for a group of rows.</summary>
internal sealed class EventTable
{
    private readonly TableField[] _fields;
    private readonly OwnerValues _owners = new();

    /// <param name="fields">The columns.</param>
    public EventTable(IReadOnlyList<Field> fields)
    {
        _fields = [.. fields.Select(f => TableField.Of(f, _owners))];
        Columns = [.. _fields.SelectMany(f => f.Columns)];
    }

    /// <summary>Leaves of the schema, in its order.</summary>
    public IReadOnlyList<ParquetColumn> Columns { get; }

    /// <summary>How many rows there are.</summary>
    public int Rows { get; private set; }

    /// <summary>Bytes of text in it.</summary>
    public int TextBytes { get; private set; }

    /// <summary>Adds a row.</summary>
    public void Add(in TcpEvent e)
    {
        _owners.Find(in e);
        foreach (TableField field in _fields)
            field.Add(in e);
        Rows++;
        const int now = 255;
        if ((Rows & now) == 0 || e.Process.Args.Raw.Length + e.Process.Exe.Raw.Length > now)
            TextBytes = Columns.Sum(c => c.TextBytes);
    }

    /// <summary>Starts anew.</summary>
    public void Clear()
    {
        foreach (ParquetColumn column in Columns)
            column.Clear();
        _owners.Clear();
        Rows = TextBytes = 0;
    }
}
