using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Text;

/// <summary>Values of comma-separated lines, as in RFC 4180.</summary>
public static class CsvValue
{
    /// <summary>
    /// Appends a value, in quotes if it needs them. An apostrophe in front of a formula makes every spreadsheet take it for text.
    /// </summary>
    /// <param name="to">The line.</param>
    /// <param name="value">The value.</param>
    /// <param name="isNumber">Whether it is a number, and so no formula.</param>
    public static void Append(TextBuffer to, ReadOnlySpan<byte> value, bool isNumber)
    {
        bool quoted = value.ContainsAny(",\"\n"u8);
        if (quoted)
            to.Append((byte)'"');
        if (!isNumber && IsFormula(value))
            to.Append((byte)'\'');
        if (!quoted)
        {
            to.Append(value);
            return;
        }
        foreach (byte b in value)
        {
            if (b == '"')
                to.Append(b);
            to.Append(b);
        }
        to.Append((byte)'"');
    }

    /// <summary>
    /// Whether a spreadsheet would run this value. Strangers choose the names of commands and pods, and arguments. A negative number is not
    /// a formula. Some spreadsheets skip a tab or a carriage return at the front; both are escaped already.
    /// </summary>
    private static bool IsFormula(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
            return false;
        bool isNumber = value.Length > 1 && !value[1..].ContainsAnyExceptInRange((byte)'0', (byte)'9');
        return value[0] is (byte)'=' or (byte)'@' || (value[0] is (byte)'+' or (byte)'-' && !isNumber);
    }
}
