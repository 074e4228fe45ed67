using System.Text;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Text;

/// <summary>JSON objects for people: one key in each line, as jq prints them.</summary>
internal sealed class JsonPrettyFormat(IReadOnlyList<Field> fields) : EventFormat
{
    private readonly (byte[] Prefix, Field Field)[] _fields = [.. fields.Select(f => (Encoding.UTF8.GetBytes($"  \"{f.JsonKey}\": "), f))];

    public override void Write(TextBuffer to, in TcpEvent e)
    {
        to.Append("{\n"u8);
        bool first = true;
        foreach ((byte[] prefix, Field field) in _fields)
        {
            if (!field.IsIn(in e))
                continue;
            if (!first)
                to.Append(",\n"u8);
            first = false;
            to.Append(prefix);
            field.Json(to, in e);
        }
        to.Append("\n}\n"u8);
    }
}
