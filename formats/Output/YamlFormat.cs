using System.Text;
using TcpTracer.Formats.Events;

namespace TcpTracer.Formats.Output;

/// <summary>One YAML document an event. Strings are quoted as in JSON, which is YAML too.</summary>
internal sealed class YamlFormat(IReadOnlyList<Field> fields) : EventFormat
{
    private readonly (byte[] Prefix, Field Field)[] _fields = [.. fields.Select(f => (Encoding.UTF8.GetBytes($"{f.JsonKey}: "), f))];

    public override void Write(TextBuffer to, in TcpEvent e)
    {
        to.Append("---\n"u8);
        foreach ((byte[] prefix, Field field) in _fields)
        {
            if (field.AppliesInJson is not null && !field.AppliesInJson(in e))
                continue;
            to.Append(prefix);
            field.Json(to, in e);
            to.Append((byte)'\n');
        }
    }
}
