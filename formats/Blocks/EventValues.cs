using TcpTracer.Formats.Events;

namespace TcpTracer.Formats.Blocks;

/// <summary>
/// Copies the numbers of an event that have one value for each row. Writer and reader are twins: each number has a line in
/// <see cref="Take"/> and a line in <see cref="Give"/>.
/// </summary>
internal static class RowValues
{
    /// <summary>Copies the numbers of an event into a row of the columns.</summary>
    public static void Take(in TcpEvent e, long[][] columns, int row)
    {
        columns[(int)EventColumn.Sent][row] = unchecked((long)e.Sent);
        columns[(int)EventColumn.Received][row] = unchecked((long)e.Received);
        columns[(int)EventColumn.Retransmits][row] = e.Retransmits;
        columns[(int)EventColumn.Srtt][row] = e.SrttUs;
        columns[(int)EventColumn.Closing][row] = e.CloseNs;
        columns[(int)EventColumn.FarCgroup][row] = unchecked((long)e.FarCgroup);
        columns[(int)EventColumn.FarCgroupV1][row] = unchecked((long)e.FarCgroupV1);
    }

    /// <summary>Copies the numbers of a row back into an event, where they are still 0.</summary>
    public static void Give(BlockColumns columns, ReadOnlySpan<byte> record, int row, ref TcpEvent e)
    {
        e.Sent = unchecked((ulong)columns.OfRow(record, EventColumn.Sent, row));
        e.Received = unchecked((ulong)columns.OfRow(record, EventColumn.Received, row));
        e.Retransmits = (uint)columns.OfRow(record, EventColumn.Retransmits, row);
        e.SrttUs = (uint)columns.OfRow(record, EventColumn.Srtt, row);
        if (!columns.IsZero(EventColumn.Closing))
            e.CloseNs = columns.OfRow(record, EventColumn.Closing, row);
        if (!columns.IsZero(EventColumn.FarCgroup))
            e.FarCgroup = unchecked((ulong)columns.OfRow(record, EventColumn.FarCgroup, row));
        if (!columns.IsZero(EventColumn.FarCgroupV1))
            e.FarCgroupV1 = unchecked((ulong)columns.OfRow(record, EventColumn.FarCgroupV1, row));
    }
}

/// <summary>
/// The numbers that all rows of a connection share, beside its two ends. Columns have one value for each opening. If an event has other
/// numbers than its connection's opening, it begins a new opening. Writer and reader are twins, as in <see cref="RowValues"/>.
/// </summary>
internal readonly record struct OpeningValues(uint StartCpu, int Fd, ulong Flow)
{
    /// <summary>The numbers of an event.</summary>
    public static OpeningValues Of(in TcpEvent e) => new(e.StartCpu, e.Fd, e.Flow);

    /// <summary>Copies the numbers into the columns.</summary>
    public void Put(long[][] columns, int opening)
    {
        columns[(int)EventColumn.StartCpu][opening] = StartCpu;
        columns[(int)EventColumn.Fd][opening] = Fd;
        columns[(int)EventColumn.Flow][opening] = unchecked((long)Flow);
    }

    /// <summary>Copies the numbers of an opening back into an event, where they are still 0.</summary>
    public static void Give(BlockColumns columns, ReadOnlySpan<byte> record, int opening, ref TcpEvent e)
    {
        e.StartCpu = (uint)columns.OfOpening(record, EventColumn.StartCpu, opening);
        e.Fd = (int)columns.OfOpening(record, EventColumn.Fd, opening);
        if (!columns.IsZero(EventColumn.Flow))
            e.Flow = unchecked((ulong)columns.OfOpening(record, EventColumn.Flow, opening));
    }
}
