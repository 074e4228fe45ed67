using TcpTracer.Formats.Events;
using TcpTracer.Formats.Words;

namespace TcpTracer.Formats.Text;

/// <summary>One way to write events as text. Each format has a file of its own.</summary>
public abstract class EventFormat
{
    private const string CustomColumns = "custom-columns=";

    /// <summary>The names that <c>-o</c> takes.</summary>
    public static IReadOnlyList<string> Names { get; } = ["columns", "wide", "custom-columns", "json", "jsonpretty", "yaml", "csv"];

    /// <summary>Whether it can have a header line.</summary>
    public virtual bool HasHeader => false;

    /// <summary>Whether it has a place for losses.</summary>
    public virtual bool HasStatus => false;

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
        if (mode == "custom-columns" || mode.StartsWith(CustomColumns, StringComparison.Ordinal))
        {
            if (fields is not (null or ['+' or '-', ..]))
                throw new SelectionException($"-o {mode} and --fields {fields} both say which columns: leave out one, or write --fields +{fields}");
            return new ColumnsFormat(Fields.Adjust(Fields.FindAll("-o " + CustomColumns, mode[Math.Min(mode.Length, CustomColumns.Length)..], "columns"), fields), headers);
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
