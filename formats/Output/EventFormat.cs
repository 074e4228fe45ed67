using TcpTracer.Formats.Events;
using TcpTracer.Formats.Pipeline;

namespace TcpTracer.Formats.Output;

/// <summary>One way to write events as text. Each format has a file of its own.</summary>
public abstract class EventFormat
{
    private const string CustomColumns = "custom-columns=";

    /// <summary>The names that <c>-o</c> takes.</summary>
    public static IReadOnlyList<string> Names { get; } = ["columns", "wide", "custom-columns", "json", "jsonpretty", "yaml", "csv"];

    /// <summary>What goes before the first event.</summary>
    public virtual void WriteHeader(TextBuffer to)
    {
    }

    /// <summary>One event.</summary>
    public abstract void Write(TextBuffer to, in TcpEvent e);

    /// <summary>A loss, where the format has a place for it.</summary>
    public virtual void WriteLoss(TextBuffer to, in LossRecord loss)
    {
    }

    /// <summary>The format that <c>-o</c> names.</summary>
    /// <param name="mode">The word, perhaps with fields.</param>
    /// <param name="fields">The value of --fields.</param>
    /// <param name="headers">Whether headers are wanted.</param>
    /// <exception cref="SelectionException">A name in it is not known.</exception>
    public static EventFormat Parse(string mode, string? fields, bool headers)
    {
        if (mode.StartsWith(CustomColumns, StringComparison.Ordinal))
        {
            string[] names = mode[CustomColumns.Length..].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (names.Length > 0)
                return new ColumnsFormat(Fields.Adjust([.. names.Select(Fields.Find)], fields), headers);
        }
        return mode switch
        {
            "columns" => new ColumnsFormat(Fields.Adjust(Fields.Columns, fields), headers),
            "wide" => new ColumnsFormat(Fields.Adjust(Fields.Wide, fields), headers),
            "json" => new JsonFormat(Fields.Adjust(Fields.Json, fields)),
            "jsonpretty" => new JsonPrettyFormat(Fields.Adjust(Fields.Json, fields)),
            "yaml" => new YamlFormat(Fields.Adjust(Fields.Json, fields)),
            "csv" => new CsvFormat(Fields.Adjust(Fields.Json, fields), headers),
            "custom-columns" or CustomColumns => throw new SelectionException("-o custom-columns: which columns? For example: -o custom-columns=pid,comm"),
            _ => throw SelectionException.UnknownName("output format", mode, Names, $"known: {string.Join(", ", Names)}"),
        };
    }
}
