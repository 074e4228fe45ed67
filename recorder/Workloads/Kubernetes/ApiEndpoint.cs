using System.Security.Cryptography.X509Certificates;
using k8s.Authentication;
using k8s.KubeConfigModels;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>An API server, and as whom to ask it.</summary>
/// <param name="Server">Its address.</param>
/// <param name="Origin">Where the address is written, for people.</param>
internal sealed record ApiEndpoint(Uri Server, string Origin)
{
    /// <summary>The namespace that Kubernetes assumes if none is given.</summary>
    public const string DefaultNamespace = "default";

    /// <summary>The namespace that is meant if a name has none.</summary>
    public string Namespace { get; init; } = DefaultNamespace;

    /// <summary>The proxy through which to ask it; null: the one that the environment names, if any.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>Why this machine cannot use TLS, which the server needs; null: it can, or the server needs none.</summary>
    public string? TlsObstacle { get; init; }

    /// <summary>Whether certificates are used. Only then they may be read: without a TLS library .NET aborts the process.</summary>
    public bool UsesTls => Server.Scheme == Uri.UriSchemeHttps && TlsObstacle is null;

    /// <summary>The authorities that may have signed the server's certificate; null: those that this machine trusts.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>Whether any certificate is accepted.</summary>
    public bool SkipTlsVerify { get; init; }

    /// <summary>The name that the server's certificate must have; empty: that of <see cref="Server"/>.</summary>
    public string TlsServerName { get; init; } = "";

    /// <summary>Our certificate.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>Our token or password.</summary>
    public ServiceClientCredentials? Credentials { get; init; }

    /// <summary>
    /// The credential plug-in: a command that prints a token or a certificate. It runs only when there is something to ask.
    /// </summary>
    public ExternalExecution? Command { get; init; }

    /// <summary>The user on whose behalf to ask; empty: our own.</summary>
    public string Impersonate { get; init; } = "";

    /// <summary>The groups of that user.</summary>
    public IReadOnlyList<string> ImpersonateGroups { get; init; } = [];
}
