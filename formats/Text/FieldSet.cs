using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Text;

/// <summary>
/// The fields of one kind of row: of an event (<see cref="Fields"/>), or of a connection (<see cref="ConnectionFields"/>). Finds them by
/// name.
/// </summary>
public sealed class FieldSet
{
    /// <summary>Words that people try first.</summary>
    private static readonly Dictionary<string, string> s_otherWords = new()
    {
        ["process"] = "comm", ["command"] = "comm", ["program"] = "comm", ["service"] = "dst", ["destination"] = "dst", ["source"] = "src",
        ["user"] = "uid", ["ip"] = "daddr", ["host"] = "node", ["time"] = "timestamp", ["status"] = "error", ["errno"] = "error",
    };

    private readonly Field[] _all;
    private readonly Dictionary<string, Field> _byName;
    private readonly IReadOnlyDictionary<string, string> _aliases;

    internal FieldSet(Field[] inJson, Field[] onRequest, string[] inColumns, string[] inWide, IReadOnlyDictionary<string, string> aliases,
        string[]? inTable = null)
    {
        _all = [.. inJson, .. onRequest];
        _byName = _all.ToDictionary(f => f.Name);
        _aliases = aliases;
        Json = inJson;
        Table = inTable is null ? inJson : [.. inTable.Select(n => _byName[n])];
        Columns = [.. inColumns.Select(n => _byName[n])];
        Wide = [.. inWide.Select(n => _byName[n])];
        Names = [.. _all.Select(f => f.Name).Concat(_all.Select(f => f.JsonKey)).Concat(aliases.Keys).Distinct()];
    }

    /// <summary>Every field.</summary>
    public IReadOnlyList<Field> All => _all;

    /// <summary>The fields of <c>-o columns</c>.</summary>
    public IReadOnlyList<Field> Columns { get; }

    /// <summary>The fields of <c>-o wide</c>.</summary>
    public IReadOnlyList<Field> Wide { get; }

    /// <summary>The fields of <c>-o json</c>.</summary>
    public IReadOnlyList<Field> Json { get; }

    /// <summary>The fields of a table with types: those of JSON, each as a column of its own.</summary>
    public IReadOnlyList<Field> Table { get; }

    /// <summary>Every name that <see cref="Find"/> knows: names, JSON keys and aliases, each once.</summary>
    public IReadOnlyCollection<string> Names { get; }

    /// <summary>A field by its name or its JSON key.</summary>
    /// <exception cref="SelectionException">There is none.</exception>
    public Field Find(string name) => TryFind(name) ?? throw (name.ToLowerInvariant() switch
    {
        "port" => BothEnds(name, "sport", "dport"),
        "addr" => BothEnds(name, "saddr", "daddr"),
        _ when this == Fields.OfEvents && ConnectionFields.TryFindOwn(name) is not null =>
            new SelectionException($"'{name}' is a field of connections, not of events: add --connections (live, show, summary, export)"),
        var word when s_otherWords.GetValueOrDefault(word) is { } meant && TryFind(meant) is not null =>
            new SelectionException($"field '{name}' is not known; did you mean '{meant}'? (`tcptracer fields` lists them all)"),
        _ => SelectionException.UnknownName("field", name, Names, "`tcptracer fields` lists them all"),
    });

    private static SelectionException BothEnds(string name, string near, string far) =>
        new($"field '{name}' is both ends at once, which only a filter can ask for: "
            + $"name {near} or {far} (`tcptracer fields` lists them all)");

    /// <summary>A field by its name or its JSON key; null: there is none.</summary>
    public Field? TryFind(string name)
    {
        string lower = name.ToLowerInvariant();
        lower = _aliases.GetValueOrDefault(lower, lower);
        return _byName.TryGetValue(lower, out Field? field) ? field : _all.FirstOrDefault(f => f.JsonKey == lower);
    }

    /// <summary>The field whose values can be compared: what shows a number for eyes stands for that number.</summary>
    public Field ExactOf(Field field) => field.Number is not null && TryFind(field.JsonKey) is { } number ? number : field;

    /// <summary>Fields by a list with commas.</summary>
    /// <param name="option">The option that it is the value of.</param>
    /// <param name="list">The list.</param>
    /// <param name="what">What they are called there.</param>
    /// <exception cref="SelectionException">It is empty, or a name in it is not known.</exception>
    public IReadOnlyList<Field> FindAll(string option, string list, string what = "fields")
    {
        IReadOnlyList<Field> fields = [.. Items(list).Select(Find)];
        string space = option.EndsWith('=') ? "" : " ";
        return fields.Count > 0 ? fields : throw new SelectionException($"{option}: which {what}? For example: {option}{space}pid,comm");
    }

    /// <summary>
    /// The fields for <c>--fields</c>: <c>a,b</c> replaces, <c>+a</c> adds, <c>-a</c> takes away.
    /// </summary>
    public IReadOnlyList<Field> Adjust(IReadOnlyList<Field> fields, string? adjustment)
    {
        if (adjustment is null)
            return fields;
        string[] items = Items(adjustment);
        if (items.Length == 0)
            throw new SelectionException("--fields: which fields? For example: --fields pid,comm or --fields +error,-node");
        string? plain = items.FirstOrDefault(i => i[0] is not ('+' or '-'));
        if (plain is not null && items.FirstOrDefault(i => i[0] is '+' or '-') is { } signed)
        {
            string does = signed[0] == '+' ? "adds" : "takes away";
            throw new SelectionException($"--fields '{adjustment}': {signed} {does}, but what is {plain} to do? "
                + $"Write +{plain} or -{plain}, or all without a sign to show just these");
        }
        List<Field> result = plain is not null ? [] : [.. fields];
        foreach (string item in items)
        {
            Field field = Find(plain is not null ? item : item[1..]);
            if (item[0] == '-')
                result.RemoveAll(f => f == field || f.JsonKey == field.JsonKey || f.Header == field.Header);
            else if (!result.Contains(field))
                result.Add(field);
        }
        return result.Count > 0 ? result : throw new SelectionException($"--fields '{adjustment}' leaves no field to show");
    }

    private static string[] Items(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
