using System.Text.Json;
using TcpTracer.Formats.Records;

namespace TcpTracer.Cli.Handlers;

/// <summary>A damage as a JSON object.</summary>
internal static class DamageJson
{
    public static void Write(Utf8JsonWriter json, TraceDamage damage)
    {
        json.WriteStartObject();
        json.WriteString("fault", damage.Fault.ToString());
        json.WriteNumber("offset", damage.Offset);
        json.WriteString("expected", damage.Expected);
        json.WriteString("actual", damage.Actual);
        json.WriteEndObject();
    }
}
