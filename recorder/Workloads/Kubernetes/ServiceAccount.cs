using System.Security.Cryptography.X509Certificates;
using k8s.Authentication;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>What Kubernetes gives a pod to talk to it with.</summary>
internal static class ServiceAccount
{
    /// <summary>Null: not in a pod, or one without a token.</summary>
    public static ApiEndpoint? Find(KubernetesSurroundings surroundings)
    {
        string? host = surroundings.Variable("KUBERNETES_SERVICE_HOST"), port = surroundings.Variable("KUBERNETES_SERVICE_PORT");
        string File(string name) => Path.Combine(surroundings.ServiceAccountFolder, name);
        if (string.IsNullOrEmpty(host) || !ushort.TryParse(port, out ushort number) || !System.IO.File.Exists(File("token")))
            return null;
        var endpoint = new ApiEndpoint(new UriBuilder(Uri.UriSchemeHttps, host, number).Uri, $"the service account in {surroundings.ServiceAccountFolder}")
        {
            // Reads the file again every minute: the kubelet renews it
            Credentials = new TokenCredentials(new TokenFileAuth(File("token"))),
            TlsObstacle = surroundings.TlsObstacle(),
        };
        if (endpoint.UsesTls && System.IO.File.Exists(File("ca.crt")))
        {
            endpoint = endpoint with { Authorities = [] };
            endpoint.Authorities.ImportFromPemFile(File("ca.crt"));
        }
        if (System.IO.File.Exists(File("namespace")) && System.IO.File.ReadAllText(File("namespace")).Trim() is { Length: > 0 } name)
            endpoint = endpoint with { Namespace = name };
        return endpoint;
    }
}
