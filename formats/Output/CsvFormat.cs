using TcpTracer.Formats.Events;

namespace TcpTracer.Formats.Output;

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
            AppendQuoted(to, _value.Written);
        }
        to.Append((byte)'\n');
    }

    private static void AppendQuoted(TextBuffer to, ReadOnlySpan<byte> value)
    {
        if (!value.ContainsAny(",\"\n"u8))
        {
            to.Append(value);
            return;
        }
        to.Append((byte)'"');
        foreach (byte b in value)
        {
            if (b == '"')
                to.Append(b);
            to.Append(b);
        }
        to.Append((byte)'"');
    }
}
