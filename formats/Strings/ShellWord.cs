using System.Buffers;
using System.Text;

namespace TcpTracer.Formats.Strings;

/// <summary>
/// Writes a word so that it can be pasted into a shell. A plain word stays as it is; any other is put in quotes. A word that has invisible
/// characters or is not UTF-8 is written as <c>$'...'</c>, which bash and zsh read back as the same bytes.
/// </summary>
public static class ShellWord
{
    private const byte Quote = (byte)'\'';
    private static readonly SearchValues<byte> s_plain =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-"u8);

    /// <summary>Writes the name of a file. It gets <c>./</c> in front if it would be taken for an option.</summary>
    /// <param name="name">The name, as <see cref="FileNames"/> makes it: a lone surrogate stands for a byte that is not UTF-8.</param>
    public static string OfFile(string name)
    {
        var to = new TextBuffer(256);
        byte[] raw = FileNames.ToBytes(name is ['-', _, ..] ? "./" + name : name);
        if (IsPlainName(raw))
            to.Append(raw);
        else
            Write(to, raw);
        return Encoding.UTF8.GetString(to.Written);
    }

    /// <summary>Writes any word.</summary>
    public static string Of(string word)
    {
        var to = new TextBuffer(256);
        Write(to, FileNames.ToBytes(word));
        return Encoding.UTF8.GetString(to.Written);
    }

    /// <summary>Writes any word, in quotes even if it needs none.</summary>
    public static string Quoted(string word)
    {
        var to = new TextBuffer(256);
        byte[] raw = FileNames.ToBytes(word);
        if (IsSeen(raw))
            WriteQuoted(to, raw);
        else
            WriteEscaped(to, raw);
        return Encoding.UTF8.GetString(to.Written);
    }

    /// <summary>Appends a word to a buffer.</summary>
    public static void Write(TextBuffer to, ReadOnlySpan<byte> word)
    {
        if (!word.IsEmpty && word.IndexOfAnyExcept(s_plain) < 0)
            to.Append(word);
        else if (IsSeen(word))
            WriteQuoted(to, word);
        else
            WriteEscaped(to, word);
    }

    /// <summary>
    /// Whether the name of a file needs no quotes. Letters of other scripts need none; only the characters that a shell interprets do.
    /// </summary>
    private static bool IsPlainName(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty || !IsSeen(name))
            return false;
        foreach (Rune rune in Encoding.UTF8.GetString(name).EnumerateRunes())
        {
            if (rune.IsAscii ? !s_plain.Contains((byte)rune.Value) : Rune.IsWhiteSpace(rune))
                return false;
        }
        return true;
    }

    private static bool IsSeen(ReadOnlySpan<byte> word)
    {
        for (ReadOnlySpan<byte> rest = word; !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf8(rest, out Rune rune, out int length) != OperationStatus.Done || InvisibleCharacters.Contains(rune))
                return false;
            rest = rest[length..];
        }
        return true;
    }

    /// <summary>Writes the word in single quotes. There every character stands for itself, except the quote.</summary>
    private static void WriteQuoted(TextBuffer to, ReadOnlySpan<byte> word)
    {
        to.Append(Quote);
        foreach (byte b in word)
        {
            if (b == Quote)
                to.Append("'\\''"u8);
            else
                to.Append(b);
        }
        to.Append(Quote);
    }

    /// <summary>Writes the word as <c>$'...'</c>: invisible characters and bytes that are not UTF-8 are escaped byte by byte.</summary>
    private static void WriteEscaped(TextBuffer to, ReadOnlySpan<byte> word)
    {
        to.Append("$'"u8);
        while (!word.IsEmpty)
        {
            bool isSeen = Rune.DecodeFromUtf8(word, out Rune rune, out int length) == OperationStatus.Done
                && !InvisibleCharacters.Contains(rune);
            if (isSeen && rune.Value is '\'' or '\\')
                to.Append((byte)'\\');
            foreach (byte b in word[..length])
            {
                if (isSeen)
                    to.Append(b);
                else
                    WriteEscape(to, b);
            }
            word = word[length..];
        }
        to.Append(Quote);
    }

    private static void WriteEscape(TextBuffer to, byte b)
    {
        switch (b)
        {
            case (byte)'\n':
                to.Append("\\n"u8);
                break;
            case (byte)'\t':
                to.Append("\\t"u8);
                break;
            case (byte)'\r':
                to.Append("\\r"u8);
                break;
            default:
                to.Append("\\x"u8);
                to.AppendHex(b, 2);
                break;
        }
    }
}
