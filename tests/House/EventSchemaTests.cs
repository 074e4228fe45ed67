using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Text;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>The schema of JSON lines has the fields of the table, and each line that the program writes is valid by it.</summary>
public sealed class EventSchemaTests : IDisposable
{
    private static readonly EvaluationOptions s_strict = new() { RequireFormatValidation = true, OutputFormat = OutputFormat.List };
    private static readonly Document s_page = new(EventSchema.Path);
    private static readonly string s_allFields = string.Join(',', Fields.All.DistinctBy(f => f.JsonKey).Select(f => f.Name));

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void SchemaMatchesTheFields()
    {
        if (Document.IsUpdating)
        {
            File.WriteAllText(Document.PathOf(EventSchema.Path), EventSchema.Generate());
            File.WriteAllText(Document.PathOf(EventSchema.PathOfConnections), EventSchema.GenerateOfConnections());
        }
        Assert.Equal(EventSchema.Generate(), s_page.Text);
        Assert.Equal(EventSchema.GenerateOfConnections(), new Document(EventSchema.PathOfConnections).Text);
    }

    private static bool Obeys(JsonSchema schema, JsonNode line) =>
        schema.Evaluate(JsonSerializer.SerializeToElement(line), s_strict).IsValid;

    private string[] Lines(byte[] trace, params string[] options)
    {
        string file = _folder.File("a.tct");
        File.WriteAllBytes(file, trace);
        RunResult run = TcptracerProgram.Run(["export", "--to", "jsonl", file, "--existing", .. options]);
        Assert.Equal(0, run.ExitCode);
        return run.Lines;
    }

    [Fact]
    public void EveryLineIsValidUnderTheSchema()
    {
        JsonSchema schema = JsonSchema.FromText(s_page.Text);
        HashSet<string> keys = [.. JsonNode.Parse(s_page.Text)!["properties"]!.AsObject().Select(p => p.Key)], seen = [];
        byte[][] traces = [TraceBytes.Write(RandomTraffic.Events(7, 3_000)), TraceBytes.WithPods(5, 2_000),
            FieldJourney.Trace(FieldJourney.RawEvents().Select(FieldJourney.Decode)),
            File.ReadAllBytes(Document.PathOf("examples/shop.tct"))];
        var operations = new HashSet<string>();
        foreach (string line in traces.SelectMany(t => Lines(t, "--fields", s_allFields).Concat(Lines(t))
            .Concat(Lines(t, "--op", "progress"))))
        {
            JsonObject parsed = JsonNode.Parse(line)!.AsObject();
            Assert.True(Obeys(schema, parsed), line);
            Each.Of(parsed, p => Assert.Contains(p.Key, keys));
            seen.UnionWith(parsed.Select(p => p.Key));
            operations.Add((string)parsed["operation"]!);
        }
        Assert.Empty(OperationNames.All.Except(operations));
        Assert.Equal(keys.Order(), seen.Order());
    }

    [Fact]
    public void EveryConnectionObeysItsSchema()
    {
        string text = new Document(EventSchema.PathOfConnections).Text;
        JsonSchema schema = JsonSchema.FromText(text);
        HashSet<string> keys = [.. JsonNode.Parse(text)!["properties"]!.AsObject().Select(p => p.Key)], seen = [];
        string all = string.Join(',', ConnectionFields.OfConnections.All.DistinctBy(f => f.JsonKey).Select(f => f.Name));
        byte[][] traces = [TraceBytes.Write(RandomConnections.Events(7, 3_000)), TraceBytes.WithPods(5, 2_000),
            FieldJourney.Trace(FieldJourney.RawEvents().Select(FieldJourney.Decode)),
            File.ReadAllBytes(Document.PathOf("examples/shop.tct"))];
        var states = new HashSet<string>();
        foreach (string line in traces.SelectMany(t => Lines(t, "--connections", "--fields", all).Concat(Lines(t, "--connections"))))
        {
            JsonObject parsed = JsonNode.Parse(line)!.AsObject();
            Assert.True(Obeys(schema, parsed), line);
            Each.Of(parsed, p => Assert.Contains(p.Key, keys));
            seen.UnionWith(parsed.Select(p => p.Key));
            states.Add((string)parsed["state"]!);
        }
        Assert.Equal(["closed", "failed", "open", "reset"], states.Order());
        Assert.Equal(keys.Order(), seen.Order());
        JsonObject good = JsonNode.Parse(Lines(traces[0], "--connections").First(l => l.Contains("\"peer\"")))!.AsObject();
        (string Key, JsonNode? Value)[] wrong = [("state", "opened"), ("start", 1), ("type", "normal"),
            ("peer", new JsonObject { ["pid"] = "1" }), ("peer", new JsonObject { ["process"] = 1 })];
        Each.Of(wrong, w =>
        {
            JsonObject line = good.DeepClone().AsObject();
            line[w.Key] = w.Value;
            Assert.False(Obeys(schema, line), $"{w.Key} may be {w.Value}");
        });
    }

    [Fact]
    public void InvalidLinesFailTheSchema()
    {
        JsonSchema schema = JsonSchema.FromText(s_page.Text);
        JsonObject good = JsonNode.Parse(Lines(File.ReadAllBytes(Document.PathOf("examples/shop.tct")))[0])!.AsObject();
        Assert.True(Obeys(schema, good));
        (string Key, JsonNode? Value)[] wrong = [("pid", "1"), ("pid", -1), ("sport", 70_000), ("saddr", "10.0.0"),
            ("timestamp", "2026-01-01T00:00:00Z"), ("operation", "closed"), ("conn", null),
            ("late", false), ("src", new JsonObject { ["kind"] = "pods", ["name"] = "a" })];
        Each.Of(wrong, w =>
        {
            JsonObject line = good.DeepClone().AsObject();
            line[w.Key] = w.Value;
            Assert.False(Obeys(schema, line), $"{w.Key} may be {w.Value}");
        });
        Each.Of(Fields.Json.Where(f => f.AppliesInJson is null), f =>
        {
            JsonObject line = good.DeepClone().AsObject();
            line.Remove(f.JsonKey);
            Assert.False(Obeys(schema, line), $"{f.JsonKey} may be left out");
        });
    }

    public void Dispose() => _folder.Dispose();
}
