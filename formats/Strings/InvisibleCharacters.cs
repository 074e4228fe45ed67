using System.Globalization;
using System.Text;

namespace TcpTracer.Formats.Strings;

/// <summary>
/// Characters that a terminal obeys or does not show. They move the cursor, turn the direction of writing, end a line, or have no width.
/// Printed as they are, they would hide or change the text around them.
/// </summary>
public static class InvisibleCharacters
{
    /// <summary>
    /// Unicode's Default_Ignorable_Code_Point without the category Format: fillers, joiners and variation selectors, which are letters or
    /// marks by their category, and code points that are reserved for more of them.
    /// </summary>
    private static readonly (int First, int Last)[] s_ignorable =
    [
        (0x034f, 0x034f), (0x115f, 0x1160), (0x17b4, 0x17b5), (0x180b, 0x180f), (0x2065, 0x2065),
        (0x3164, 0x3164), (0xfe00, 0xfe0f), (0xffa0, 0xffa0), (0xfff0, 0xfff8), (0xe0000, 0xe0fff),
    ];

    /// <summary>Whether a terminal obeys this character or does not show it.</summary>
    public static bool Contains(Rune rune) => !rune.IsAscii ? IsUnseen(rune) : Rune.IsControl(rune);

    private static bool IsUnseen(Rune rune)
    {
        if (Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            return true;
        foreach ((int first, int last) in s_ignorable)
        {
            if (rune.Value >= first && rune.Value <= last)
                return true;
        }
        return false;
    }
}
