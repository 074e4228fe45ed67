using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using k8s.Authentication;
using TcpTracer.Recorder.Machine;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>Asks one API server, as one user. Any thread may ask.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "One client lives as long as the recording.")]
internal sealed class ApiClient
{
    private const int LongestStatus = 64 * 1024;
    private const int SecondsOfSilence = 30, SecondsBetweenProbes = 10, Probes = 3;

    // The kernel tries again after 1, 3, 7 and 15 seconds. Rather than wait for the last, we begin anew
    private static readonly TimeSpan s_connectTime = TimeSpan.FromSeconds(8);

    private readonly ApiEndpoint _endpoint;
    private readonly ServiceClientCredentials? _credentials;
    private readonly SocketsHttpHandler _handler;
    private readonly HttpClient _http;

    private ApiClient(ApiEndpoint endpoint, ServiceClientCredentials? credentials, X509Certificate2? certificate)
    {
        _endpoint = endpoint;
        _credentials = credentials;
        _handler = new SocketsHttpHandler
        {
            SslOptions = Tls(endpoint, certificate),
            AllowAutoRedirect = false, // another server must not get our token
            AutomaticDecompression = DecompressionMethods.None, // a short body could become a huge one
            UseCookies = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = s_connectTime,
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            ConnectCallback = ConnectAsync,
        };
        if (endpoint.Proxy is { } proxy)
            _handler.Proxy = new WebProxy(proxy) { Credentials = CredentialsIn(proxy) };
        _http = new HttpClient(_handler) { Timeout = Timeout.InfiniteTimeSpan }; // a watch lasts
    }

    /// <summary>The user and the password in the address of a proxy; null: there are none.</summary>
    private static NetworkCredential? CredentialsIn(Uri proxy) => proxy.UserInfo.Split(':', 2) is [{ Length: > 0 } user, .. var rest]
        ? new NetworkCredential(Uri.UnescapeDataString(user), rest is [var password] ? Uri.UnescapeDataString(password) : "")
        : null;

    /// <summary>Makes a client; runs the credential plug-in, if there is one.</summary>
    /// <param name="endpoint">The server, and as whom to ask it.</param>
    /// <param name="pluginTime">How long the plug-in may take.</param>
    /// <param name="cancellation">Ends the plug-in.</param>
    /// <exception cref="NoTlsException">The server needs TLS, and this machine has none.</exception>
    /// <exception cref="PluginException">The plug-in returns no credentials.</exception>
    public static async Task<ApiClient> OpenAsync(ApiEndpoint endpoint, TimeSpan pluginTime, CancellationToken cancellation)
    {
        if (endpoint.TlsObstacle is { } obstacle)
            throw new NoTlsException(obstacle);
        if (endpoint.Command is null)
            return new ApiClient(endpoint, endpoint.Credentials, endpoint.ClientCertificate);
        var plugin = new CredentialPlugin(endpoint.Command, pluginTime);
        await plugin.RunAsync(cancellation).ConfigureAwait(false);
        X509Certificate2? certificate = endpoint.UsesTls ? plugin.Certificate : null;
        return new ApiClient(
            endpoint, plugin.HasToken ? new TokenCredentials(plugin) : endpoint.Credentials, certificate ?? endpoint.ClientCertificate);
    }

    /// <summary>The body of an answer with status 200, as it comes in. The caller owns it.</summary>
    /// <exception cref="ApiException">The answer has another status.</exception>
    public Task<Stream> GetAsync(string pathAndQuery, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Get, pathAndQuery, null, cancellation);

    /// <summary>Sends a request, and returns the body of a good answer as it comes in. The caller owns it.</summary>
    /// <param name="method">What to do.</param>
    /// <param name="pathAndQuery">With which object.</param>
    /// <param name="content">The body of the request; null: none.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ApiException">The answer has another status.</exception>
    public async Task<Stream> SendAsync(HttpMethod method, string pathAndQuery, HttpContent? content, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, UriOf(pathAndQuery)) { Content = content };
        request.Headers.Accept.ParseAdd("application/json");
        await AddHeadersAsync(request, cancellation).ConfigureAwait(false);
        HttpResponseMessage answer =
            await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
        if (answer.StatusCode == HttpStatusCode.OK || (method != HttpMethod.Get && answer.IsSuccessStatusCode))
            return await answer.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        using (answer)
            throw await ErrorAsync(answer, cancellation).ConfigureAwait(false);
    }

    /// <summary>Opens a WebSocket. The caller owns it.</summary>
    /// <param name="pathAndQuery">What to connect to.</param>
    /// <param name="protocols">The protocols that are offered, the best first.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ApiException">The server refuses.</exception>
    public async Task<ClientWebSocket> ConnectAsync(string pathAndQuery, IEnumerable<string> protocols, CancellationToken cancellation)
    {
        var socket = new ClientWebSocket();
        try
        {
            foreach (string protocol in protocols)
                socket.Options.AddSubProtocol(protocol);
            UriBuilder uri = new(UriOf(pathAndQuery));
            uri.Scheme = uri.Scheme == Uri.UriSchemeHttps ? Uri.UriSchemeWss : Uri.UriSchemeWs;
            using var upgrade = new HttpMessageInvoker(new Upgrade(this), disposeHandler: false);
            await socket.ConnectAsync(uri.Uri, upgrade, cancellation).ConfigureAwait(false);
            return socket;
        }
        catch (WebSocketException e) when (e.InnerException is { } cause)
        {
            socket.Dispose();
            ExceptionDispatchInfo.Throw(cause);
            throw;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The request that becomes a WebSocket: as ourselves, and with the words of a refusal.</summary>
    private sealed class Upgrade(ApiClient client) : DelegatingHandler(client._handler)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
        {
            await client.AddHeadersAsync(request, cancellation).ConfigureAwait(false);
            HttpResponseMessage answer = await base.SendAsync(request, cancellation).ConfigureAwait(false);
            if (answer.StatusCode == HttpStatusCode.SwitchingProtocols)
                return answer;
            using (answer)
                throw await ErrorAsync(answer, cancellation).ConfigureAwait(false);
        }
    }

    private Uri UriOf(string pathAndQuery) => new(_endpoint.Server.AbsoluteUri.TrimEnd('/') + pathAndQuery);

    private async Task AddHeadersAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        request.Headers.UserAgent.ParseAdd("tcptracer");
        if (_endpoint.TlsServerName.Length > 0)
            request.Headers.Host = _endpoint.TlsServerName; // .NET compares the certificate with this name
        if (_endpoint.Impersonate.Length > 0)
            request.Headers.Add("Impersonate-User", _endpoint.Impersonate);
        foreach (string group in _endpoint.ImpersonateGroups)
            request.Headers.Add("Impersonate-Group", group);
        if (_credentials is not null)
            await _credentials.ProcessHttpRequestAsync(request, cancellation).ConfigureAwait(false);
    }

    private static async Task<ApiException> ErrorAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        string message = "";
        try
        {
            await answer.Content.LoadIntoBufferAsync(LongestStatus, cancellation).ConfigureAwait(false);
            byte[] body = await answer.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
            message = JsonSerializer.Deserialize(body, ApiJson.Default.ApiStatus)?.Message ?? "";
        }
        catch (Exception e) when (e is JsonException or HttpRequestException or IOException)
        {
            // Not the API server has answered, but something on the way to it: only the status tells something
        }
        return new ApiException((int)answer.StatusCode, message.Length > 0 ? message : answer.ReasonPhrase ?? "")
        {
            RetryAfter = answer.Headers.RetryAfter?.Delta ?? TimeSpan.Zero,
        };
    }

    /// <summary>Connects with keep-alive: a watch may be silent for minutes, and the kernel must notice if the other end is gone.</summary>
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, SecondsOfSilence);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, SecondsBetweenProbes);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, Probes);
            await socket.ConnectAsync(context.DnsEndPoint, cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static SslClientAuthenticationOptions Tls(ApiEndpoint endpoint, X509Certificate2? certificate)
    {
        var tls = new SslClientAuthenticationOptions();
        if (certificate is not null)
            tls.ClientCertificates = [certificate];
        if (endpoint.SkipTlsVerify)
        {
#pragma warning disable CA5359 // the kubeconfig asks for it: insecure-skip-tls-verify
            tls.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (endpoint.Authorities is not null)
        {
            tls.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            tls.CertificateChainPolicy.CustomTrustStore.AddRange(endpoint.Authorities);
        }
        return tls;
    }
}
