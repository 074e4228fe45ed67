using System.Text.Json.Serialization;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

// The members of the API's objects that are read here, under their own names. The rest of a body, which is most of it, is skipped
// while it is parsed. The library's models would make objects of all of it, and double the size of the executable.

/// <summary>An object that is listed and watched.</summary>
internal interface IApiObject
{
    ObjectMeta? Metadata { get; }
}

internal sealed record PodObject(ObjectMeta? Metadata, PodSpec? Spec, PodStatus? Status) : IApiObject;

internal sealed record ServiceObject(ObjectMeta? Metadata, ServiceSpec? Spec, ServiceStatus? Status) : IApiObject;

internal sealed record NodeObject(ObjectMeta? Metadata, NodeStatus? Status) : IApiObject;

internal sealed record ObjectMeta(
    string? Uid, string? Namespace, string? Name, string? ResourceVersion, DateTimeOffset? CreationTimestamp,
    DateTimeOffset? DeletionTimestamp,
    Dictionary<string, string>? Labels, ObjectAnnotations? Annotations, OwnerReference[]? OwnerReferences);

internal sealed record ObjectAnnotations([property: JsonPropertyName("kubernetes.io/config.hash")] string? ConfigHash);

internal sealed record OwnerReference(string? Kind, string? Name, bool? Controller);

internal sealed record PodSpec(
    string? NodeName, bool? HostNetwork,
    ContainerSpec[]? Containers, ContainerSpec[]? InitContainers, ContainerSpec[]? EphemeralContainers);

internal sealed record ContainerSpec(string? Name, string? Image);

internal sealed record PodStatus(
    string? Phase, string? PodIP, PodAddress[]? PodIPs, DateTimeOffset? StartTime,
    ContainerStatus[]? ContainerStatuses, ContainerStatus[]? InitContainerStatuses, ContainerStatus[]? EphemeralContainerStatuses);

internal sealed record PodAddress(string? IP);

internal sealed record ContainerStatus(string? Name, string? ContainerID, string? Image, ContainerState? State, ContainerState? LastState);

internal sealed record ContainerState(ContainerStateRunning? Running, ContainerStateWaiting? Waiting, ContainerStateTerminated? Terminated);

internal sealed record ContainerStateRunning;

internal sealed record ContainerStateWaiting;

internal sealed record ContainerStateTerminated(string? ContainerID, DateTimeOffset? FinishedAt);

internal sealed record ServiceSpec(string? ClusterIP, string[]? ClusterIPs, string[]? ExternalIPs);

internal sealed record ServiceStatus(LoadBalancerStatus? LoadBalancer);

internal sealed record LoadBalancerStatus(LoadBalancerIngress[]? Ingress);

internal sealed record LoadBalancerIngress(string? Ip);

internal sealed record NodeStatus(NodeAddress[]? Addresses, NodeSystemInfo? NodeInfo);

internal sealed record NodeAddress(string? Type, string? Address);

internal sealed record NodeSystemInfo(string? BootID);

/// <summary>The place that a page has in its list.</summary>
/// <param name="ResourceVersion">The version from which to watch.</param>
/// <param name="Continue">The token that asks for the next page; empty: this is the last.</param>
internal sealed record ListMeta(string? ResourceVersion, string? Continue);

/// <summary>A line of a watch, except <c>ERROR</c>.</summary>
internal sealed record WatchEvent<T>(T? Object) where T : class, IApiObject;

/// <summary>A line of a watch that says why it ends.</summary>
internal sealed record WatchError(ApiStatus? Object);

/// <summary>The error that the API answers with.</summary>
internal sealed record ApiStatus(string? Message, int? Code);

/// <summary>What a credential plug-in gets in a variable.</summary>
internal sealed record ExecRequest(string? ApiVersion, string Kind, ExecSpec Spec);

/// <summary>How the plug-in is run.</summary>
/// <param name="Interactive">Whether it may ask at the terminal.</param>
internal sealed record ExecSpec(bool Interactive);

/// <summary>What a credential plug-in prints.</summary>
internal sealed record ExecAnswer(string? ApiVersion, ExecStatus? Status);

internal sealed record ExecStatus(string? Token, string? ClientCertificateData, string? ClientKeyData, DateTimeOffset? ExpirationTimestamp);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ListMeta))]
[JsonSerializable(typeof(PodObject))]
[JsonSerializable(typeof(ServiceObject))]
[JsonSerializable(typeof(NodeObject))]
[JsonSerializable(typeof(WatchEvent<PodObject>))]
[JsonSerializable(typeof(WatchEvent<ServiceObject>))]
[JsonSerializable(typeof(WatchEvent<NodeObject>))]
[JsonSerializable(typeof(WatchError))]
[JsonSerializable(typeof(ApiStatus))]
[JsonSerializable(typeof(ExecRequest))]
[JsonSerializable(typeof(ExecAnswer))]
internal sealed partial class ApiJson : JsonSerializerContext;
