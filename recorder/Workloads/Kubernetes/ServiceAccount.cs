using System.Security.Cryptography;
using k8s.Authentication;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>The service account that Kubernetes gives a pod, so that it can ask the API.</summary>
internal static class ServiceAccount
{
    /// <summary>The API server of this pod's cluster; null: we are not in a pod, or the pod has no token.</summary>
    /// <exception cref="SelectionException">A file of the service account cannot be used.</exception>
    public static ApiEndpoint? Find(KubernetesSurroundings surroundings)
    {
        string? host = surroundings.Variable("KUBERNETES_SERVICE_HOST"), port = surroundings.Variable("KUBERNETES_SERVICE_PORT");
        string File(string name) => Path.Combine(surroundings.ServiceAccountFolder, name);
        if (string.IsNullOrEmpty(host) || !ushort.TryParse(port, out ushort number) || !GivenFile.Exists(File("token")))
            return null;
        Uri server = new UriBuilder(Uri.UriSchemeHttps, host, number).Uri;
        var endpoint = new ApiEndpoint(server, $"the service account in {surroundings.ServiceAccountFolder}")
        {
            Credentials = new TokenCredentials(new TokenFile(File("token"))),
            TlsObstacle = surroundings.TlsObstacle(),
        };
        try
        {
            if (endpoint.UsesTls && GivenFile.Exists(File("ca.crt")))
            {
                endpoint = endpoint with { Authorities = [] };
                endpoint.Authorities.ImportFromPem(GivenFile.ReadText(File("ca.crt")));
            }
            return GivenFile.Exists(File("namespace")) && GivenFile.ReadText(File("namespace")).Trim() is { Length: > 0 } name
                ? endpoint with { Namespace = name }
                : endpoint;
        }
        catch (Exception e) when (e is GivenFileException or CryptographicException)
        {
            throw new SelectionException($"{endpoint.Origin} cannot be used: {e.Message.TrimEnd('.')}");
        }
    }
}
