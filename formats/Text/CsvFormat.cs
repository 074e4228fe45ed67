using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;

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
            CsvValue.Append(to, _value.Written, isNumber: field.Number is not null);
        }
        to.Append((byte)'\n');
    }
}
