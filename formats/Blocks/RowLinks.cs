using TcpTracer.Formats.Records;

namespace TcpTracer.Formats.Blocks;

/// <summary>Finds the opening of each row. The opening is the first row of a connection in its block.</summary>
internal sealed class RowLinks
{
    private int[] _openingOfRow = [];
    private int[] _rowOfOpening = [];
    private int[] _back = [];
    private int _rows;
    private bool _isFollowed;

    public void Reserve(int rows)
    {
        _openingOfRow = new int[rows];
        _rowOfOpening = new int[rows + 1];
        _back = new int[rows];
    }

    /// <summary>Reads and checks column <c>back</c>, so that <see cref="Follow"/> cannot fail.</summary>
    /// <exception cref="BadRecordException">A row points before the first row, or the number of openings is wrong.</exception>
    public void Decode(BlockColumns columns, int rows, int openings)
    {
        _rows = rows;
        _isFollowed = false;
        ReadOnlySpan<int> back = columns.DecodeInts(EventColumn.Back, _back.AsSpan(0, rows));
        for (int row = 0; row < back.Length; row++)
        {
            if ((uint)back[row] > (uint)row)
                throw new BadRecordException($"a row at most {row} rows back", $"{back[row]}");
        }
        int found = back.Count(0);
        if (found != openings)
            throw new BadRecordException($"{openings} rows that do not point back", $"{found}");
    }

    /// <summary>The opening of each row. Call <see cref="Follow"/> first.</summary>
    public int[] OpeningOfRow => _openingOfRow;

    /// <summary>The row of each opening. Call <see cref="Follow"/> first.</summary>
    public int[] RowOfOpening => _rowOfOpening;

    /// <summary>Follows the rows that point back. It has no branch, because a processor could not predict which rows point back.</summary>
    public void Follow()
    {
        if (_isFollowed)
            return;
        ReadOnlySpan<int> back = _back.AsSpan(0, _rows);
        Span<int> openingOfRow = _openingOfRow.AsSpan(0, _rows), rowOfOpening = _rowOfOpening;
        int next = 0;
        for (int row = 0; row < back.Length; row++)
        {
            int isOpening = (back[row] - 1) >> 31; // an opening: all bits set; any other row: no bit set
            int earlier = openingOfRow[row - back[row]];
            rowOfOpening[next] = row;
            openingOfRow[row] = earlier ^ ((earlier ^ next) & isOpening);
            next -= isOpening;
        }
        _isFollowed = true;
    }
}
