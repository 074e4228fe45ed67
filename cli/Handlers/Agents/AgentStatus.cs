using System.Text.Json.Serialization;
using TcpTracer.Cli.Handlers.Capture;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Text;
using TcpTracer.Recorder.Live;
using TcpTracer.Recorder.Targets;
using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Cli.Handlers.Agents;

/// <summary>What an agent says of itself to each reader, as one line of JSON.</summary>
/// <param name="Tool">The program and its version.</param>
/// <param name="Node">The name of its node.</param>
/// <param name="Namespace">The Kubernetes namespace that live output shows by default; null: there is none here.</param>
/// <param name="Set">The name of the set of files that it writes.</param>
/// <param name="File">The newest of them.</param>
/// <param name="Started">When it started.</param>
/// <param name="Captured">Events so far.</param>
/// <param name="Lost">What was lost so far, by cause.</param>
/// <param name="Readers">Who reads along now, including the one that gets this.</param>
/// <param name="Sources">Who is asked for names, and whether they answer.</param>
/// <param name="Refused">What this kernel refused.</param>
internal sealed record AgentStatus(
    string Tool, string Node, string? Namespace, string Set, string File, DateTimeOffset Started, long Captured,
    IReadOnlyDictionary<string, long> Lost, int Readers, IReadOnlyList<string> Sources, IReadOnlyList<string> Refused)
{
    /// <summary>Makes it from a running recording and the number of readers, whenever it is asked for.</summary>
    public static Func<int, AgentStatus> Of(
        RecordRequest request, TraceHeader header, LiveEventSource source, LiveWorkloads workloads, RecordingTarget target)
    {
        DateTimeOffset started = DateTimeOffset.UtcNow;
        return readers => new AgentStatus(header.Tool, header.Node, workloads.Namespace, Path.GetFullPath(request.File), target.NewestFile,
            started, source.Captured, source.Lost.ToDictionary(l => LossWords.Of(l.Key), l => l.Value), readers,
            [.. NameSource.Of(workloads.Tracker, request.Capture.Sources).Select(s => s.ToString())], header.Refused);
    }
}

/// <summary>Reads and writes it without reflection, which Native AOT does not have.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true, DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(AgentStatus))]
internal sealed partial class AgentJson : JsonSerializerContext;
