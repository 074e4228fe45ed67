namespace TcpTracer.Formats.Text;

/// <summary>The fields of a connection: those of its events and a few of its own. <see cref="ConnectionTable"/> declares them.</summary>
public static class ConnectionFields
{
    /// <summary>All of them. Evaluate them on rows: events whose Connection is set.</summary>
    public static FieldSet OfConnections { get; } = new(
        ConnectionTable.InJson, ConnectionTable.OnRequest, ConnectionTable.InColumns, ConnectionTable.InWide, ConnectionTable.Aliases,
        ConnectionTable.InTable);

    /// <summary>A field that connections have and events have not, by its name; null: there is none.</summary>
    public static Field? TryFindOwn(string name) => Fields.TryFind(name) is null ? OfConnections.TryFind(name) : null;
}
