using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using TcpTracer.Formats.Text;

namespace TcpTracer.Tests.House;

/// <summary>The JSON schema of a JSON line (docs/reference/event.schema.json), generated from the table of fields.</summary>
internal static class EventSchema
{
    /// <summary>The path of the schema in the repository.</summary>
    public const string Path = "docs/reference/event.schema.json";

    private static readonly JsonSerializerOptions s_indented = new()
    {
        WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping
    };

    /// <summary>The text for a value that this version has no word for.</summary>
    private const string LaterWord = @"^(unknown|errno )";

    private static readonly Dictionary<string, string> s_patterns = new()
    {
        ["conn"] = "^[0-9a-f]+\\.[0-9a-f]+$", ["flow"] = "^[0-9a-f]{16}$"
    };

    public static string Generate()
    {
        IEnumerable<Field> fields = Fields.All.DistinctBy(f => f.JsonKey);
        return new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "An event of tcptracer",
            ["description"] = "A line of -o json, of export --to jsonl, and a row of export --to parquet. Required are the keys that "
                + "each event has where --fields takes none away.",
            ["type"] = "object",
            ["required"] = new JsonArray([.. Fields.Json.Where(f => f.AppliesInJson is null).Select(f => (JsonNode)f.JsonKey)]),
            ["properties"] = new JsonObject(fields.Select(f => KeyValuePair.Create<string, JsonNode?>(f.JsonKey, Property(f)))),
        }.ToJsonString(s_indented) + "\n";
    }

    private static JsonObject Property(Field field)
    {
        JsonObject property = field.Type switch
        {
            FieldType.Unsigned8 => Whole(0, byte.MaxValue),
            FieldType.Unsigned16 => Whole(0, ushort.MaxValue),
            FieldType.Unsigned32 => Whole(0, uint.MaxValue),
            FieldType.Unsigned64 => Whole(0, ulong.MaxValue),
            FieldType.Signed64 => Whole(long.MinValue, long.MaxValue),
            FieldType.Flag => new JsonObject { ["const"] = true },
            FieldType.Time => new JsonObject
            {
                ["type"] = "string", ["format"] = "date-time", ["pattern"] = @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$"
            },
            FieldType.Labels => new JsonObject { ["type"] = "object", ["additionalProperties"] = new JsonObject { ["type"] = "string" } },
            FieldType.Peer => new JsonObject
            {
                ["type"] = "object",
                ["required"] = new JsonArray("kind", "name"),
                ["properties"] = new JsonObject
                {
                    ["kind"] = new JsonObject { ["enum"] = new JsonArray("pod", "svc", "node") },
                    ["namespace"] = new JsonObject { ["type"] = "string" },
                    ["name"] = new JsonObject { ["type"] = "string" },
                },
                ["additionalProperties"] = false,
            },
            _ => OfText(field),
        };
        property["description"] = field.Unit.Length > 0 ? $"{field.Meaning} ({field.Unit})" : field.Meaning;
        return property;
    }

    private static JsonObject Whole(JsonNode least, JsonNode most) => new()
    {
        ["type"] = "integer", ["minimum"] = least, ["maximum"] = most
    };

    private static JsonObject OfText(Field field)
    {
        var text = new JsonObject { ["type"] = "string" };
        if (s_patterns.TryGetValue(field.Name, out string? pattern))
            text["pattern"] = pattern;
        else if (field.Address is not null)
            text["anyOf"] = new JsonArray(new JsonObject { ["format"] = "ipv4" }, new JsonObject { ["format"] = "ipv6" });
        else if (field.Words is { } words)
            text["anyOf"] = new JsonArray(new JsonObject { ["enum"] = new JsonArray([.. words.Select(w => (JsonNode)w)]) },
                new JsonObject { ["pattern"] = LaterWord });
        return text;
    }
}
