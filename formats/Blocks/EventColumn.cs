namespace TcpTracer.Formats.Blocks;

/// <summary>
/// The columns of a block, in the order in which they are written. <see cref="EventColumns"/> declares their names and rows.
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
    Shift,
    FarCgroup,
    FarCgroupV1,
}

/// <summary>
/// Declares the columns. A reader ignores unknown columns, and reads missing ones as 0. <see cref="RowValues"/> and
/// <see cref="OpeningValues"/> copy numbers between events and columns.
/// </summary>
internal static class EventColumns
{
    /// <summary>The column has values only for operations that have a value other than 0; it says itself for which.</summary>
    private static RowSet? SomeOperations => null;

    private static readonly (EventColumn Column, string Name, RowSet? Rows)[] s_all =
    [
        (EventColumn.Timestamp, "ts", RowSet.All), // boot-time nanoseconds
        (EventColumn.Kind, "kind", RowSet.All), // index into dictionary kind
        (EventColumn.Back, "back", RowSet.All), // 0: an opening; else the connection's previous row is so many rows earlier
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
        (EventColumn.Shift, "shift", RowSet.All), // index into dictionary shift; only in merged traces, since version 1.2
        (EventColumn.FarCgroup, "far_cgroup", SomeOperations), // cgroup of the process at the other end; since version 1.1
        (EventColumn.FarCgroupV1, "far_cgroup_v1", SomeOperations), // the same in the hierarchy of cgroup v1; since version 1.1
    ];

    private static readonly EventColumn[] s_ofSomeOperations = [.. s_all.Where(c => c.Rows is null).Select(c => c.Column)];

    /// <summary>The number of columns.</summary>
    public static int Count => s_all.Length;

    /// <summary>The columns that say themselves which rows they have.</summary>
    public static ReadOnlySpan<EventColumn> OfSomeOperations => s_ofSomeOperations;

    /// <summary>The rows of a column; null: the column says so itself.</summary>
    public static RowSet? RowsOf(EventColumn column) => s_all[(int)column].Rows;

    /// <summary>The name of a column in the file.</summary>
    public static string NameOf(EventColumn column) => s_all[(int)column].Name;

    /// <summary>The column with a name; null: a column of a later version.</summary>
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
