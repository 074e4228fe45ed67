namespace TcpTracer.Formats.Filter.Expressions;

/// <summary>What a token of a filter expression is.</summary>
internal enum FilterTokenKind
{
    /// <summary>A field, a keyword or a value.</summary>
    Word,

    /// <summary>A value in quotes.</summary>
    Quoted,

    /// <summary>Such as <c>==</c> or <c>!</c>.</summary>
    Operator,

    /// <summary><c>(</c></summary>
    Open,

    /// <summary><c>)</c></summary>
    Close,

    /// <summary><c>,</c></summary>
    Comma,

    /// <summary>After the last.</summary>
    End,
}

/// <summary>One token of a filter expression.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Without quotes.</param>
/// <param name="Position">Its first character; the first of all is 1.</param>
internal readonly record struct FilterToken(FilterTokenKind Kind, string Text, int Position)
{
    public bool IsWord(string keyword) => Kind == FilterTokenKind.Word && Text.Equals(keyword, StringComparison.OrdinalIgnoreCase);

    public bool IsOperator(string symbol) => Kind == FilterTokenKind.Operator && Text == symbol;

    /// <summary>For a sentence about it.</summary>
    public string Quote => Kind == FilterTokenKind.End ? "the end" : $"'{Text}'";
}
