using System.Globalization;
using DuckDB.NET.Data;

namespace TcpTracer.Tests.Replay.Exports;

/// <summary>DuckDB, in this process.</summary>
internal sealed class Duck : IDisposable
{
    private readonly DuckDBConnection _duck = new("DataSource=:memory:");

    public Duck() => _duck.Open();

    /// <summary>The rows of a query, as text; null for NULL.</summary>
    public List<string?[]> Rows(string query)
    {
        using DuckDBCommand command = _duck.CreateCommand();
        command.CommandText = query;
        using DuckDBDataReader reader = command.ExecuteReader();
        var rows = new List<string?[]>();
        while (reader.Read())
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : Text(reader.GetValue(i)))]);
        return rows;
    }

    private static string Text(object value) => value switch
    {
        Dictionary<string, object?> group => string.Join(", ", group.Values.Select(v => v is null or DBNull ? "NULL" : Text(v))),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    public void Dispose() => _duck.Dispose();
}
