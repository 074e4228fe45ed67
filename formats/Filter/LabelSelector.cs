using System.Collections.Immutable;
using System.Text.RegularExpressions;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Filter;

/// <summary>
/// A Kubernetes label selector, as kubectl takes it: <c>app=web,tier!=db,env in (a,b),release notin (x),canary,!legacy</c>. A pod
/// must meet all requirements.
/// </summary>
public sealed partial class LabelSelector
{
    private readonly IReadOnlyList<Requirement> _requirements;

    private LabelSelector(IReadOnlyList<Requirement> requirements) => _requirements = requirements;

    /// <summary>One requirement of a selector.</summary>
    /// <param name="Key">The key of the label.</param>
    /// <param name="Values">The values that meet it; null: any value does.</param>
    /// <param name="Wanted">Whether the label must have such a value, or must not.</param>
    private sealed record Requirement(string Key, string[]? Values, bool Wanted)
    {
        public bool Holds(ImmutableSortedDictionary<string, string> labels) =>
            (labels.TryGetValue(Key, out string? value) && (Values is null || Values.Contains(value))) == Wanted;
    }

    private const string Not = @"(?<not>!)\s*(?<key>[\w./-]+)";
    private const string Equal = @"(?<operator>==|!=|=)\s*(?<value>[\w.-]*)";
    private const string OneOf = @"\s(?<operator>in|notin)\s*\((?<value>[\w.,\s-]*)\)";

    [GeneratedRegex($@"\G\s*(?:{Not}|(?<key>[\w./-]+)\s*(?:{Equal}|{OneOf})?)\s*(?:,|$)", RegexOptions.ExplicitCapture)]
    private static partial Regex Pattern { get; }

    /// <summary>Parses a selector.</summary>
    /// <exception cref="SelectionException">The text is not a selector, or is empty.</exception>
    public static LabelSelector Parse(string text)
    {
        var requirements = new List<Requirement>();
        int at = 0;
        while (at < text.Length)
        {
            Match match = Pattern.Match(text, at);
            if (!match.Success)
            {
                throw new SelectionException($"--selector '{text}': at '{text[at..].Trim()}' a requirement such as "
                    + $"app=web, app!=web, 'app in (a,b)', 'app notin (a,b)', app or !app is expected");
            }
            requirements.Add(Read(match));
            at = match.Index + match.Length;
        }
        return requirements.Count > 0
            ? new LabelSelector(requirements)
            : throw new SelectionException("--selector: a selector is expected, as in --selector app=web, not an empty value");
    }

    private static Requirement Read(Match match)
    {
        string key = match.Groups["key"].Value, value = match.Groups["value"].Value;
        string[] values = value.Split(',', StringSplitOptions.TrimEntries);
        return match.Groups["operator"].Value switch
        {
            "=" or "==" => new Requirement(key, [value], true),
            "!=" => new Requirement(key, [value], false),
            "in" => new Requirement(key, values, true),
            "notin" => new Requirement(key, values, false),
            _ => new Requirement(key, null, !match.Groups["not"].Success),
        };
    }

    /// <summary>Whether a pod with these labels meets all requirements.</summary>
    /// <param name="labels">The labels; null: there is no pod, or its labels are not known.</param>
    public bool Matches(ImmutableSortedDictionary<string, string>? labels) =>
        labels is not null && _requirements.All(r => r.Holds(labels));
}
