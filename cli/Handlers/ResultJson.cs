using System.Text.Json.Serialization;
using TcpTracer.Cli.Handlers.Cluster;
using TcpTracer.Cli.Handlers.Comparison;
using TcpTracer.Cli.Handlers.Diagnosis;
using TcpTracer.Cli.Handlers.Inspection;
using TcpTracer.Cli.Handlers.Summaries;

namespace TcpTracer.Cli.Handlers;

/// <summary>
/// Writers of the JSON objects that commands print, generated when the program is compiled: Native AOT has no reflection for it. Keys are
/// in the order of the properties. The encoder is the default one, which writes everything but plain ASCII as <c>\u</c> escapes, so a
/// terminal obeys no character.
/// </summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Serialization,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(InfoJson))]
[JsonSerializable(typeof(DoctorJson))]
[JsonSerializable(typeof(SummaryJson))]
[JsonSerializable(typeof(DiffJson))]
[JsonSerializable(typeof(AgentJson))]
internal sealed partial class ResultJson : JsonSerializerContext;
