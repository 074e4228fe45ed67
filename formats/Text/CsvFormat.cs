using TcpTracer.Formats.Events;
using TcpTracer.Formats.Words;

namespace TcpTracer.Formats.Text;

/// <summary>Comma-separated values as in RFC 4180, except that lines end with a plain line feed.</summary>
internal sealed class CsvFormat(IReadOnlyList<Field> fields, bool headers) : EventFormat
{
    private readonly Field[] _fields = [.. fields];
    private readonly TextBuffer _value = new();

    public override bool HasHeader => true;

    public override void WriteHeader(TextBuffer to)
    {
        if (headers)
            to.AppendAscii(string.Join(',', _fields.Select(f => f.JsonKey)) + "\n");
    }

    public override void Write(TextBuffer to, in TcpEvent e)
    {
        for (int i = 0; i < _fields.Length; i++)
        {
            if (i > 0)
                to.Append((byte)',');
            Field field = _fields[i];
            if (field.Applies is not null && !field.Applies(in e))
                continue;
            _value.Clear();
            field.Text(_value, in e);
            AppendQuoted(to, _value.Written, field.Number is null && IsFormula(_value.Written));
        }
        to.Append((byte)'\n');
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

    /// <summary>Appends a value, in quotes if it needs them. An apostrophe in front makes every spreadsheet take it for text.</summary>
    private static void AppendQuoted(TextBuffer to, ReadOnlySpan<byte> value, bool asText)
    {
        bool quoted = value.ContainsAny(",\"\n"u8);
        if (quoted)
            to.Append((byte)'"');
        if (asText)
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
}
