using TcpTracer.Formats.Events;
using TcpTracer.Formats.Words;

namespace TcpTracer.Formats.Text;

/// <summary>Writes events as text in one format. An object is used by one thread at a time.</summary>
public abstract class EventFormat
{
    private const string CustomColumns = "custom-columns=";

    /// <summary>The names of the formats, as <c>-o</c> takes them.</summary>
    public static IReadOnlyList<string> Names { get; } = ["columns", "wide", "custom-columns", "json", "jsonpretty", "yaml", "csv"];

    /// <summary>Whether the format has a header line.</summary>
    public virtual bool HasHeader => false;

    /// <summary>Whether the format can show losses.</summary>
    public virtual bool HasStatus => false;

    /// <summary>Writes what comes before the first event.</summary>
    public virtual void WriteHeader(TextBuffer to)
    {
    }

    /// <summary>Writes one event.</summary>
    public abstract void Write(TextBuffer to, in TcpEvent e);

    /// <summary>Writes a loss, if the format can show losses.</summary>
    public virtual void WriteLoss(TextBuffer to, in LossRecord loss)
    {
    }

    /// <summary>The format for a value of <c>-o</c>.</summary>
    /// <param name="mode">The value: a name, and for custom-columns also the fields.</param>
    /// <param name="fields">The value of --fields, or null.</param>
    /// <param name="headers">Whether header lines are wanted.</param>
    /// <exception cref="SelectionException">The format or a field is not known.</exception>
    public static EventFormat Parse(string mode, string? fields, bool headers)
    {
        if (mode == "custom-columns" || mode.StartsWith(CustomColumns, StringComparison.Ordinal))
        {
            if (fields is not (null or ['+' or '-', ..]))
            {
                throw new SelectionException($"-o {mode} and --fields {fields} both say which columns: "
                    + $"leave out one, or write --fields +{fields}");
            }
            string named = mode[Math.Min(mode.Length, CustomColumns.Length)..];
            return new ColumnsFormat(Fields.Adjust(Fields.FindAll("-o " + CustomColumns, named, "columns"), fields), headers);
        }
        IReadOnlyList<Field> Json() => Fields.RequireUniqueKeys(Fields.Adjust(Fields.Json, fields), mode);
        return mode switch
        {
            "columns" => new ColumnsFormat(Fields.Adjust(Fields.Columns, fields), headers),
            "wide" => new ColumnsFormat(Fields.Adjust(Fields.Wide, fields), headers),
            "json" => new JsonFormat(Json()),
            "jsonpretty" => new JsonPrettyFormat(Json()),
            "yaml" => new YamlFormat(Json()),
            "csv" => new CsvFormat(Json(), headers),
            _ => throw SelectionException.UnknownName("output format", mode, Names, $"known: {string.Join(", ", Names)}"),
        };
    }
}
