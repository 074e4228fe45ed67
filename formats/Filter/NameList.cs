using System.IO.Enumeration;

namespace TcpTracer.Formats.Filter;

/// <summary>The names that an option lists: * stands for any text, and <c>!</c> before a name excludes it.</summary>
public sealed class NameList
{
    private readonly Terms<string>? _names;

    /// <summary>Parses a list.</summary>
    /// <param name="option">The option, for messages.</param>
    /// <param name="list">The list; null: all names.</param>
    /// <exception cref="Strings.SelectionException">It cannot be understood.</exception>
    public NameList(string option, string? list) => _names = Terms<string>.Parse(list, NamePattern.Parser(option));

    /// <summary>Whether the list selects a name.</summary>
    public bool Matches(string name) =>
        _names?.Select(name, (pattern, n) => FileSystemName.MatchesSimpleExpression(pattern, n, ignoreCase: false)) ?? true;
}
