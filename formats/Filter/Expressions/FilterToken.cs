namespace TcpTracer.Formats.Filter.Expressions;

/// <summary>The kinds of token in a filter expression.</summary>
internal enum FilterTokenKind
{
    /// <summary>A field, a keyword or a value.</summary>
    Word,

    /// <summary>A value in quotes.</summary>
    Quoted,

    /// <summary>An operator such as <c>==</c> or <c>!</c>.</summary>
    Operator,

    /// <summary><c>(</c></summary>
    Open,

    /// <summary><c>)</c></summary>
    Close,

    /// <summary><c>,</c></summary>
    Comma,

    /// <summary>The end of the expression.</summary>
    End,
}

/// <summary>One token of a filter expression.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Text">Its text, without quotes.</param>
/// <param name="Position">The position of its first character; the expression begins at 1.</param>
internal readonly record struct FilterToken(FilterTokenKind Kind, string Text, int Position)
{
    public bool IsWord(string keyword) => Kind == FilterTokenKind.Word && Text.Equals(keyword, StringComparison.OrdinalIgnoreCase);

    public bool IsOperator(string symbol) => Kind == FilterTokenKind.Operator && Text == symbol;

    /// <summary>The token as error messages quote it.</summary>
    public string Quote => Kind == FilterTokenKind.End ? "the end" : $"'{Text}'";
}
