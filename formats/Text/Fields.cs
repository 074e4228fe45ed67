using TcpTracer.Formats.Words;

namespace TcpTracer.Formats.Text;

/// <summary>Finds fields by name, and has the sets of fields that formats show. <see cref="FieldTable"/> declares them.</summary>
public static class Fields
{
    private static readonly Field[] s_all = [.. FieldTable.InJson, .. FieldTable.OnRequest];

    private static readonly Dictionary<string, Field> s_byName = s_all.ToDictionary(f => f.Name);

    /// <summary>All fields.</summary>
    public static IReadOnlyList<Field> All => s_all;

    /// <summary>The fields of <c>-o columns</c>.</summary>
    public static IReadOnlyList<Field> Columns { get; } = [.. FieldTable.InColumns.Select(Find)];

    /// <summary>The fields of <c>-o wide</c>.</summary>
    public static IReadOnlyList<Field> Wide { get; } = [.. FieldTable.InWide.Select(Find)];

    /// <summary>The fields of <c>-o json</c>.</summary>
    public static IReadOnlyList<Field> Json => FieldTable.InJson;

    /// <summary>The field with this name, alias or JSON key.</summary>
    /// <exception cref="SelectionException">There is no such field.</exception>
    public static Field Find(string name) => TryFind(name) ?? throw (name.ToLowerInvariant() switch
    {
        "port" => BothEnds(name, "sport", "dport"),
        "addr" => BothEnds(name, "saddr", "daddr"),
        _ => SelectionException.UnknownName("field", name, Names, "`tcptracer fields` lists them all"),
    });

    private static SelectionException BothEnds(string name, string near, string far) =>
        new($"field '{name}' is both ends at once, which only a filter can ask for: "
            + $"name {near} or {far} (`tcptracer fields` lists them all)");

    /// <summary>The field with this name, alias or JSON key; null: there is no such field.</summary>
    public static Field? TryFind(string name)
    {
        string lower = name.ToLowerInvariant();
        lower = FieldTable.Aliases.GetValueOrDefault(lower, lower);
        return s_byName.TryGetValue(lower, out Field? field) ? field : s_all.FirstOrDefault(f => f.JsonKey == lower);
    }

    /// <summary>All names that <see cref="Find"/> knows: names, JSON keys and aliases, each once.</summary>
    public static IReadOnlyCollection<string> Names { get; } =
        [.. s_all.Select(f => f.Name).Concat(s_all.Select(f => f.JsonKey)).Concat(FieldTable.Aliases.Keys).Distinct()];

    /// <summary>The fields of a list that is separated by commas.</summary>
    /// <param name="option">The option that has the list as its value, for the error message.</param>
    /// <param name="list">The list.</param>
    /// <param name="what">What the error message calls the fields.</param>
    /// <exception cref="SelectionException">The list is empty, or a field is not known.</exception>
    public static IReadOnlyList<Field> FindAll(string option, string list, string what = "fields")
    {
        IReadOnlyList<Field> fields = [.. Items(list).Select(Find)];
        string space = option.EndsWith('=') ? "" : " ";
        return fields.Count > 0 ? fields : throw new SelectionException($"{option}: which {what}? For example: {option}{space}pid,comm");
    }

    /// <summary>
    /// The fields after an adjustment by <c>--fields</c>: <c>a,b</c> replaces them, <c>+a</c> adds one, <c>-a</c> removes one.
    /// </summary>
    /// <param name="fields">The fields before.</param>
    /// <param name="adjustment">The value of --fields; null: no change.</param>
    /// <exception cref="SelectionException">The value cannot be understood, or no field is left.</exception>
    public static IReadOnlyList<Field> Adjust(IReadOnlyList<Field> fields, string? adjustment)
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
                result.RemoveAll(f => f == field || f.JsonKey == field.JsonKey);
            else if (!result.Contains(field))
                result.Add(field);
        }
        return result.Count > 0 ? result : throw new SelectionException($"--fields '{adjustment}' leaves no field to show");
    }

    /// <summary>Checks that no two fields share a key, for formats in which each key is written once.</summary>
    /// <param name="fields">The fields, which are returned.</param>
    /// <param name="format">The name of the format, for the error message.</param>
    /// <exception cref="SelectionException">Two of the fields share a key.</exception>
    public static IReadOnlyList<Field> RequireUniqueKeys(IReadOnlyList<Field> fields, string format)
    {
        IGrouping<string, Field>? shared = fields.GroupBy(f => f.JsonKey).FirstOrDefault(g => g.Skip(1).Any());
        return shared is null ? fields : throw new SelectionException(shared.Distinct().Count() == 1
            ? $"field {shared.First().Name} is named twice, but {format} has room for one key {shared.Key}"
            : $"fields {string.Join(" and ", shared.Select(f => f.Name))} share the key {shared.Key} in {format}: choose one");
    }

    private static string[] Items(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
