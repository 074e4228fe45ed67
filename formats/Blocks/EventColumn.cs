namespace TcpTracer.Formats.Blocks;

/// <summary>
/// The columns of an events block, in the order in which they are written. <see cref="EventColumns"/> declares what each is.
/// </summary>
internal enum EventColumn
{
    Timestamp,
    Kind,
    Back,
    Local,
    Remote,
    Port,
    Age,
    StartCpu,
    Fd,
    Other,
    Sent,
    Received,
    Retransmits,
    Srtt,
    Flow,
    Closing,
}

/// <summary>
/// What each column is. A reader ignores columns that it does not know, and takes 0 for those that are missing. The numbers that stand in
/// a column as they are in the event are taken and given back by <see cref="RowValues"/> and <see cref="OpeningValues"/>.
/// </summary>
internal static class EventColumns
{
    /// <summary>The column chooses its rows: those of the operations for which any value is not 0.</summary>
    private static RowSet? SomeOperations => null;

    private static readonly (EventColumn Column, string Name, RowSet? Rows)[] s_all =
    [
        (EventColumn.Timestamp, "ts", RowSet.All), // boot-time nanoseconds
        (EventColumn.Kind, "kind", RowSet.All), // index into dictionary kind
        (EventColumn.Back, "back", RowSet.All), // 0, or how many rows earlier the connection's previous row is, whose opening this row shares
        (EventColumn.Local, "local", RowSet.Opening), // index into dictionary local
        (EventColumn.Remote, "remote", RowSet.Opening), // index into dictionary remote
        (EventColumn.Port, "port", RowSet.Opening), // the port that the dictionary entries leave open
        (EventColumn.Age, "age", RowSet.Opening), // nanoseconds since the connection's start
        (EventColumn.StartCpu, "cpu", RowSet.Opening), // processor on which it started
        (EventColumn.Fd, "fd", RowSet.Opening), // the owner's file descriptor
        (EventColumn.Other, "other", SomeOperations), // 0 nobody, 1 the owner, else 2 + index into dictionary other
        (EventColumn.Sent, "sent", SomeOperations), // bytes
        (EventColumn.Received, "received", SomeOperations), // bytes
        (EventColumn.Retransmits, "retransmits", SomeOperations), // segments
        (EventColumn.Srtt, "srtt", SomeOperations), // microseconds
        (EventColumn.Flow, "flow", RowSet.Opening), // the two initial sequence numbers; since version 1.1
        (EventColumn.Closing, "closing", SomeOperations), // nanoseconds from the owner's close to TCP's end; since version 1.1
    ];

    private static readonly EventColumn[] s_ofSomeOperations = [.. s_all.Where(c => c.Rows is null).Select(c => c.Column)];

    /// <summary>How many there are.</summary>
    public static int Count => s_all.Length;

    /// <summary>The columns that choose their rows.</summary>
    public static ReadOnlySpan<EventColumn> OfSomeOperations => s_ofSomeOperations;

    /// <summary>Which rows a column has values for; null: the column says so itself, by operations.</summary>
    public static RowSet? RowsOf(EventColumn column) => s_all[(int)column].Rows;

    /// <summary>The key of a column in the file.</summary>
    public static string NameOf(EventColumn column) => s_all[(int)column].Name;

    /// <summary>The column of a key; null: one of a later version.</summary>
    public static EventColumn? Parse(ReadOnlySpan<byte> name)
    {
        foreach ((EventColumn column, string known, _) in s_all)
        {
            if (System.Text.Ascii.Equals(name, known))
                return column;
        }
        return null;
    }
}
