using System.Net.Sockets;
using Grpc.Core;
using TcpTracer.Formats.Files;

namespace TcpTracer.Recorder.Workloads.Cri;

/// <summary>Why a runtime does not answer.</summary>
internal enum CriProblemKind
{
    /// <summary>The given endpoint is no path of a socket.</summary>
    NotASocket,

    /// <summary>Nothing has that path.</summary>
    Missing,

    /// <summary>This user may not ask it.</summary>
    Denied,

    /// <summary>It does not serve Kubernetes, such as a containerd that only serves Docker.</summary>
    NoRuntime,

    /// <summary>It is down, or busy, or broken.</summary>
    Down,
}

/// <summary>A failure, and what to do about it.</summary>
/// <param name="Kind">What kind of failure it is.</param>
/// <param name="Sentence">For people: what is wrong, and what to do.</param>
internal sealed record CriProblem(CriProblemKind Kind, string Sentence)
{
    /// <summary>The given endpoint is no path.</summary>
    public static CriProblem NotASocket(CriEndpoint endpoint) => new(CriProblemKind.NotASocket,
        $"{endpoint.GivenBy} {endpoint.Path}: "
        + "a container runtime is asked through a unix socket, as in unix:///run/containerd/containerd.sock");

    /// <summary>A call has failed.</summary>
    public static CriProblem Of(Exception failure, CriEndpoint endpoint)
    {
        string given = endpoint.GivenBy is { } by ? $" ({by})" : "";
        if (FileFacts.Of(endpoint.Path)?.Kind is FileKind.Regular or FileKind.Directory or FileKind.Pipe)
        {
            return new CriProblem(CriProblemKind.NotASocket,
                $"{endpoint.Path}{given} is no socket: "
                + "give that of the container runtime with --runtime-endpoint; until then it names no pods");
        }
        string where = $"the container runtime at {endpoint.Path}{given}";
        return SocketErrorOf(failure) switch
        {
            SocketError.AddressNotAvailable or SocketError.HostNotFound => new CriProblem(CriProblemKind.Missing,
                $"there is no container runtime at {endpoint.Path}{given}: "
                + "start it, or give its socket with --runtime-endpoint; until then it names no pods"),
            SocketError.AccessDenied => new CriProblem(CriProblemKind.Denied,
                $"{where} may not be asked by this user: run as root, or do without its names with --no-kubernetes"),
            SocketError.ConnectionRefused => Down($"{where} is not running: start it; it is asked again until it answers"),
            _ => OfAnswer(failure, where),
        };
    }

    private static CriProblem Down(string sentence) => new(CriProblemKind.Down, sentence);

    private static CriProblem OfAnswer(Exception failure, string where) => failure switch
    {
        TooMuchException => Down($"{where} tells {failure.Message}, which no runtime does; it is asked again"),
        RpcException rpc => OfStatus(rpc, where),
        _ => Down($"{where} cannot be asked ({ForeignText.FirstLine(failure.Message)}); it is asked again"),
    };

    private static CriProblem OfStatus(RpcException rpc, string where) => rpc.StatusCode switch
    {
        StatusCode.Unimplemented => new CriProblem(CriProblemKind.NoRuntime,
            $"{where} does not serve Kubernetes (CRI runtime.v1): take cri out of disabled_plugins in /etc/containerd/config.toml, "
            + "or give the socket of the runtime that kubelet uses with --runtime-endpoint"),
        StatusCode.PermissionDenied or StatusCode.Unauthenticated => new CriProblem(CriProblemKind.Denied,
            $"{where} refuses to answer this user: run as root, or do without its names with --no-kubernetes"),
        StatusCode.DeadlineExceeded => Down($"{where} does not answer in time; it is asked again until it does"),
        _ when rpc.Status.DebugException is HttpRequestException or IOException =>
            Down($"{where} breaks off, or does not speak as a container runtime does (gRPC); it is asked again until it answers"),
        _ => Down($"{where} does not answer as it should ({ForeignText.FirstLine(rpc.Status.Detail)}); it is asked again until it does"),
    };

    private static SocketError? SocketErrorOf(Exception? failure)
    {
        for (; failure is not null; failure = failure is RpcException rpc ? rpc.Status.DebugException : failure.InnerException)
        {
            if (failure is SocketException socket)
                return socket.SocketErrorCode;
        }
        return null;
    }
}
