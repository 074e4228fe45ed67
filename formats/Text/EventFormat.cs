using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Text;

/// <summary>Writes events as text in one format. An object is used by one thread at a time.</summary>
public abstract class EventFormat
{
    private const string CustomColumns = "custom-columns=";

    /// <summary>The names of the formats, as <c>-o</c> takes them.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["columns", "wide", "short", "custom-columns", "json", "jsonpretty", "yaml", "csv"];

    /// <summary>Whether the format has a header line.</summary>
    public virtual bool HasHeader => false;

    /// <summary>Whether the format can show losses.</summary>
    public virtual bool HasStatus => false;

    /// <summary>
    /// Whether what it writes depends on the events before. Then one format must get all events, in their order.
    /// </summary>
    public virtual bool IsInOrder => false;

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
    /// <param name="of">The fields of its rows; null: those of events.</param>
    /// <param name="style">How formats for eyes look; null: as usual.</param>
    /// <exception cref="SelectionException">The format or a field is not known.</exception>
    public static EventFormat Parse(string mode, string? fields, bool headers, FieldSet? of = null, TextStyle? style = null)
    {
        of ??= Fields.OfEvents;
        if (mode == "custom-columns" || mode.StartsWith(CustomColumns, StringComparison.Ordinal))
        {
            if (fields is not (null or ['+' or '-', ..]))
            {
                throw new SelectionException($"-o {mode} and --fields {fields} both say which columns: "
                    + $"leave out one, or write --fields +{fields}");
            }
            string named = mode[Math.Min(mode.Length, CustomColumns.Length)..];
            return new ColumnsFormat(of.Adjust(of.FindAll("-o " + CustomColumns, named, "columns"), fields), headers);
        }
        IReadOnlyList<Field> Json() => Fields.RequireUniqueKeys(of.Adjust(of.Json, fields), mode);
        return mode switch
        {
            "columns" => new ColumnsFormat(of.Adjust(of.Columns, fields), headers),
            "wide" => Wide(of.Adjust(of.Wide, fields), headers, style),
            "short" when fields is not null => throw new SelectionException($"--fields has no effect: {mode} has no columns"),
            "short" when of != Fields.OfEvents => new ShortConnections(style ?? new TextStyle()),
            "short" => new ShortFormat(style ?? new TextStyle()),
            "json" => new JsonFormat(Json()),
            "jsonpretty" => new JsonPrettyFormat(Json()),
            "yaml" => new YamlFormat(Json()),
            "csv" => new CsvFormat(Json(), headers),
            _ => throw SelectionException.UnknownName("output format", mode, Names, $"known: {string.Join(", ", Names)}"),
        };
    }

    /// <summary>The time, which every row has, is written in the style that was asked for.</summary>
    private static ColumnsFormat Wide(IReadOnlyList<Field> fields, bool headers, TextStyle? style)
    {
        if (style?.Time is not { } asked)
            return new ColumnsFormat(fields, headers);
        var time = new RowTime(asked, style.Zone);
        const int room = 15;
        Field Timed(Field field) => field with
        {
            Width = asked == TimeStyle.Rfc3339 ? field.Width : room,
            Text = (to, in e) => time.Append(to, field.Number!(in e)),
        };
        return new ColumnsFormat([.. fields.Select(f => f.Name is "timestamp" or "start" ? Timed(f) : f)], headers, time.IsInOrder);
    }
}
