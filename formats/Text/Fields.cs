using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Text;

/// <summary>
/// The fields of an event, which <see cref="FieldTable"/> declares. Connections have theirs in <see cref="ConnectionFields"/>.
/// </summary>
public static class Fields
{
    /// <summary>All of them.</summary>
    public static FieldSet OfEvents { get; } =
        new(FieldTable.InJson, FieldTable.OnRequest, FieldTable.InColumns, FieldTable.InWide, FieldTable.Aliases);

    /// <summary>Every field.</summary>
    public static IReadOnlyList<Field> All => OfEvents.All;

    /// <summary>The fields of <c>-o columns</c>.</summary>
    public static IReadOnlyList<Field> Columns => OfEvents.Columns;

    /// <summary>The fields of <c>-o wide</c>.</summary>
    public static IReadOnlyList<Field> Wide => OfEvents.Wide;

    /// <summary>The fields of <c>-o json</c>.</summary>
    public static IReadOnlyList<Field> Json => OfEvents.Json;

    /// <summary>Every name that <see cref="Find"/> knows: names, JSON keys and aliases, each once.</summary>
    public static IReadOnlyCollection<string> Names => OfEvents.Names;

    /// <summary>A field by its name or its JSON key.</summary>
    /// <exception cref="SelectionException">There is none.</exception>
    public static Field Find(string name) => OfEvents.Find(name);

    /// <summary>A field by its name or its JSON key; null: there is none.</summary>
    public static Field? TryFind(string name) => OfEvents.TryFind(name);

    /// <summary>Fields by a list with commas.</summary>
    /// <param name="option">The option that it is the value of.</param>
    /// <param name="list">The list.</param>
    /// <param name="what">What they are called there.</param>
    /// <exception cref="SelectionException">It is empty, or a name in it is not known.</exception>
    public static IReadOnlyList<Field> FindAll(string option, string list, string what = "fields") => OfEvents.FindAll(option, list, what);

    /// <summary>
    /// The fields for <c>--fields</c>: <c>a,b</c> replaces, <c>+a</c> adds, <c>-a</c> takes away.
    /// </summary>
    public static IReadOnlyList<Field> Adjust(IReadOnlyList<Field> fields, string? adjustment) => OfEvents.Adjust(fields, adjustment);

    /// <summary>For formats in which each key stands once.</summary>
    /// <exception cref="SelectionException">Two of the fields share a key.</exception>
    public static IReadOnlyList<Field> RequireUniqueKeys(IReadOnlyList<Field> fields, string format)
    {
        IGrouping<string, Field>? shared = fields.GroupBy(f => f.JsonKey).FirstOrDefault(g => g.Skip(1).Any());
        return shared is null ? fields : throw new SelectionException(shared.Distinct().Count() == 1
            ? $"field {shared.First().Name} is named twice, but {format} has room for one key {shared.Key}"
            : $"fields {string.Join(" and ", shared.Select(f => f.Name))} share the key {shared.Key} in {format}: choose one");
    }
}
