using System.Text;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Text;

/// <summary>How much room text takes on a terminal.</summary>
public static class LineWidth
{
    /// <summary>First and last of the characters that take two columns: East Asian ones and pictures.</summary>
    private static readonly (int First, int Last)[] s_wide =
    [
        (0x1100, 0x115f), (0x2e80, 0xa4cf), (0xac00, 0xd7a3), (0xf900, 0xfaff), (0xfe30, 0xfe6f), (0xff00, 0xff60),
        (0xffe0, 0xffe6), (0x1f300, 0x1faff), (0x20000, 0x3fffd),
    ];

    /// <summary>How many columns a text takes.</summary>
    public static int Of(string text) => text.EnumerateRunes().Sum(ColumnsOf);

    /// <summary>A text in at most so many columns, the last of which is an ellipsis where it was cut.</summary>
    public static string Cut(string text, int width)
    {
        var buffer = new TextBuffer(Encoding.UTF8.GetMaxByteCount(text.Length));
        buffer.Append(Encoding.UTF8.GetBytes(text));
        Cut(buffer, 0, width);
        return Encoding.UTF8.GetString(buffer.Written);
    }

    /// <summary>
    /// A name in at most so many columns: what does not fit is left out of its middle, where an ellipsis stands then. A port behind it
    /// stays whole, because a number without its last digit is another number; where not even the port fits, only the ellipsis is left.
    /// </summary>
    public static string Shorten(string name, int width)
    {
        if (Of(name) <= width)
            return name;
        int port = PortOf(name);
        int room = width - 1 - (name.Length - port);
        if (room < 0)
            return width > 0 ? "\u2026" : "";
        Rune[] runes = [.. name[..port].EnumerateRunes()];
        int first = 0, last = runes.Length, left = room / 2, right = room - left;
        while (first < last && ColumnsOf(runes[first]) <= left)
            left -= ColumnsOf(runes[first++]);
        right += left; // what a wide character leaves at the left
        while (last > first && ColumnsOf(runes[last - 1]) <= right)
            right -= ColumnsOf(runes[--last]);
        return $"{string.Concat(runes[..first])}\u2026{string.Concat(runes[last..])}{name[port..]}";
    }

    /// <summary>Where <c>:PORT</c> begins; the length: there is none.</summary>
    private static int PortOf(string name)
    {
        int at = name.Length;
        while (at > 0 && char.IsAsciiDigit(name[at - 1]))
            at--;
        return at > 0 && at < name.Length && name[at - 1] == ':' ? at - 1 : name.Length;
    }

    private static int ColumnsOf(Rune rune) => s_wide.Any(w => rune.Value >= w.First && rune.Value <= w.Last) ? 2 : 1;

    /// <summary>Shortens what was written since a place to so many columns, the last of which is an ellipsis then.</summary>
    public static void Cut(TextBuffer text, int start, int width)
    {
        ReadOnlySpan<byte> written = text.Written[start..];
        if (written.Length <= width)
            return; // no character has fewer bytes than columns
        int at = 0, columns = 0, fits = 0;
        while (at < written.Length)
        {
            Rune.DecodeFromUtf8(written[at..], out Rune rune, out int length);
            columns += ColumnsOf(rune);
            if (columns > width)
            {
                text.CutTo(start + fits);
                text.Append("\u2026"u8);
                return;
            }
            at += length;
            if (columns < width)
                fits = at; // there is still room for the ellipsis behind it
        }
    }
}
