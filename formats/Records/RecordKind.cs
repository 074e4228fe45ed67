namespace TcpTracer.Formats.Records;

/// <summary>The kinds of record. Block headers have the number; the key <c>t</c> of the record has the name.</summary>
public enum RecordKind : byte
{
    /// <summary>The header of a trace: who recorded it, and where.</summary>
    Header = 1,

    /// <summary>A block of events.</summary>
    Events = 2,

    /// <summary>A change of names.</summary>
    Metadata = 3,

    /// <summary>A clock sample.</summary>
    Clock = 4,

    /// <summary>A loss.</summary>
    Loss = 5,

    /// <summary>The end of a recording. No version wrote number 6.</summary>
    End = 7,
}

/// <summary>The names of the kinds of record.</summary>
public static class RecordKinds
{
    private static readonly string[] s_names = ["", "header", "events", "metadata", "clock", "loss", "", "end"];

    /// <summary>The name of a kind.</summary>
    public static string NameOf(RecordKind kind) => s_names[(int)kind];

    /// <summary>The kind with a name; null: a kind of a later version.</summary>
    public static RecordKind? Parse(string name)
    {
        int index = name.Length > 0 ? Array.IndexOf(s_names, name) : 0;
        return index > 0 ? (RecordKind)index : null;
    }
}
