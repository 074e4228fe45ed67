namespace TcpTracer.Formats.Text;

/// <summary>What kind of value a field has. JSON has few types; a table for other tools has all of these.</summary>
public enum FieldType
{
    /// <summary>Text in UTF-8.</summary>
    Text,

    /// <summary>A number of 8 bits without a sign.</summary>
    Unsigned8,

    /// <summary>A number of 16 bits without a sign.</summary>
    Unsigned16,

    /// <summary>A number of 32 bits without a sign.</summary>
    Unsigned32,

    /// <summary>A number of 64 bits without a sign.</summary>
    Unsigned64,

    /// <summary>A number of 64 bits with a sign.</summary>
    Signed64,

    /// <summary>A moment, in nanoseconds since 1970 in UTC.</summary>
    Time,

    /// <summary>True, or it does not apply.</summary>
    Flag,

    /// <summary>An end of a connection: kind, namespace and name.</summary>
    Peer,

    /// <summary>Texts by their keys.</summary>
    Labels,

    /// <summary>Values by their keys.</summary>
    Values,
}
