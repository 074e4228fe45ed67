namespace TcpTracer.Formats.Records;

/// <summary>The kinds of record, as block headers number them and as the key <c>t</c> of the record names them.</summary>
public enum RecordKind : byte
{
    /// <summary>Who recorded.</summary>
    Header = 1,

    /// <summary>A block of events.</summary>
    Events = 2,

    /// <summary>Names of pods and containers.</summary>
    Metadata = 3,

    /// <summary>A clock sample.</summary>
    Clock = 4,

    /// <summary>Loss.</summary>
    Loss = 5,

    /// <summary>The recorder finished. Number 6 was never written.</summary>
    End = 7,
}

/// <summary>The names of the kinds.</summary>
public static class RecordKinds
{
    private static readonly string[] s_names = ["", "header", "events", "metadata", "clock", "loss", "", "end"];

    /// <summary>The name of a kind.</summary>
    public static string NameOf(RecordKind kind) => s_names[(int)kind];

    /// <summary>The kind of a name; null: one of a later version.</summary>
    public static RecordKind? Parse(string name)
    {
        int index = name.Length > 0 ? Array.IndexOf(s_names, name) : 0;
        return index > 0 ? (RecordKind)index : null;
    }
}
