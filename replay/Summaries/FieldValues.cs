using System.Globalization;
using System.Text;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Replay.Summaries;

/// <summary>Which values some fields have, and in how many events. Its memory is bounded.</summary>
/// <param name="fields">The fields.</param>
/// <param name="allowance">A limit for the text that is made of the events.</param>
public sealed class FieldValues(IReadOnlyList<Field> fields, Allowance allowance)
{
    private const int MostValues = 4_096, LongestValue = 256;
    private readonly Dictionary<string, long> _counts = [];
    private readonly TextBuffer _text = new(LongestValue);

    /// <summary>Whether not all values were kept.</summary>
    public bool HasMore { get; private set; }

    /// <summary>The smallest and the largest number of all events; null: the fields are no numbers, or no event has them.</summary>
    public (long Least, long Most)? Range { get; private set; }

    /// <summary>Whether no event has any of the fields.</summary>
    public bool IsEmpty => _counts.Count == 0 && !HasMore;

    internal void Add(in TcpEvent e)
    {
        foreach (Field field in fields)
        {
            if (field.Applies is not null && !field.Applies(in e))
                continue;
            if (field.Number is { } number)
                Range = (Math.Min(Range?.Least ?? long.MaxValue, number(in e)), Math.Max(Range?.Most ?? long.MinValue, number(in e)));
            _text.Clear();
            if (!allowance.IsSpent)
                field.Text(_text, in e);
            string value = Encoding.UTF8.GetString(_text.Written[..Math.Min(_text.Length, LongestValue)]);
            if (!allowance.Take(_text.Length + _text.Effort) || (_counts.Count >= MostValues && !_counts.ContainsKey(value)))
                HasMore = true;
            else
                _counts[value] = _counts.GetValueOrDefault(value) + 1;
        }
    }

    /// <summary>The values that are nearest to those that were looked for, and where none is near, the most frequent ones.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Nearest(IReadOnlyList<string> wanted, int most)
    {
        IOrderedEnumerable<KeyValuePair<string, long>> frequent =
            _counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal);
        if (wanted.Count > 0 && Number(wanted[0]) is { } number && fields.All(f => f.Number is not null))
        {
            return [.. _counts.Where(c => Number(c.Key) is not null).OrderBy(c => Math.Abs(Number(c.Key)!.Value - number))
                .ThenBy(c => c.Key, StringComparer.Ordinal).Take(most)];
        }
        string? near = wanted.Select(w => NearestName.Of(w, _counts.Keys)).FirstOrDefault(n => n is not null);
        return near is null ? [.. frequent.Take(most)] : [.. _counts.Where(c => c.Key == near)];
    }

    private static decimal? Number(string text) =>
        decimal.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out decimal number) ? number : null;
}
