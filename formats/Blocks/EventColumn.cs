namespace TcpTracer.Formats.Blocks;

/// <summary>The columns of an events block. A reader ignores those that it does not know, and takes 0 for those that are missing.</summary>
internal enum EventColumn
{
    /// <summary>When; boot-time nanoseconds.</summary>
    Timestamp,

    /// <summary>Index into dictionary <c>kind</c>.</summary>
    Kind,

    /// <summary>0, or how many rows earlier the connection's previous row is, with which this one shares the columns of its opening.</summary>
    Back,

    /// <summary>Index into dictionary <c>local</c>.</summary>
    Local,

    /// <summary>Index into dictionary <c>remote</c>.</summary>
    Remote,

    /// <summary>The port that the dictionary entries leave open.</summary>
    Port,

    /// <summary>Nanoseconds since the connection's start.</summary>
    Age,

    /// <summary>Processor on which it started.</summary>
    StartCpu,

    /// <summary>File descriptor.</summary>
    Fd,

    /// <summary>Index into dictionary <c>other</c>.</summary>
    Other,

    /// <summary>Payload bytes sent.</summary>
    Sent,

    /// <summary>Payload bytes received.</summary>
    Received,

    /// <summary>Segments sent again.</summary>
    Retransmits,

    /// <summary>Smoothed round-trip time, microseconds.</summary>
    Srtt,

    /// <summary>The two initial sequence numbers; since version 1.1.</summary>
    Flow,

    /// <summary>Nanoseconds from the owner's close to TCP's end; since version 1.1.</summary>
    Closing,

    Count,
}

internal static class EventColumns
{
    private static readonly string[] s_names =
        ["ts", "kind", "back", "local", "remote", "port", "age", "cpu", "fd", "other", "sent", "received", "retransmits", "srtt", "flow", "closing"];

    /// <summary>The columns that a row which points back does not repeat.</summary>
    public static ReadOnlySpan<EventColumn> OfOpening => [EventColumn.Local, EventColumn.Remote, EventColumn.Port, EventColumn.Age, EventColumn.StartCpu, EventColumn.Fd, EventColumn.Flow];

    /// <summary>The columns that are 0 for most operations.</summary>
    public static ReadOnlySpan<EventColumn> OfSomeOperations => [EventColumn.Other, EventColumn.Sent, EventColumn.Received, EventColumn.Retransmits, EventColumn.Srtt, EventColumn.Closing];

    /// <summary>Which rows a column has values for; null: it says so itself.</summary>
    public static RowSet? RowsOf(EventColumn column) => OfSomeOperations.Contains(column) ? null : OfOpening.Contains(column) ? RowSet.Opening : RowSet.All;

    public static string NameOf(EventColumn column) => s_names[(int)column];

    public static EventColumn? Parse(ReadOnlySpan<byte> name)
    {
        for (int i = 0; i < s_names.Length; i++)
        {
            if (System.Text.Ascii.Equals(name, s_names[i]))
                return (EventColumn)i;
        }
        return null;
    }
}
