using MessagePack;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Blocks;

/// <summary>
/// The columns of a block. <see cref="Read(ref MessagePackReader, ReadOnlyMemory{byte}, int, int)"/> finds and checks all of them; their
/// values are decoded on demand. One object serves block after block.
/// </summary>
/// <param name="dictionaries">The dictionaries of the block.</param>
/// <param name="links">The links between the rows of a connection.</param>
internal sealed class BlockColumns(BlockDictionaries dictionaries, RowLinks links)
{
    private readonly Column[] _columns = new Column[EventColumns.Count];
    private readonly List<(RowSet Rows, int[] Ranks)> _ranks = [];
    private readonly int[]?[] _ranksOf = new int[EventColumns.Count][];
    private readonly long[]?[] _decoded = new long[EventColumns.Count][];
    private readonly ReusableArray<long> _ofKind = new(), _values = new();
    private ReadOnlyMemory<byte> _record;
    private int[] _kindOfRow = [];
    private int[] _rowsOfKind = [];
    private int _rows, _openings;
    private bool _ranksReady;

    /// <summary>The names of columns whose encoding this version does not know. Their values read as 0.</summary>
    public IReadOnlyList<string> UnknownEncodings { get; private set; } = [];

    /// <summary>Whether version 1.1 or later wrote the block.</summary>
    public bool HasFlow { get; private set; }

    /// <summary>The kind of each row.</summary>
    public ReadOnlySpan<int> KindOfRow => _kindOfRow.AsSpan(0, _rows);

    /// <summary>The number of rows of each kind.</summary>
    public ReadOnlySpan<int> RowsOfKind => _rowsOfKind;

    public void Reserve(int rows)
    {
        _kindOfRow = new int[rows];
        _ranks.Clear();
    }

    public void Clear()
    {
        _record = default;
        _ranksReady = HasFlow = false;
        UnknownEncodings = [];
        _rowsOfKind = [];
        _rows = _openings = 0;
        Array.Fill(_columns, Column.Missing);
    }

    /// <summary>Finds and checks the columns of a record.</summary>
    /// <param name="from">Stands before the map of columns.</param>
    /// <param name="record">The whole record, which must not change while the block is in use.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="openings">The number of openings.</param>
    /// <exception cref="BadRecordException">A column cannot hold its values, or appears twice.</exception>
    public void Read(ref MessagePackReader from, ReadOnlyMemory<byte> record, int rows, int openings)
    {
        (_record, _rows, _openings) = (record, rows, openings);
        uint seen = 0;
        int count = from.ReadMapHeader();
        for (int i = 0; i < count; i++)
        {
            byte[] name = RecordReader.ReadBytes(ref from);
            if (EventColumns.Parse(name) is not { } column)
            {
                RecordReader.Skip(ref from);
                continue;
            }
            if ((seen & 1u << (int)column) != 0)
                throw new BadRecordException($"column {EventColumns.NameOf(column)} once", "twice");
            seen |= 1u << (int)column;
            HasFlow |= column == EventColumn.Flow;
            if (ColumnCodec.Locate(ref from, CountOf) is { } located)
            {
                if (EventColumns.RowsOf(column) is { } expected && located.Rows != expected)
                    throw new BadRecordException($"rows {expected.Bits} of column {EventColumns.NameOf(column)}", $"{located.Rows.Bits}");
                bool isInPlace = column == EventColumn.Timestamp && located.Encoding != ColumnEncoding.Plain;
                _columns[(int)column] = isInPlace ? located : located.ForRandomAccess(_record);
            }
            else
                UnknownEncodings = [.. UnknownEncodings, EventColumns.NameOf(column)];
            if (column == EventColumn.Kind)
                DecodeKinds();
        }
        if (_rowsOfKind.Length == 0)
            DecodeKinds(); // the column is missing, so its values read as 0
    }

    private int CountOf(RowSet rows)
    {
        if (rows == RowSet.All)
            return _rows;
        if (rows == RowSet.Opening)
            return _openings;
        if (_rowsOfKind.Length == 0)
            throw new BadRecordException("column kind before those of some operations", "one of them");
        int count = 0;
        for (int kind = 0; kind < _rowsOfKind.Length; kind++)
            count += IsIn(rows, kind) ? _rowsOfKind[kind] : 0;
        return count;
    }

    private bool IsIn(RowSet rows, int kind)
    {
        ref readonly KindKey entry = ref dictionaries.Kinds[kind];
        return (int)entry.Operation < 63 && (rows.Bits >> (int)entry.Operation & 1) != 0;
    }

    private void DecodeKinds()
    {
        int kinds = dictionaries.Kinds.Length;
        if (_rows == 0)
            throw new BadRecordException("the number of rows before the columns", "none");
        if (kinds == 0)
            throw new BadRecordException("a dictionary of kinds", "none");
        DecodeIndexes(EventColumn.Kind, kinds, _kindOfRow.AsSpan(0, _rows));
        _rowsOfKind = new int[kinds];
        const int few = 16; // for so few kinds, one vectorised pass for each is faster than one pass that counts them all
        if (kinds > few)
        {
            foreach (int kind in KindOfRow)
                _rowsOfKind[kind]++;
            return;
        }
        for (int kind = 0; kind < kinds; kind++)
            _rowsOfKind[kind] = KindOfRow.Count(kind);
    }

    /// <summary>Decodes a column of indexes.</summary>
    /// <param name="column">The column.</param>
    /// <param name="length">Each index must be below this.</param>
    /// <param name="to">Gets the indexes.</param>
    /// <exception cref="BadRecordException">An index is too high.</exception>
    public void DecodeIndexes(EventColumn column, int length, Span<int> to)
    {
        DecodeInts(column, to);
        if (PlaneUnpacker.AllBelow(to, length))
            return;
        foreach (int index in to)
        {
            if ((uint)index >= (uint)length)
                throw new BadRecordException($"an index below {length} in column {EventColumns.NameOf(column)}", $"{index}");
        }
    }

    /// <summary>Decodes a column of numbers that must fit into 32 bits.</summary>
    public ReadOnlySpan<int> DecodeInts(EventColumn name, Span<int> to)
    {
        if (!TryDecode(name, to))
            throw new BadRecordException($"numbers of 31 bits in column {EventColumns.NameOf(name)}", "larger ones");
        return to;
    }

    /// <summary>Decodes a column into numbers of 32 bits; false: a value does not fit.</summary>
    public bool TryDecode(EventColumn name, Span<int> to) => _columns[(int)name].TryDecode(_record, to);

    public void Decode(EventColumn name, Span<long> to) => _columns[(int)name].Decode(_record, to);

    /// <summary>Whether every value is 0.</summary>
    public bool IsZero(EventColumn name) => _columns[(int)name].IsZero;

    /// <summary>The value of an opening in a column that has one value for each opening.</summary>
    public long OfOpening(ReadOnlySpan<byte> record, EventColumn column, int opening) => _columns[(int)column][record, opening];

    /// <summary>The value of a row in any column. Call <see cref="PrepareRanks"/> first.</summary>
    public long OfRow(ReadOnlySpan<byte> record, EventColumn name, int row)
    {
        ref readonly Column column = ref _columns[(int)name];
        if (_ranksOf[(int)name] is { } ranks)
            return IsIn(column.Rows, _kindOfRow[row]) ? column[record, ranks[row]] : 0;
        return column[record, column.Rows == RowSet.Opening ? links.OpeningOfRow[row] : row];
    }

    /// <summary>
    /// Reads the values of a column for some rows. For many rows this is faster than reading them one by one. Call
    /// <see cref="PrepareRanks"/> first.
    /// </summary>
    public void Read(EventColumn name, ReadOnlySpan<int> rows, Span<long> to)
    {
        ref readonly Column column = ref _columns[(int)name];
        if (_ranksOf[(int)name] is not { } ranks || rows.Length < column.Count / 4)
        {
            for (int i = 0; i < rows.Length; i++)
                to[i] = OfRow(_record.Span, name, rows[i]);
            return;
        }
        Span<long> values = _values.Take(column.Count + 1);
        column.Decode(_record, values[..^1]);
        values[^1] = 0; // rows after the last value have this rank
        Span<long> mask = _ofKind.Take(_rowsOfKind.Length);
        for (int kind = 0; kind < mask.Length; kind++)
            mask[kind] = IsIn(column.Rows, kind) ? -1 : 0;
        for (int i = 0; i < rows.Length; i++)
            to[i] = values[ranks[rows[i]]] & mask[_kindOfRow[rows[i]]];
    }

    /// <summary>
    /// Decodes the columns whose values have several bytes. Where most values are read, that is quicker than to gather the bytes of each.
    /// </summary>
    public void DecodeWide()
    {
        for (int i = 0; i < _columns.Length; i++)
        {
            Column column = _columns[i];
            if (column is not { Encoding: ColumnEncoding.Planes, Width: > 1, Values: null })
                continue;
            if (_decoded[i] is not { } values || values.Length < column.Count)
                _decoded[i] = values = new long[_kindOfRow.Length];
            column.Decode(_record, values.AsSpan(0, column.Count));
            _columns[i] = column with { Values = values };
        }
    }

    /// <summary>Prepares columns that have values for some rows only: finds the rank of each row among them.</summary>
    public void PrepareRanks()
    {
        if (_ranksReady)
            return;
        links.Follow();
        int known = 0;
        foreach (EventColumn column in EventColumns.OfSomeOperations)
            _ranksOf[(int)column] = RanksIn(_columns[(int)column].Rows, ref known);
        _ranksReady = true;
    }

    /// <summary>
    /// The rank of each row: the number of rows before it that have a value in a column. Columns with the same row set share one array.
    /// null: the column has values for all rows or for all openings.
    /// </summary>
    private int[]? RanksIn(RowSet rows, ref int known)
    {
        if (rows == RowSet.All || rows == RowSet.Opening)
            return null;
        for (int i = 0; i < known; i++)
        {
            if (_ranks[i].Rows == rows)
                return _ranks[i].Ranks;
        }
        if (known == _ranks.Count)
            _ranks.Add((rows, new int[_kindOfRow.Length]));
        int[] ranks = _ranks[known].Ranks;
        _ranks[known++] = (rows, ranks);
        Span<long> hasValue = _ofKind.Take(_rowsOfKind.Length);
        for (int kind = 0; kind < hasValue.Length; kind++)
            hasValue[kind] = IsIn(rows, kind) ? 1 : 0;
        ReadOnlySpan<int> kinds = KindOfRow;
        for (int row = 0, next = 0; row < kinds.Length; row++)
        {
            ranks[row] = next;
            next += (int)hasValue[kinds[row]];
        }
        return ranks;
    }
}
