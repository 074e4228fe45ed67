using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using TcpTracer.Formats.Text;

namespace TcpTracer.Tests.House;

/// <summary>
/// The JSON schemas of a JSON line (docs/reference/event.schema.json, and for rows of connections connection.schema.json), generated from
/// the tables of fields.
/// </summary>
internal static class EventSchema
{
    /// <summary>The path of the schema in the repository.</summary>
    public const string Path = "docs/reference/event.schema.json";

    /// <summary>The path of the schema of rows of connections.</summary>
    public const string PathOfConnections = "docs/reference/connection.schema.json";

    private static readonly JsonSerializerOptions s_indented = new()
    {
        WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping
    };

    private const string Peer = "peer_";

    /// <summary>The text for a value that this version has no word for.</summary>
    private const string LaterWord = @"^(unknown|errno )";

    private static readonly Dictionary<string, string> s_patterns = new()
    {
        ["conn"] = "^[0-9a-f]+\\.[0-9a-f]+$", ["flow"] = "^[0-9a-f]{16}$"
    };

    public static string Generate() => Generate(Fields.OfEvents, "An event of tcptracer",
        "A line of -o json, of export --to jsonl, and a row of export --to parquet. Required are the keys that "
        + "each event has where --fields takes none away.");

    public static string GenerateOfConnections() => Generate(ConnectionFields.OfConnections, "A connection of tcptracer",
        "With --connections a line of -o json and of export --to jsonl, and a row of export --to parquet, where peer is several columns. "
        + "Required are the keys that each connection has where --fields takes none away.");

    private static string Generate(FieldSet set, string title, string description) => new JsonObject
    {
        ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
        ["title"] = title,
        ["description"] = description,
        ["type"] = "object",
        ["required"] = new JsonArray(
            [.. set.Json.Where(f => f.AppliesInJson is null || IsAlwaysThere(f)).Select(f => (JsonNode)f.JsonKey)]),
        ["properties"] = new JsonObject(set.All.DistinctBy(f => f.JsonKey)
            .Select(f => KeyValuePair.Create<string, JsonNode?>(f.JsonKey, Property(f)))),
    }.ToJsonString(s_indented) + "\n";

    /// <summary>Of connections, a field of the near end is always there if each event has it.</summary>
    private static bool IsAlwaysThere(Field field) =>
        Fields.TryFind(field.Name) is { AppliesInJson: null } ofEvents && Fields.Json.Contains(ofEvents);

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
            FieldType.Values => new JsonObject
            {
                ["type"] = "object",
                ["properties"] = new JsonObject(ConnectionFields.OfConnections.Table
                    .Where(f => f.Name.StartsWith(Peer, StringComparison.Ordinal))
                    .Select(f => KeyValuePair.Create<string, JsonNode?>(f.JsonKey[Peer.Length..], Property(f)))),
                ["additionalProperties"] = false,
            },
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
        if (s_patterns.TryGetValue(field.Name.Replace(Peer, "", StringComparison.Ordinal), out string? pattern))
            text["pattern"] = pattern;
        else if (field.Address is not null)
            text["anyOf"] = new JsonArray(new JsonObject { ["format"] = "ipv4" }, new JsonObject { ["format"] = "ipv6" });
        else if (field.Words is { } words)
            text["anyOf"] = new JsonArray(new JsonObject { ["enum"] = new JsonArray([.. words.Select(w => (JsonNode)w)]) },
                new JsonObject { ["pattern"] = LaterWord });
        return text;
    }
}
