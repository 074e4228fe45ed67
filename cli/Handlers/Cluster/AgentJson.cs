using System.Text.Json;

namespace TcpTracer.Cli.Handlers.Cluster;

/// <summary>What <c>status</c> tells of one node, for programs. What is not known is missing. Scripts rely on names and order.</summary>
internal sealed record AgentJson(
    string Node, bool Records, string State, string? Version, string? Started, long? Captured, long? Lost, int? Restarts, string? Pod,
    IEnumerable<string> Limits)
{
    /// <summary>One line.</summary>
    public static string Write(AgentReport report) => JsonSerializer.Serialize(
        new AgentJson(report.Node, report.Records, report.State, Known(report.Version), Known(report.Started), report.Captured, report.Lost,
            report.Pod.Length > 0 ? report.Restarts : null, Known(report.Pod), report.Limits),
        ResultJson.Default.AgentJson);

    private static string? Known(string text) => text.Length > 0 ? text : null;
}
