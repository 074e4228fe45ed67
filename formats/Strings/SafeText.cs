using System.Buffers;
using System.Text;

namespace TcpTracer.Formats.Strings;

/// <summary>
/// A text from outside, such as the name of a command or a pod. It is kept as it came, and is rendered for terminals and for JSON. Each
/// rendering is made when it is first asked for.
/// </summary>
public sealed class SafeText : IEquatable<SafeText>
{
    /// <summary>The empty name.</summary>
    public static readonly SafeText Empty = new([]);

    private const int KeptBytes = 256, FewEscapes = 32;

    /// <summary>Looking at one character costs as much as copying so many bytes.</summary>
    private const int LookCosts = 64;

    private static readonly SearchValues<byte> s_plain = PlainWithout("\\"u8), s_plainInJson = PlainWithout("\"\\<>&"u8);

    private static readonly SearchValues<byte> s_hexDigits = SearchValues.Create("0123456789abcdefABCDEF"u8);

    /// <summary>The escape of each byte if it is not UTF-8.</summary>
    private static readonly byte[][] s_invalid =
        [.. Enumerable.Range(0, 256).Select(b => Encoding.ASCII.GetBytes($"\\x{b:x2}"))];

    /// <summary>
    /// The escape of each byte; null: the byte stands for itself, or its escape depends on the bytes after it.
    /// </summary>
    private static readonly byte[]?[] s_escapes =
        [.. Enumerable.Range(0, 256).Select(b => b is < 0x20 or 0x7f || BeginsNothing(b) ? s_invalid[b] : null)];

    private static readonly byte[]?[] s_jsonEscapes = [.. Enumerable.Range(0, 256).Select(JsonEscape)];

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
        long effort = to.Effort;
        Escape(to, Raw, json);
        if (Raw.Length > KeptBytes || to.Length - start > Raw.Length + FewEscapes)
            return;
        kept = to.Written[start..].ToArray();
        to.Effort = effort; // the first thread that needs it pays for all, so counting it would make the count differ from run to run
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
            if (AppendKnown(to, ref raw, json ? s_jsonEscapes : s_escapes))
                continue;
            to.Effort += LookCosts;
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
                to.Append(s_invalid[raw[0]]);
            raw = raw[length..];
        }
        if (json)
            to.Append((byte)'"');
    }

    /// <summary>
    /// Appends the escapes of all leading bytes that a table knows. This is the fast way, because a hostile name may consist of such bytes.
    /// </summary>
    /// <returns>Whether there was at least one.</returns>
    private static bool AppendKnown(TextBuffer to, ref ReadOnlySpan<byte> raw, byte[]?[] escapes)
    {
        int i = 0;
        while (i < raw.Length && escapes[raw[i]] is { } escape)
        {
            to.Append(escape);
            i++;
        }
        raw = raw[i..];
        return i > 0;
    }

    /// <summary>Whether no character of UTF-8 begins with this byte.</summary>
    private static bool BeginsNothing(int value) => value is (>= 0x80 and <= 0xc1) or >= 0xf5;

    private static byte[]? JsonEscape(int value) => value switch
    {
        '"' or '\\' => [(byte)'\\', (byte)value],
        '\n' => "\\n"u8.ToArray(),
        '\r' => "\\r"u8.ToArray(),
        '\t' => "\\t"u8.ToArray(),
        < 0x20 or 0x7f or '<' or '>' or '&' => Encoding.ASCII.GetBytes($"\\u{value:x4}"),
        _ => BeginsNothing(value) ? "\\ufffd"u8.ToArray() : null,
    };

    private static void AppendText(TextBuffer to, Rune rune, ReadOnlySpan<byte> utf8)
    {
        if (!InvisibleCharacters.Contains(rune))
            to.Append(utf8);
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
        if (InvisibleCharacters.Contains(rune))
            AppendUtf16(to, rune);
        else
            to.Append(utf8);
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
