using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace TcpTracer.Recorder.Workloads.Cri;

/// <summary>Calls the runtime over its socket. It connects at the first call, and again after a failure. Any thread may call.</summary>
internal sealed class CriClient : IDisposable
{
    private const int LongestMessage = 16 << 20; // as in kubelet: the lists of a node with many pods exceed gRPC's default of 4 MiB
    private const int LongestAnswer = 4 << 20; // about one pod or container
    private const string Service = "runtime.v1.RuntimeService";

    private static readonly Method<ListPodSandboxRequest, ListPodSandboxResponse> s_listSandboxes =
        Method("ListPodSandbox", ListPodSandboxRequest.Parser, ListPodSandboxResponse.Parser);
    private static readonly Method<PodSandboxStatusRequest, PodSandboxStatusResponse> s_sandboxStatus =
        Method("PodSandboxStatus", PodSandboxStatusRequest.Parser, PodSandboxStatusResponse.Parser, LongestAnswer);
    private static readonly Method<ListContainersRequest, ListContainersResponse> s_listContainers =
        Method("ListContainers", ListContainersRequest.Parser, ListContainersResponse.Parser);
    private static readonly Method<ContainerStatusRequest, ContainerStatusResponse> s_containerStatus =
        Method("ContainerStatus", ContainerStatusRequest.Parser, ContainerStatusResponse.Parser, LongestAnswer);
    private static readonly Method<VersionRequest, VersionResponse> s_version =
        Method("Version", VersionRequest.Parser, VersionResponse.Parser, LongestAnswer);
    private static readonly Method<SubscribeRequest, Envelope> s_subscribe = new(
        MethodType.ServerStreaming, "containerd.services.events.v1.Events", "Subscribe",
        Marshal(SubscribeRequest.Parser, LongestAnswer), Marshal(Envelope.Parser.WithDiscardUnknownFields(true), LongestAnswer));
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly GrpcChannel _channel;
    private readonly CallInvoker _invoker;

    /// <summary>Does not connect yet.</summary>
    /// <param name="socket">The path of the runtime's socket.</param>
    public CriClient(string socket)
    {
        _channel = OpenChannel(socket);
        _invoker = _channel.CreateCallInvoker();
    }

    /// <summary>A channel through a unix socket. The caller owns it.</summary>
    public static GrpcChannel OpenChannel(string socket)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) => await ConnectAsync(socket, cancellation).ConfigureAwait(false),
            UseProxy = false, // http_proxy is not meant for sockets
            UseCookies = false,
            ActivityHeadersPropagator = null,
        };
        var options = new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true, MaxReceiveMessageSize = LongestMessage };
        return GrpcChannel.ForAddress("http://localhost", options); // nobody uses the name, but there must be one
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

    /// <summary>All sandboxes, or those that a filter selects.</summary>
    /// <exception cref="RpcException">The call failed. So it is with every call here.</exception>
    public async Task<IReadOnlyList<PodSandbox>> ListSandboxesAsync(PodSandboxFilter? filter, CancellationToken cancellation)
    {
        var request = new ListPodSandboxRequest { Filter = filter };
        return (await CallAsync(s_listSandboxes, request, cancellation).ConfigureAwait(false)).Items;
    }

    /// <summary>All containers, or the one with an id.</summary>
    public async Task<IReadOnlyList<Container>> ListContainersAsync(string? id, CancellationToken cancellation)
    {
        var request = new ListContainersRequest { Filter = id is null ? null : new ContainerFilter { Id = id } };
        return (await CallAsync(s_listContainers, request, cancellation).ConfigureAwait(false)).Containers;
    }

    /// <summary>One sandbox; null: it is gone.</summary>
    public async Task<PodSandboxStatus?> StatusOfSandboxAsync(string id, CancellationToken cancellation)
    {
        var request = new PodSandboxStatusRequest { PodSandboxId = id };
        return (await CallOrNullAsync(s_sandboxStatus, request, cancellation).ConfigureAwait(false))?.Status;
    }

    /// <summary>One container; null: it is gone.</summary>
    public async Task<ContainerStatus?> StatusOfContainerAsync(string id, CancellationToken cancellation)
    {
        var request = new ContainerStatusRequest { ContainerId = id };
        return (await CallOrNullAsync(s_containerStatus, request, cancellation).ConfigureAwait(false))?.Status;
    }

    /// <summary>The name and version of the runtime.</summary>
    public Task<VersionResponse> VersionAsync(CancellationToken cancellation) =>
        CallAsync(s_version, new VersionRequest(), cancellation);

    /// <summary>containerd's events as they happen, without end. Other runtimes do not have the call.</summary>
    public async IAsyncEnumerable<Envelope> SubscribeAsync(
        IEnumerable<string> filters, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var options = new CallOptions(cancellationToken: cancellation);
        var request = new SubscribeRequest { Filters = { filters } };
        using AsyncServerStreamingCall<Envelope> call = _invoker.AsyncServerStreamingCall(s_subscribe, null, options, request);
        while (await call.ResponseStream.MoveNext(cancellation).ConfigureAwait(false))
            yield return call.ResponseStream.Current;
    }

    private async Task<TResponse?> CallOrNullAsync<TRequest, TResponse>(
        Method<TRequest, TResponse> method, TRequest request, CancellationToken cancellation)
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

    private async Task<TResponse> CallAsync<TRequest, TResponse>(
        Method<TRequest, TResponse> method, TRequest request, CancellationToken cancellation)
        where TRequest : class
        where TResponse : class
    {
        var options = new CallOptions(deadline: DateTime.UtcNow + s_patience, cancellationToken: cancellation);
        using AsyncUnaryCall<TResponse> call = _invoker.AsyncUnaryCall(method, null, options, request);
        return await call.ResponseAsync.ConfigureAwait(false);
    }

    /// <summary>Fields that our messages do not declare are not kept: annotations can be large, and come with every poll.</summary>
    private static Method<TRequest, TResponse> Method<TRequest, TResponse>(
        string name, MessageParser<TRequest> request, MessageParser<TResponse> response, int longest = LongestMessage)
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

    /// <inheritdoc/>
    public void Dispose() => _channel.Dispose();
}
