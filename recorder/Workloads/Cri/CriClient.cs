using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace TcpTracer.Recorder.Workloads.Cri;

/// <summary>The calls, over the runtime's socket. It connects with the first of them, and again after a failure. Any thread may call.</summary>
internal sealed class CriClient : IDisposable
{
    // As kubelet has it: a node with many pods has more to tell than gRPC's 4 MiB
    private const int LongestMessage = 16 << 20;

    // What there is of one thing
    private const int LongestAnswer = 4 << 20;
    private const string Service = "runtime.v1.RuntimeService";

    private static readonly Method<ListPodSandboxRequest, ListPodSandboxResponse> s_listSandboxes = Method("ListPodSandbox", ListPodSandboxRequest.Parser, ListPodSandboxResponse.Parser);
    private static readonly Method<PodSandboxStatusRequest, PodSandboxStatusResponse> s_sandboxStatus = Method("PodSandboxStatus", PodSandboxStatusRequest.Parser, PodSandboxStatusResponse.Parser, LongestAnswer);
    private static readonly Method<ListContainersRequest, ListContainersResponse> s_listContainers = Method("ListContainers", ListContainersRequest.Parser, ListContainersResponse.Parser);
    private static readonly Method<ContainerStatusRequest, ContainerStatusResponse> s_containerStatus = Method("ContainerStatus", ContainerStatusRequest.Parser, ContainerStatusResponse.Parser, LongestAnswer);
    private static readonly Method<VersionRequest, VersionResponse> s_version = Method("Version", VersionRequest.Parser, VersionResponse.Parser, LongestAnswer);
    private static readonly Method<SubscribeRequest, Envelope> s_subscribe = new(MethodType.ServerStreaming, "containerd.services.events.v1.Events", "Subscribe",
        Marshal(SubscribeRequest.Parser, LongestAnswer), Marshal(Envelope.Parser.WithDiscardUnknownFields(true), LongestAnswer));
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly GrpcChannel _channel;
    private readonly CallInvoker _invoker;

    /// <summary>Nothing is connected yet.</summary>
    public CriClient(string socket)
    {
        _channel = OpenChannel(socket);
        _invoker = _channel.CreateCallInvoker();
    }

    /// <summary>A channel through a unix socket; the caller's to dispose of.</summary>
    public static GrpcChannel OpenChannel(string socket)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) => await ConnectAsync(socket, cancellation).ConfigureAwait(false),
            UseProxy = false, // http_proxy is not for sockets of this machine
            UseCookies = false,
            ActivityHeadersPropagator = null,
        };
        // The name in the address reaches nobody, but must be one
        return GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true, MaxReceiveMessageSize = LongestMessage });
    }

    private static async Task<Stream> ConnectAsync(string path, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Every sandbox, or those that a filter selects.</summary>
    public async Task<IReadOnlyList<PodSandbox>> ListSandboxesAsync(PodSandboxFilter? filter, CancellationToken cancellation) =>
        (await CallAsync(s_listSandboxes, new ListPodSandboxRequest { Filter = filter }, cancellation).ConfigureAwait(false)).Items;

    /// <summary>Every container, or the one with an id.</summary>
    public async Task<IReadOnlyList<Container>> ListContainersAsync(string? id, CancellationToken cancellation) =>
        (await CallAsync(s_listContainers, new ListContainersRequest { Filter = id is null ? null : new ContainerFilter { Id = id } }, cancellation).ConfigureAwait(false)).Containers;

    /// <summary>One sandbox; null: it is gone.</summary>
    public async Task<PodSandboxStatus?> StatusOfSandboxAsync(string id, CancellationToken cancellation) =>
        (await CallOrNullAsync(s_sandboxStatus, new PodSandboxStatusRequest { PodSandboxId = id }, cancellation).ConfigureAwait(false))?.Status;

    /// <summary>One container; null: it is gone.</summary>
    public async Task<ContainerStatus?> StatusOfContainerAsync(string id, CancellationToken cancellation) =>
        (await CallOrNullAsync(s_containerStatus, new ContainerStatusRequest { ContainerId = id }, cancellation).ConfigureAwait(false))?.Status;

    /// <summary>Which runtime it is.</summary>
    public Task<VersionResponse> VersionAsync(CancellationToken cancellation) => CallAsync(s_version, new VersionRequest(), cancellation);

    /// <summary>What containerd tells as it happens, without end; other runtimes do not know the call.</summary>
    public async IAsyncEnumerable<Envelope> SubscribeAsync(IEnumerable<string> filters, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using AsyncServerStreamingCall<Envelope> call = _invoker.AsyncServerStreamingCall(s_subscribe, null, new CallOptions(cancellationToken: cancellation), new SubscribeRequest { Filters = { filters } });
        while (await call.ResponseStream.MoveNext(cancellation).ConfigureAwait(false))
            yield return call.ResponseStream.Current;
    }

    private async Task<TResponse?> CallOrNullAsync<TRequest, TResponse>(Method<TRequest, TResponse> method, TRequest request, CancellationToken cancellation)
        where TRequest : class
        where TResponse : class
    {
        try
        {
            return await CallAsync(method, request, cancellation).ConfigureAwait(false);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }

    private async Task<TResponse> CallAsync<TRequest, TResponse>(Method<TRequest, TResponse> method, TRequest request, CancellationToken cancellation)
        where TRequest : class
        where TResponse : class
    {
        var options = new CallOptions(deadline: DateTime.UtcNow + s_patience, cancellationToken: cancellation);
        using AsyncUnaryCall<TResponse> call = _invoker.AsyncUnaryCall(method, null, options, request);
        return await call.ResponseAsync.ConfigureAwait(false);
    }

    /// <summary>Annotations can be large and are asked for every second: what is not in our messages is not kept either.</summary>
    private static Method<TRequest, TResponse> Method<TRequest, TResponse>(string name, MessageParser<TRequest> request, MessageParser<TResponse> response, int longest = LongestMessage)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        new(MethodType.Unary, Service, name, Marshal(request, longest), Marshal(response.WithDiscardUnknownFields(true), longest));

    private static Marshaller<T> Marshal<T>(MessageParser<T> parser, int longest) where T : class, IMessage<T> => Marshallers.Create(
        (message, context) =>
        {
            context.SetPayloadLength(message.CalculateSize());
            message.WriteTo(context.GetBufferWriter());
            context.Complete();
        },
        context => parser.ParseFrom(CriMessage.Require(context.PayloadAsReadOnlySequence(), longest)));

    public void Dispose() => _channel.Dispose();
}
