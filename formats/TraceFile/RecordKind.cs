namespace TcpTracer.Formats.TraceFile;

/// <summary>The kinds of record, as block headers number them and as the key <c>t</c> of the record names them.</summary>
internal enum RecordKind : byte
{
    Header = 1,
    Events = 2,
    Metadata = 3,
    Clock = 4,
    Loss = 5,
    Mark = 6,
    End = 7,
}

internal static class RecordKinds
{
    private static readonly string[] s_names = ["", "header", "events", "metadata", "clock", "loss", "mark", "end"];

    public static string NameOf(RecordKind kind) => s_names[(int)kind];

    /// <summary>null: one of a later version.</summary>
    public static RecordKind? Parse(string name)
    {
        int index = Array.IndexOf(s_names, name, 1);
        return index > 0 ? (RecordKind)index : null;
    }
}
