using System.Text.Json.Serialization;

namespace TcpTracer.Recorder.Cluster;

// The members of the API's objects that are read or written here, under their own names.

internal sealed record ObjectList<T>(ListPosition? Metadata, T[]? Items);

internal sealed record ListPosition(string? Continue);

internal sealed record NamedObject(NamedMeta? Metadata);

internal sealed record NamedMeta(
    string? Name, string? Namespace, string? Uid, long? Generation, Dictionary<string, string>? Labels, DateTimeOffset? DeletionTimestamp,
    DateTimeOffset? CreationTimestamp);

internal sealed record AgentPodObject(NamedMeta? Metadata, AgentPodSpec? Spec, AgentPodStatus? Status);

internal sealed record AgentPodSpec(string? NodeName, AgentContainer[]? Containers, int? ActiveDeadlineSeconds);

internal sealed record AgentContainer(string? Name, string? Image);

internal sealed record AgentPodStatus(
    string? Phase, string? Reason, string? Message, PodCondition[]? Conditions, AgentContainerStatus[]? ContainerStatuses);

internal sealed record PodCondition(string? Type, string? Status, string? Reason, string? Message);

internal sealed record AgentContainerStatus(string? Name, bool? Ready, int? RestartCount, AgentContainerState? State,
    AgentContainerState? LastState);

internal sealed record AgentContainerState(WaitingState? Waiting, EndedState? Terminated, RunningState? Running);

internal sealed record WaitingState(string? Reason, string? Message);

internal sealed record EndedState(string? Reason, string? Message, int? ExitCode);

internal sealed record RunningState(DateTimeOffset? StartedAt);

internal sealed record ClusterNodeObject(NamedMeta? Metadata, ClusterNodeSpec? Spec, ClusterNodeStatus? Status);

internal sealed record ClusterNodeSpec(bool? Unschedulable);

internal sealed record ClusterNodeStatus(PodCondition[]? Conditions);

internal sealed record DaemonSetObject(NamedMeta? Metadata, DaemonSetStatus? Status);

internal sealed record DaemonSetStatus(
    long? ObservedGeneration, int? DesiredNumberScheduled, int? NumberReady, int? UpdatedNumberScheduled);

internal sealed record ExecStatusObject(string? Status, string? Message, string? Reason, ExecDetails? Details);

internal sealed record ExecDetails(ExecCause[]? Causes);

internal sealed record ExecCause(string? Reason, string? Message);

/// <summary>The question whether we may do something.</summary>
internal sealed record AccessReview(string ApiVersion, string Kind, AccessReviewSpec Spec);

internal sealed record AccessReviewSpec(ResourceAttributes ResourceAttributes);

internal sealed record ResourceAttributes(string Verb, string Group, string Resource, string? Subresource, string? Namespace);

/// <summary>The answer.</summary>
internal sealed record AccessReviewAnswer(AccessReviewStatus? Status);

internal sealed record AccessReviewStatus(bool? Allowed, string? Reason);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, GenerationMode = JsonSourceGenerationMode.Metadata,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NamedObject))]
[JsonSerializable(typeof(ObjectList<AgentPodObject>))]
[JsonSerializable(typeof(ObjectList<ClusterNodeObject>))]
[JsonSerializable(typeof(AgentPodObject))]
[JsonSerializable(typeof(DaemonSetObject))]
[JsonSerializable(typeof(ExecStatusObject))]
[JsonSerializable(typeof(AccessReview))]
[JsonSerializable(typeof(AccessReviewAnswer))]
internal sealed partial class ClusterJson : JsonSerializerContext;
