using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s;
using k8s.Authentication;
using k8s.KubeConfigModels;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Strings;
using YamlDotNet.Core;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>
/// Kubeconfig files, read as kubectl reads them. If several files have an entry of one name, the first file counts. Paths are
/// relative to their file. The library only parses the YAML. Its own configuration would run credential plug-ins before anything
/// is asked, and supports neither token files nor several authorities.
/// </summary>
internal sealed class Kubeconfig
{
    private readonly List<K8SConfiguration> _files = [];
    private readonly List<string> _texts = [];
    private readonly string _origin;

    private Kubeconfig(IEnumerable<string> files)
    {
        foreach (string file in files)
            Load(file);
        _origin = string.Join(":", _files.Select(f => f.FileName));
    }

    /// <summary>
    /// The API server that the kubeconfigs lead to; null: there is no kubeconfig, or it has no current context, and nobody asked
    /// for it.
    /// </summary>
    /// <exception cref="SelectionException">The kubeconfig or the context that was asked for cannot be used.</exception>
    public static ApiEndpoint? Find(string? given, string? context, KubernetesSurroundings surroundings)
    {
        if (given is not null && !GivenFile.Exists(given))
            throw new SelectionException($"kubeconfig '{given}' is not there: name a file that kubectl works with (kubectl config view)");
        IReadOnlyList<string> files = Files(given, surroundings);
        if (files.Count > 0)
            return new Kubeconfig(files).Endpoint(context, isAskedFor: given is not null, surroundings);
        if (context is not null)
            throw new SelectionException($"context '{context}' is not known: there is no kubeconfig; name one with --kubeconfig");
        return null;
    }

    /// <summary>The kubeconfigs that exist: the given one, or the usual ones.</summary>
    public static IReadOnlyList<string> Files(string? given, KubernetesSurroundings surroundings) =>
        [.. (given is not null ? [given] : Usual(surroundings)).Where(GivenFile.Exists)];

    private static string[] Usual(KubernetesSurroundings surroundings)
    {
        if (surroundings.Variable("KUBECONFIG") is { Length: > 0 } list)
            return list.Split(':', StringSplitOptions.RemoveEmptyEntries);
        return surroundings.Variable("HOME") is { Length: > 0 } home ? [Path.Combine(home, ".kube", "config")] : [];
    }

    private void Load(string file)
    {
        try
        {
            byte[] bytes = GivenFile.ReadBytes(file);
            string text = Encoding.UTF8.GetString(bytes);
            YamlBounds.Require(new StringReader(text));
            using var stream = new MemoryStream(bytes);
            K8SConfiguration config = KubernetesClientConfiguration.LoadKubeConfig(stream) ?? new K8SConfiguration();
            config.FileName = Path.GetFullPath(file);
            _files.Add(config);
            _texts.Add(text);
        }
        catch (Exception e) when (e is YamlException or InvalidCastException)
        {
            // If it is YAML, but no kubeconfig, the library's message is about its own types
            string why = e is SyntaxErrorException or SemanticErrorException
                ? FirstLine(e.Message)
                : "what stands there is not of a kubeconfig";
            long line = (e as YamlException)?.Start.Line ?? 1;
            throw new SelectionException($"kubeconfig '{file}' cannot be read: line {line}: {why}; compare `kubectl config view`");
        }
        catch (TooMuchException e)
        {
            throw new SelectionException(
                $"kubeconfig '{file}' cannot be read: it has {e.Message}, which no kubeconfig has; name a file that kubectl works with");
        }
        catch (GivenFileException e)
        {
            throw new SelectionException($"kubeconfig '{file}' cannot be read: {e.Reason}; name a file that kubectl works with");
        }
    }

    private static string FirstLine(string text) => text.Split('\n')[0].TrimEnd('\r', '.');

    private ApiEndpoint? Endpoint(string? wanted, bool isAskedFor, KubernetesSurroundings surroundings)
    {
        string? name = wanted ?? _files.Select(f => f.CurrentContext).FirstOrDefault(c => !string.IsNullOrEmpty(c));
        List<string> known = [.. _files.SelectMany(f => f.Contexts ?? []).Select(c => c?.Name).OfType<string>()];
        if (name is null)
        {
            string choice = known.Count > 0 ? $" (it has: {string.Join(", ", known)})" : "";
            return !isAskedFor ? null : throw new SelectionException(
                $"kubeconfig '{_origin}' has no current context; choose one with --context{choice}");
        }
        (ContextDetails? context, _) = Named(f => f.Contexts, c => c.Name == name ? c.ContextDetails : null);
        if (context is null)
        {
            string choice = known.Count > 0 ? $"{_origin} has: {string.Join(", ", known)}" : $"{_origin} has none";
            throw SelectionException.UnknownName("context", name, known, choice);
        }
        (ClusterEndpoint? cluster, string clusterFolder) =
            Named(f => f.Clusters, c => c.Name == context.Cluster ? c.ClusterEndpoint : null);
        if (!Uri.TryCreate(cluster?.Server, UriKind.Absolute, out Uri? server) || server.Scheme is not ("https" or "http"))
        {
            string why = cluster is null ? "which is not there" : $"whose server '{cluster.Server}' is not an http or https address";
            throw new SelectionException($"kubeconfig '{_origin}': context '{name}' wants cluster '{context.Cluster}', {why}");
        }
        var endpoint = new ApiEndpoint(server, $"context '{name}' in {_origin}")
        {
            Namespace = string.IsNullOrEmpty(context.Namespace) ? ApiEndpoint.DefaultNamespace : context.Namespace,
            SkipTlsVerify = cluster!.SkipTlsVerify,
            TlsServerName = cluster.TlsServerName ?? "",
            Proxy = ProxyOf(context.Cluster),
        };
        bool needsTls = server.Scheme == Uri.UriSchemeHttps || endpoint.Proxy?.Scheme == Uri.UriSchemeHttps;
        endpoint = endpoint with { TlsObstacle = needsTls ? surroundings.TlsObstacle() : null };
        try
        {
            if (endpoint.UsesTls && Text(cluster.CertificateAuthorityData, cluster.CertificateAuthority, clusterFolder) is { } authorities)
            {
                endpoint = endpoint with { Authorities = [] };
                endpoint.Authorities.ImportFromPem(authorities);
            }
            return string.IsNullOrEmpty(context.User) ? endpoint : As(context.User, endpoint);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or CryptographicException)
        {
            throw new SelectionException(
                $"kubeconfig '{_origin}': what context '{name}' names as certificate, key or token cannot be used: {FirstLine(e.Message)}");
        }
    }

    private Uri? ProxyOf(string cluster)
    {
        if (MoreEntries.Proxy(_texts, cluster) is not { Length: > 0 } text)
            return null;
        bool isProxy = Uri.TryCreate(text, UriKind.Absolute, out Uri? proxy)
            && proxy.Scheme is "http" or "https" or "socks5" && proxy.Host.Length > 0;
        return isProxy ? proxy
            : throw new SelectionException(
                $"kubeconfig '{_origin}': the proxy-url of cluster '{cluster}' is not an http, https or socks5 address");
    }

    private ApiEndpoint As(string name, ApiEndpoint endpoint)
    {
        (UserCredentials? user, string folder) =
            Named(f => f.Users, u => u.Name == name ? u.UserCredentials ?? new UserCredentials() : null);
        if (user is null)
            throw new SelectionException($"kubeconfig '{_origin}' has no user '{name}', as whom {endpoint.Origin} is to be used");
        if (endpoint.UsesTls && Text(user.ClientCertificateData, user.ClientCertificate, folder) is { } certificate
            && Text(user.ClientKeyData, user.ClientKey, folder) is { } key)
        {
            endpoint = endpoint with { ClientCertificate = X509Certificate2.CreateFromPem(certificate, key) };
        }
        return endpoint with
        {
            Credentials = CredentialsOf(name, user, folder),
            Command = CommandOf(user, folder),
            Impersonate = user.Impersonate ?? "",
            ImpersonateGroups = [.. user.ImpersonateGroups ?? []],
        };
    }

    /// <summary>The credential plug-in. A path is relative to the kubeconfig; a name without a slash is searched in PATH.</summary>
    private static ExternalExecution? CommandOf(UserCredentials user, string folder)
    {
        if (user.ExternalExecution is { Command: { } path } command && path.Contains('/'))
            command.Command = Path.GetFullPath(path, folder);
        return user.ExternalExecution;
    }

    private ServiceClientCredentials? CredentialsOf(string name, UserCredentials user, string folder)
    {
        // If there are both, kubectl takes the file
        if (MoreEntries.TokenFile(_texts, name) is { Length: > 0 } file)
            return new TokenCredentials(new TokenFile(Path.Combine(folder, file)));
        if (!string.IsNullOrWhiteSpace(user.Token))
            return new TokenCredentials(user.Token.Trim());
        return string.IsNullOrEmpty(user.UserName)
            ? null
            : new BasicAuthenticationCredentials { UserName = user.UserName, Password = user.Password };
    }

    /// <summary>An entry of the first file that has it, and the folder of that file.</summary>
    private (TDetails? Details, string Folder) Named<T, TDetails>(Func<K8SConfiguration, IEnumerable<T>?> entries, Func<T, TDetails?> match)
        where TDetails : class
    {
        foreach (K8SConfiguration file in _files)
        {
            if ((entries(file) ?? []).OfType<T>().Select(match).FirstOrDefault(d => d is not null) is { } details)
                return (details, Path.GetDirectoryName(file.FileName) ?? "/");
        }
        return (null, "");
    }

    /// <summary>PEM text, from the kubeconfig itself or from a file that it names; null: from neither.</summary>
    private static string? Text(string? data, string? file, string folder)
    {
        if (!string.IsNullOrEmpty(data))
            return Encoding.UTF8.GetString(Convert.FromBase64String(data));
        return string.IsNullOrEmpty(file) ? null : GivenFile.ReadText(Path.Combine(folder, file));
    }
}
