namespace TcpTracer.Formats.TraceFile;

/// <summary>The columns of an events block. A reader ignores those that it does not know, and takes 0 for those that are missing.</summary>
internal enum EventColumn
{
    Timestamp,
    Operation,
    Reason,
    Attribution,
    Flags,
    Error,
    Process,
    Saddr,
    Daddr,
    Sport,
    Dport,
    Age,
    StartCpu,
    Fd,
    Other,
    Sent,
    Received,
    Retransmits,
    Srtt,
    Count,
}

internal static class EventColumns
{
    private static readonly string[] s_names =
        ["ts", "op", "reason", "attribution", "flags", "error", "process", "saddr", "daddr", "sport", "dport", "age", "cpu", "fd", "other", "sent", "received", "retransmits", "srtt"];

    public static string NameOf(EventColumn column) => s_names[(int)column];

    public static EventColumn? Parse(string name)
    {
        int index = Array.IndexOf(s_names, name);
        return index >= 0 ? (EventColumn)index : null;
    }
}
