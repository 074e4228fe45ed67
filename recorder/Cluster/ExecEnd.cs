using System.Text.Json;
using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Recorder.Cluster;

/// <summary>How a command in a container ended, as the API server tells it on channel 3.</summary>
/// <param name="ExitCode">Its exit code; null: it never ran, or was killed.</param>
/// <param name="Message">What the server says of a failure; empty: it says nothing.</param>
public sealed record ExecEnd(int? ExitCode, string Message)
{
    /// <summary>Reads the status.</summary>
    /// <returns>null: it is no status.</returns>
    internal static ExecEnd? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            ExecStatusObject? status = JsonSerializer.Deserialize(json, ClusterJson.Default.ExecStatusObject);
            if (status is null)
                return null;
            if (status.Status == "Success")
                return new ExecEnd(0, "");
            string? code = status.Details?.Causes?.FirstOrDefault(c => c?.Reason == "ExitCode")?.Message;
            return new ExecEnd(int.TryParse(code, out int number) ? number : null, ForeignText.FirstLine(status.Message ?? ""));
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
