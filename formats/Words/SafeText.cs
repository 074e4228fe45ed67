using System.Buffers;
using System.Text;

namespace TcpTracer.Formats.Words;

/// <summary>
/// A text from outside, such as the name of a command or a pod. It is kept as it came, and is rendered for terminals and for JSON. Each
/// rendering is made when it is first asked for.
/// </summary>
public sealed class SafeText : IEquatable<SafeText>
{
    /// <summary>The empty name.</summary>
    public static readonly SafeText Empty = new([]);

    private const int KeptBytes = 256, FewEscapes = 32;
    private static readonly SearchValues<byte> s_plain = PlainWithout("\\"u8), s_plainInJson = PlainWithout("\"\\<>&"u8);

    private static readonly SearchValues<byte> s_hexDigits = SearchValues.Create("0123456789abcdefABCDEF"u8);

    [ThreadStatic]
    private static TextBuffer? s_scratch;

    private string? _value;
    private byte[]? _text, _json;

    /// <summary>Makes a text from the bytes as they came, which need not be UTF-8. They are copied.</summary>
    public SafeText(ReadOnlySpan<byte> raw)
    {
        Raw = raw.ToArray();
    }

    /// <summary>Makes a text from a string.</summary>
    public SafeText(string value) : this(Encoding.UTF8.GetBytes(value))
    {
    }

    /// <summary>The bytes as they came. Nobody may change them.</summary>
    public byte[] Raw { get; }

    /// <summary>
    /// UTF-8 in which every character is visible. <c>\x1b</c> and <c>\u202e</c> stand for characters that are not, and <c>\xff</c> for a
    /// byte that is not UTF-8. A backslash is written as it is, except where it would begin such an escape: there it is <c>\x5c</c>. So no
    /// two names have the same text.
    /// </summary>
    public byte[] Text => _text ??= Render(Raw, json: false);

    /// <summary>A JSON string with its quotes. <c>&lt;</c>, <c>&gt;</c> and <c>&amp;</c> are escaped, as Go's encoder does it.</summary>
    public byte[] Json => _json ??= Render(Raw, json: true);

    /// <summary>The text as a string, with U+FFFD for bytes that are not UTF-8.</summary>
    public override string ToString() => _value ??= Encoding.UTF8.GetString(Raw);

    /// <summary>Appends <see cref="Text"/> to a buffer.</summary>
    public void AppendText(TextBuffer to) => Append(to, ref _text, json: false);

    /// <summary>Appends <see cref="Json"/> to a buffer.</summary>
    public void AppendJson(TextBuffer to) => Append(to, ref _json, json: true);

    /// <summary>
    /// Keeps a rendering only if it is short: a hostile file may be full of long names, or of names that are mostly escapes.
    /// </summary>
    private void Append(TextBuffer to, ref byte[]? kept, bool json)
    {
        if (kept is not null)
        {
            to.Append(kept);
            return;
        }
        int start = to.Length;
        Escape(to, Raw, json);
        if (Raw.Length <= KeptBytes && to.Length - start <= Raw.Length + FewEscapes)
            kept = to.Written[start..].ToArray();
    }
    /// <summary>The characters of ASCII from the blank to the tilde, without some.</summary>
    private static SearchValues<byte> PlainWithout(ReadOnlySpan<byte> some) =>
        SearchValues.Create([.. Enumerable.Range(0x20, 0x5f).Select(b => (byte)b).Except(some.ToArray())]);

    private static byte[] Render(byte[] raw, bool json)
    {
        if (!json && raw.AsSpan().IndexOfAnyExcept(s_plain) < 0)
            return raw;
        TextBuffer scratch = s_scratch ??= new TextBuffer(KeptBytes);
        scratch.Clear();
        Escape(scratch, raw, json);
        byte[] rendered = scratch.Written.ToArray();
        if (raw.Length > KeptBytes)
            s_scratch = null;
        return rendered;
    }

    private static void Escape(TextBuffer to, ReadOnlySpan<byte> raw, bool json)
    {
        SearchValues<byte> plain = json ? s_plainInJson : s_plain;
        if (json)
            to.Append((byte)'"');
        while (!raw.IsEmpty)
        {
            int run = raw.IndexOfAnyExcept(plain);
            to.Append(run < 0 ? raw : raw[..run]);
            if (run < 0)
                break;
            raw = raw[run..];
            bool valid = Rune.DecodeFromUtf8(raw, out Rune rune, out int length) == OperationStatus.Done;
            if (!valid)
                length = 1;
            if (valid && json)
                AppendJson(to, rune, raw[..length]);
            else if (valid && rune.Value == '\\' && LooksLikeEscape(raw))
                AppendEscape(to, 'x', rune.Value, 2);
            else if (valid)
                AppendText(to, rune, raw[..length]);
            else if (json)
                to.Append("\\ufffd"u8);
            else
                AppendEscape(to, 'x', raw[0], 2);
            raw = raw[length..];
        }
        if (json)
            to.Append((byte)'"');
    }

    private static void AppendText(TextBuffer to, Rune rune, ReadOnlySpan<byte> utf8)
    {
        if (!Unseen.Contains(rune))
            to.Append(utf8);
        else if (rune.IsAscii)
            AppendEscape(to, 'x', rune.Value, 2);
        else if (rune.IsBmp)
            AppendEscape(to, 'u', rune.Value, 4);
        else
            AppendEscape(to, 'U', rune.Value, 8);
    }

    /// <summary>Whether the text begins with what could be an escape of ours.</summary>
    private static bool LooksLikeEscape(ReadOnlySpan<byte> text)
    {
        int digits = text.Length < 2 ? 0 : text[1] switch
        {
            (byte)'x' => 2,
            (byte)'u' => 4,
            (byte)'U' => 8,
            _ => 0,
        };
        const int head = 2;
        return digits > 0 && text.Length >= head + digits && text.Slice(head, digits).IndexOfAnyExcept(s_hexDigits) < 0;
    }

    private static void AppendJson(TextBuffer to, Rune rune, ReadOnlySpan<byte> utf8)
    {
        switch (rune.Value)
        {
            case '"':
            case '\\':
                to.Append((byte)'\\');
                to.Append(utf8);
                break;
            case '\n':
                to.Append("\\n"u8);
                break;
            case '\r':
                to.Append("\\r"u8);
                break;
            case '\t':
                to.Append("\\t"u8);
                break;
            case '<' or '>' or '&':
                AppendEscape(to, 'u', rune.Value, 4);
                break;
            default:
                if (Unseen.Contains(rune))
                    AppendUtf16(to, rune);
                else
                    to.Append(utf8);
                break;
        }
    }

    /// <summary>Escapes a character as JSON requires: a character beyond 16 bits becomes two escapes.</summary>
    private static void AppendUtf16(TextBuffer to, Rune rune)
    {
        Span<char> units = stackalloc char[2];
        foreach (char unit in units[..rune.EncodeToUtf16(units)])
            AppendEscape(to, 'u', unit, 4);
    }

    private static void AppendEscape(TextBuffer to, char kind, int value, byte digits)
    {
        to.Append((byte)'\\');
        to.Append((byte)kind);
        to.AppendHex((ulong)value, digits);
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
