using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using k8s;
using k8s.Authentication;
using k8s.KubeConfigModels;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>
/// The command of a kubeconfig that tells a token or a certificate (<c>exec</c>). The library's own provider would run it again for a token
/// that is already there.
/// </summary>
internal sealed class CredentialPlugin(ExternalExecution command) : ITokenProvider
{
    private static readonly TimeSpan s_early = TimeSpan.FromSeconds(30);
    private volatile ExecCredentialResponse.ExecStatus? _answer;

    public bool HasToken => !string.IsNullOrEmpty(_answer?.Token);

    public X509Certificate2? Certificate =>
        _answer is { ClientCertificateData: { Length: > 0 } certificate, ClientKeyData: { Length: > 0 } key } ? X509Certificate2.CreateFromPem(certificate, key) : null;

    /// <summary>The command may want to ask its own server: it does not hold up the caller's thread.</summary>
    public async Task RunAsync(CancellationToken cancellation) =>
        _answer = (await Task.Run(() => KubernetesClientConfiguration.ExecuteExternalCommand(command), cancellation).WaitAsync(cancellation).ConfigureAwait(false)).Status;

    public async Task<AuthenticationHeaderValue> GetAuthenticationHeaderAsync(CancellationToken cancellationToken)
    {
        if (_answer?.ExpirationTimestamp is { } end && DateTime.UtcNow > end.ToUniversalTime() - s_early)
            await RunAsync(cancellationToken).ConfigureAwait(false);
        return new AuthenticationHeaderValue("Bearer", _answer?.Token);
    }
}
