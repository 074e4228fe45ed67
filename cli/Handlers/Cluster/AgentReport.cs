using System.Globalization;
using System.Text.Json;
using TcpTracer.Recorder.Cluster;

namespace TcpTracer.Cli.Handlers.Cluster;

/// <summary>How the agent of one node does, for <c>status</c>.</summary>
/// <param name="Node">The node.</param>
/// <param name="Pod">Its pod; empty: there is none.</param>
/// <param name="State">In a few words.</param>
internal sealed record AgentReport(string Node, string Pod, string State)
{
    /// <summary>Whether it records.</summary>
    public bool Records { get; init; }

    /// <summary>The version of its program; empty: not known.</summary>
    public string Version { get; init; } = "";

    /// <summary>How often its container was started again.</summary>
    public int Restarts { get; init; }

    /// <summary>When it began.</summary>
    public string Started { get; init; } = "";

    /// <summary>Events so far; null: not known.</summary>
    public long? Captured { get; init; }

    /// <summary>Events lost so far; null: not known.</summary>
    public long? Lost { get; init; }

    /// <summary>What it cannot do, in sentences.</summary>
    public IReadOnlyList<string> Limits { get; init; } = [];

    /// <summary>Takes what <c>tcptracer doctor -o json</c> has printed in the agent's container.</summary>
    /// <returns>null: it is nothing of that kind.</returns>
    public static AgentReport? Of(AgentPod pod, string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            bool canRecord = root.GetProperty("can_record").GetBoolean();
            JsonElement agent = root.TryGetProperty("agent", out JsonElement given) ? given : default;
            bool isAgent = agent.ValueKind == JsonValueKind.Object;
            return new AgentReport(pod.Node, pod.Name, isAgent ? "records" : canRecord ? "no agent answers" : "cannot record")
            {
                Records = isAgent,
                Version = isAgent ? Text(agent, "tool").Split(' ')[^1] : "",
                Restarts = pod.Restarts,
                Started = isAgent ? Moment(Text(agent, "started")) : "",
                Captured = isAgent ? agent.GetProperty("captured").GetInt64() : null,
                Lost = isAgent ? agent.GetProperty("lost").EnumerateObject().Sum(l => l.Value.GetInt64()) : null,
                Limits = [.. Limited(root), .. canRecord ? [] : new[] { Text(root, "why_not") }],
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static IEnumerable<string> Limited(JsonElement root) => root.GetProperty("findings").EnumerateArray()
        .Where(f => !f.GetProperty("works").GetBoolean()).Select(f => $"{Text(f, "subject")}: {Text(f, "detail")}")
        .Concat(root.GetProperty("sources").EnumerateArray().Where(s => !s.GetProperty("answers").GetBoolean())
            .Select(s => $"names: {Text(s, "name")}: {Text(s, "detail")}"));

    private static string Text(JsonElement of, string name) =>
        of.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static string Moment(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset at)
            ? at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) : "";
}
