using TcpTracer.Recorder.Workloads.Kubernetes;

namespace TcpTracer.Recorder.Cluster;

/// <summary>What is to blame when a cluster cannot be asked.</summary>
public enum ClusterFault
{
    /// <summary>The server, or the network.</summary>
    NoAnswer,

    /// <summary>The credentials.</summary>
    Unauthorized,

    /// <summary>The permissions.</summary>
    Forbidden,

    /// <summary>The object is not there.</summary>
    NotFound,

    /// <summary>This machine has no TLS library.</summary>
    NoTls,

    /// <summary>The server does not accept what was sent.</summary>
    Rejected,
}

/// <summary>The API server has refused something, or cannot be reached.</summary>
public sealed class ClusterException : Exception
{
    private const int NotFound = 404, BadRequest = 400, Conflict = 409, TooManyRequests = 429, ServerError = 500;

    internal ClusterException(Exception cause) : base(ApiProblem.Of(cause, "").Why, cause)
    {
        Fault = ApiProblem.Of(cause, "").Kind switch
        {
            ApiProblemKind.Unauthorized => ClusterFault.Unauthorized,
            ApiProblemKind.Forbidden => ClusterFault.Forbidden,
            ApiProblemKind.NoTls => ClusterFault.NoTls,
            _ => FaultOf(cause as ApiException),
        };
        Refusal = cause is ApiException api ? Workloads.ForeignText.FirstLine(api.Message) : "";
    }

    private static ClusterFault FaultOf(ApiException? api) => api?.Status switch
    {
        NotFound => ClusterFault.NotFound,
        Conflict => ClusterFault.Rejected,
        >= BadRequest and < ServerError and not TooManyRequests => ClusterFault.Rejected,
        _ => ClusterFault.NoAnswer,
    };

    /// <summary>What is to blame.</summary>
    public ClusterFault Fault { get; }

    /// <summary>What the server says; empty: nothing.</summary>
    public string Refusal { get; }
}
