using System.Security.Cryptography.X509Certificates;
using k8s.Authentication;
using k8s.KubeConfigModels;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>An API server, and as whom to talk to it.</summary>
/// <param name="Server">Where.</param>
/// <param name="Origin">Where that is written, for people.</param>
internal sealed record ApiEndpoint(Uri Server, string Origin)
{
    /// <summary>What Kubernetes takes for a namespace where nothing says one.</summary>
    public const string DefaultNamespace = "default";

    /// <summary>The namespace that is meant where none is said.</summary>
    public string Namespace { get; init; } = DefaultNamespace;

    /// <summary>Why this machine cannot talk to it, which is known before any certificate is read; null: it can.</summary>
    public string? TlsObstacle { get; init; }

    /// <summary>Whether certificates count, and may be read.</summary>
    public bool UsesTls => Server.Scheme == Uri.UriSchemeHttps && TlsObstacle is null;

    /// <summary>Who may have signed the server's certificate; null: those whom this machine trusts.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>Whether any certificate will do.</summary>
    public bool SkipTlsVerify { get; init; }

    /// <summary>The name in the server's certificate; empty: as in <see cref="Server"/>.</summary>
    public string TlsServerName { get; init; } = "";

    /// <summary>Our certificate.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>Our token or password.</summary>
    public ServiceClientCredentials? Credentials { get; init; }

    /// <summary>The command that gets us a token or a certificate. Not run before there is something to ask the server.</summary>
    public ExternalExecution? Command { get; init; }

    /// <summary>On whose behalf to ask.</summary>
    public string Impersonate { get; init; } = "";

    /// <summary>As members of which groups.</summary>
    public IReadOnlyList<string> ImpersonateGroups { get; init; } = [];
}
