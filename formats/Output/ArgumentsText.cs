using System.Buffers;
using System.Globalization;
using System.Text;
using TcpTracer.Formats.Events;

namespace TcpTracer.Formats.Output;

/// <summary>
/// A command line as text: arguments with a blank between, each quoted as for a shell where it needs it, so that the text says where one ends and what is in it:
/// <c>grep -e 'a b' $'tab\there'</c>.
/// </summary>
internal static class ArgumentsText
{
    private const byte Quote = (byte)'\'';
    private static readonly SearchValues<byte> s_plain = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-"u8);
    private static readonly SearchValues<byte> s_printable = SearchValues.Create([.. Enumerable.Range(0x20, 0x5f).Select(b => (byte)b)]);

    [ThreadStatic]
    private static TextBuffer? t_text;

    public static void Write(TextBuffer to, in TcpEvent e) => Write(to, e.Process.Args.Raw);

    /// <summary>The same text as a JSON string.</summary>
    public static void WriteJson(TextBuffer to, in TcpEvent e)
    {
        TextBuffer text = t_text ??= new TextBuffer(256);
        text.Clear();
        Write(text, e.Process.Args.Raw);
        new SafeText(text.Written).AppendJson(to);
    }

    private static void Write(TextBuffer to, ReadOnlySpan<byte> arguments)
    {
        for (bool isFirst = true;; isFirst = false)
        {
            int end = arguments.IndexOf((byte)0);
            if (!isFirst)
                to.Append((byte)' ');
            WriteOne(to, end < 0 ? arguments : arguments[..end]);
            if (end < 0)
                return;
            arguments = arguments[(end + 1)..];
        }
    }

    private static void WriteOne(TextBuffer to, ReadOnlySpan<byte> argument)
    {
        if (!argument.IsEmpty && argument.IndexOfAnyExcept(s_plain) < 0)
            to.Append(argument);
        else if (IsPrintable(argument))
            WriteQuoted(to, argument);
        else
            WriteEscaped(to, argument);
    }

    private static bool IsPrintable(ReadOnlySpan<byte> argument)
    {
        if (argument.IndexOfAnyExcept(s_printable) < 0)
            return true;
        for (ReadOnlySpan<byte> rest = argument; !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf8(rest, out Rune rune, out int length) != OperationStatus.Done || !IsPrintable(rune))
                return false;
            rest = rest[length..];
        }
        return true;
    }

    private static bool IsPrintable(Rune rune) =>
        !Rune.IsControl(rune) && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    /// <summary>In quotes everything stands for itself, but for the quote.</summary>
    private static void WriteQuoted(TextBuffer to, ReadOnlySpan<byte> argument)
    {
        to.Append(Quote);
        foreach (byte b in argument)
        {
            if (b == Quote)
                to.Append("'\\''"u8);
            else
                to.Append(b);
        }
        to.Append(Quote);
    }

    /// <summary>What a terminal would obey, and what is not UTF-8, byte by byte.</summary>
    private static void WriteEscaped(TextBuffer to, ReadOnlySpan<byte> argument)
    {
        to.Append("$'"u8);
        while (!argument.IsEmpty)
        {
            bool isPrintable = Rune.DecodeFromUtf8(argument, out Rune rune, out int length) == OperationStatus.Done && IsPrintable(rune);
            if (isPrintable && rune.Value is '\'' or '\\')
                to.Append((byte)'\\');
            foreach (byte b in argument[..length])
            {
                if (isPrintable)
                    to.Append(b);
                else
                    WriteEscape(to, b);
            }
            argument = argument[length..];
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
