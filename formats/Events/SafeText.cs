using System.Buffers;
using System.Globalization;
using System.Text;

namespace TcpTracer.Formats.Events;

/// <summary>
/// A name from outside (a command, a pod), with its renderings made once, when they are asked for: as it was, safe for a terminal, and as a JSON string.
/// </summary>
public sealed class SafeText : IEquatable<SafeText>
{
    /// <summary>The empty name.</summary>
    public static readonly SafeText Empty = new([]);

    private string? _value;
    private byte[]? _text, _json;

    /// <summary>From the bytes as they came; they need not be UTF-8.</summary>
    public SafeText(ReadOnlySpan<byte> raw)
    {
        Raw = raw.ToArray();
    }

    /// <summary>From a string.</summary>
    public SafeText(string value) : this(Encoding.UTF8.GetBytes(value))
    {
    }

    /// <summary>The bytes as they came.</summary>
    public byte[] Raw { get; }

    /// <summary>UTF-8 without control characters, which are written as <c>\x1b</c>.</summary>
    public byte[] Text => _text ??= Escape(Raw, json: false);

    /// <summary>A JSON string with its quotes; <c>&lt;</c>, <c>&gt;</c> and <c>&amp;</c> escaped, as Go's encoder does it.</summary>
    public byte[] Json => _json ??= Escape(Raw, json: true);

    /// <summary>As a string, invalid UTF-8 replaced.</summary>
    public override string ToString() => _value ??= Encoding.UTF8.GetString(Raw);

    private static byte[] Escape(ReadOnlySpan<byte> raw, bool json)
    {
        var to = new StringBuilder(json ? "\"" : "");
        while (!raw.IsEmpty)
        {
            bool valid = Rune.DecodeFromUtf8(raw, out Rune rune, out int length) == OperationStatus.Done;
            if (!valid)
                to.Append(json ? "\\ufffd" : string.Create(CultureInfo.InvariantCulture, $"\\x{raw[0]:x2}"));
            else if (json)
                AppendJson(to, rune);
            else if (Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
                to.Append(rune.Value < 256 ? $"\\x{rune.Value:x2}" : $"\\u{rune.Value:x4}");
            else
                to.Append(rune);
            raw = raw[(valid ? length : 1)..];
        }
        return Encoding.UTF8.GetBytes(to.Append(json ? "\"" : "").ToString());
    }

    private static void AppendJson(StringBuilder to, Rune rune)
    {
        switch (rune.Value)
        {
            case '"':
            case '\\':
                to.Append('\\').Append((char)rune.Value);
                break;
            case '\n':
                to.Append("\\n");
                break;
            case '\r':
                to.Append("\\r");
                break;
            case '\t':
                to.Append("\\t");
                break;
            case < 0x20 or '<' or '>' or '&' or 0x7f or (>= 0x80 and < 0xa0) or 0x2028 or 0x2029:
                to.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
                break;
            default:
                to.Append(rune);
                break;
        }
    }

    /// <inheritdoc/>
    public bool Equals(SafeText? other) => other is not null && Raw.AsSpan().SequenceEqual(other.Raw);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SafeText);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Raw);
        return hash.ToHashCode();
    }
}
