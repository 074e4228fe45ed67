namespace TcpTracer.Formats.Blocks;

/// <content>Values of many rows at once, which is quicker than event by event.</content>
public sealed partial class EventBlock
{
    /// <summary>When the connections of all openings began.</summary>
    internal void ReadStarts(Span<long> to)
    {
        _columns.Decode(EventColumn.Age, to);
        ReadOnlySpan<int> rowOfOpening = _links.RowOfOpening;
        ReadOnlySpan<long> timestamps = _timestamps;
        for (int i = 0; i < to.Length; i++)
            to[i] = unchecked(timestamps[rowOfOpening[i]] - to[i]);
    }

    /// <summary>Reads a column that has one value for each opening, whole.</summary>
    internal void ReadOfOpenings(EventColumn column, Span<long> to) => _columns.Decode(column, to);

    /// <summary>Reads the values of a column for some rows.</summary>
    internal void ReadOfRows(EventColumn column, ReadOnlySpan<int> rows, Span<long> to) => _columns.Read(column, rows, to);

    /// <summary>When each event happened, by the clock of <see cref="Clock"/>; after <see cref="PrepareRows"/>.</summary>
    internal ReadOnlySpan<long> TimeOfRow => _times.AsSpan(0, Rows);

    /// <summary>When an event happened, in nanoseconds of boot time; after <see cref="PrepareRows"/>.</summary>
    internal long TimestampOf(int row) => _timestamps[row];

    /// <summary>Whether any row says in which cgroups the process at its other end runs.</summary>
    internal bool HasFarCgroups => !_columns.IsZero(EventColumn.FarCgroup) || !_columns.IsZero(EventColumn.FarCgroupV1);

    /// <summary>The cgroups of the process at the other end of a row's connection.</summary>
    internal (ulong Unified, ulong Memory) FarCgroupsOf(int row)
    {
        ReadOnlySpan<byte> record = _record.Span;
        return (unchecked((ulong)_columns.OfRow(record, EventColumn.FarCgroup, row)),
            unchecked((ulong)_columns.OfRow(record, EventColumn.FarCgroupV1, row)));
    }
}
