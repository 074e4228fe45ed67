using System.Globalization;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using NamedTotals = System.Collections.Generic.KeyValuePair<string, TcpTracer.Replay.Summaries.SummaryTotals>;

namespace TcpTracer.Replay.Summaries;

/// <summary>
/// The order of groups: by time, where they are cut by time; then as asked for; and where that makes no difference, by name. What is not
/// known comes last.
/// </summary>
public sealed class GroupOrder : IComparer<NamedTotals>
{
    private readonly bool _isByTime, _isDescending;
    private readonly int _part; // of the name
    private readonly TotalsColumn? _column;

    private GroupOrder(bool isByTime, TotalsColumn? column, int part, bool isDescending) =>
        (_isByTime, _column, _part, _isDescending) = (isByTime, column, part, isDescending);

    /// <summary>The groups with the most events first.</summary>
    /// <param name="isByTime">Whether the names begin with an interval.</param>
    public static GroupOrder Largest(bool isByTime = false) => new(isByTime, TotalsColumn.OfEvents[0], 0, isDescending: true);

    /// <summary>As <c>--sort</c> takes it.</summary>
    /// <param name="text">The text.</param>
    /// <param name="by">The fields of the groups.</param>
    /// <param name="isByTime">Whether the names begin with an interval.</param>
    /// <param name="fields">All fields that groups may have: those of events, or of connections.</param>
    /// <exception cref="SelectionException">There is no such column.</exception>
    public static GroupOrder Parse(string text, IReadOnlyList<Field> by, bool isByTime, FieldSet fields)
    {
        (string name, bool isDescending) = SortText.Parse(text, "-failed");
        name = name.ToLowerInvariant();
        IReadOnlyList<TotalsColumn> columns = fields == Fields.OfEvents ? TotalsColumn.OfEvents : TotalsColumn.OfConnections;
        bool IsNamed(TotalsColumn column) =>
            column.Name == name || column.JsonKey == name || column.Header.Equals(name, StringComparison.OrdinalIgnoreCase);
        if (columns.FirstOrDefault(IsNamed) is { } column)
            return new GroupOrder(isByTime, column, 0, isDescending);
        int part = fields.TryFind(name) is { } field ? by.ToList().IndexOf(fields.ExactOf(field)) : -1;
        IEnumerable<string> known = [.. by.Select(f => f.Name), .. columns.Select(c => c.Name)];
        return part >= 0 ? new GroupOrder(isByTime, null, part + (isByTime ? 1 : 0), isDescending)
            : throw SelectionException.UnknownName("column", name, [.. known], $"--sort takes {string.Join(", ", known)}");
    }

    /// <inheritdoc/>
    public int Compare(NamedTotals x, NamedTotals y)
    {
        int order = _isByTime ? string.CompareOrdinal(PartOf(x.Key, 0), PartOf(y.Key, 0)) : 0;
        if (order == 0)
        {
            order = _column is null
                ? CompareParts(PartOf(x.Key, _part), PartOf(y.Key, _part)) : CompareValues(_column.Value(x.Value), _column.Value(y.Value));
        }
        return order != 0 ? order : string.CompareOrdinal(x.Key, y.Key);
    }

    private int CompareValues(Int128? x, Int128? y)
    {
        if (x is null || y is null)
            return (x is null).CompareTo(y is null);
        return _isDescending ? y.Value.CompareTo(x.Value) : x.Value.CompareTo(y.Value);
    }

    /// <summary>Numbers come before other texts, and what is empty comes last.</summary>
    private int CompareParts(string x, string y)
    {
        if (x.Length == 0 || y.Length == 0)
            return (x.Length == 0).CompareTo(y.Length == 0);
        int order = (Number(x), Number(y)) switch
        {
            ({ } a, { } b) => a.CompareTo(b),
            ({ }, null) => -1,
            (null, { }) => 1,
            _ => string.CompareOrdinal(x, y),
        };
        return _isDescending ? -order : order;
    }

    private static Int128? Number(string text) =>
        Int128.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out Int128 number) ? number : null;

    private static string PartOf(string name, int part) => name.Split(TraceSummary.Separator)[part];
}
