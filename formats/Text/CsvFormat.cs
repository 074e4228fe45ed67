using TcpTracer.Formats.Events;
using TcpTracer.Formats.Words;

namespace TcpTracer.Formats.Text;

/// <summary>Comma-separated values by RFC 4180, but with plain line feeds.</summary>
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
    /// A spreadsheet runs what begins so. Commands, arguments and names are a stranger's to choose. Numbers below zero are no formulas. Tab
    /// and carriage return, which some spreadsheets pass over at the beginning, are escaped already.
    /// </summary>
    private static bool IsFormula(ReadOnlySpan<byte> value) =>
        value.Length > 0 && (value[0] is (byte)'=' or (byte)'@' || (value[0] is (byte)'+' or (byte)'-' && (value.Length == 1 || value[1..].ContainsAnyExceptInRange((byte)'0', (byte)'9'))));

    /// <summary>An apostrophe in front makes a text of it, for every spreadsheet.</summary>
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
