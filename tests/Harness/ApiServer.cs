using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading.Channels;
using System.Web;

namespace TcpTracer.Tests.Harness;

/// <summary>
/// Plays kube-apiserver, which no package registry has: the same paths, bodies and habits over HTTPS, and on demand the same failures.
/// </summary>
internal sealed class ApiServer : IDisposable
{
    private readonly object _lock = new();
    private readonly X509Certificate2 _certificate;
    private readonly List<TcpClient> _clients = [];
    private readonly string? _netns;
    private readonly IPAddress _address;
    private TcpListener _listener = new(IPAddress.Loopback, 0);
    private long _version = 1000;

    /// <summary>Starts a server.</summary>
    /// <param name="address">The address at which it is reached; null: loopback.</param>
    /// <param name="netns">The network namespace in which it listens; null: this one.</param>
    public ApiServer(string? address = null, string? netns = null)
    {
        (_address, _netns) = (address is null ? IPAddress.Loopback : IPAddress.Parse(address), netns);
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authority = new CertificateRequest("CN=kubernetes", authorityKey, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 root = authority.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        Authority = root.ExportCertificatePem();
        (string certificate, string key) = Issue(root, "kube-apiserver", withName: true);
        _certificate = X509Certificate2.CreateFromPem(certificate, key);
        (ClientCertificate, ClientKey) = Issue(root, "jane", withName: false);
        Resources = new[] { "pods", "services", "nodes" }.ToDictionary(r => r,
            r => new ApiResource(r, () => Interlocked.Increment(ref _version)));
        Start();
    }

    /// <summary>The certificate authority that signed the server's certificate, as PEM.</summary>
    public string Authority { get; }

    public string ClientCertificate { get; }

    public string ClientKey { get; }

    public int Port { get; private set; }

    public string Url => $"https://{_address}:{Port}";

    public IReadOnlyDictionary<string, ApiResource> Resources { get; }

    public ApiResource Pods => Resources["pods"];

    public ApiResource Services => Resources["services"];

    public ApiResource Nodes => Resources["nodes"];

    /// <summary>All other objects: they are listed, created, applied and deleted, but not watched.</summary>
    public ApiStore Store { get; } = new();

    /// <summary>Commands in containers, as kubectl exec runs them.</summary>
    public ApiExec Exec { get; } = new();

    /// <summary>The token that clients must have; null: none is needed.</summary>
    public volatile string? Token;

    /// <summary>What went wrong in the server itself: nothing should.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<Exception> Failures { get; } = new();

    /// <summary>All requests, with the subject of the client's certificate if it had one.</summary>
    public IReadOnlyList<(string Path, string Subject)> Requests
    {
        get
        {
            lock (_lock)
                return [.. _requests];
        }
    }

    private readonly List<(string, string)> _requests = [];

    private (string Certificate, string Key) Issue(X509Certificate2 root, string name, bool withName)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(_address);
        names.AddDnsName("kubernetes.default.svc");
        if (withName)
            request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.Create(root, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1),
            RandomNumberGenerator.GetBytes(8));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>Resets all connections, and stops listening.</summary>
    public void Kill()
    {
        lock (_lock)
        {
            _listener.Stop();
            foreach (TcpClient client in _clients)
                client.Client.Close(0);
            _clients.Clear();
        }
        foreach (ApiResource resource in Resources.Values)
            resource.Drop();
    }

    /// <summary>Listens again at the same address, with the same objects.</summary>
    public void Start()
    {
        _listener = _netns is null ? Listen(IPAddress.Loopback) : TwoHosts.In(_netns, () => Listen(IPAddress.Any));
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync(_listener);
    }

    private TcpListener Listen(IPAddress address)
    {
        var listener = new TcpListener(address, Port);
        listener.Start();
        return listener;
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                TcpClient client = await listener.AcceptTcpClientAsync();
                lock (_lock)
                    _clients.Add(client);
                _ = Task.Run(() => ServeAsync(client));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // the server was killed
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            await using var tls = new SslStream(client.GetStream());
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificate = _certificate, ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
            });
            var reader = new StreamReader(tls, Encoding.Latin1);
            while (await reader.ReadLineAsync() is { } line)
            {
                var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
                while (await reader.ReadLineAsync() is { Length: > 0 } header)
                    headers[header.Split(": ")[0]] = header[(header.IndexOf(": ", StringComparison.Ordinal) + 2)..];
                char[] body = new char[int.Parse(headers.GetValueOrDefault("Content-Length", "0"))];
                if (body.Length > 0)
                    await reader.ReadBlockAsync(body);
                string method = line.Split(' ')[0];
                var uri = new Uri(new Uri(Url), line.Split(' ')[1]);
                lock (_lock)
                    _requests.Add((uri.PathAndQuery, tls.RemoteCertificate?.Subject ?? ""));
                if (ApiExec.IsFor(uri, headers))
                    await Exec.ServeAsync(tls, client, uri, headers);
                else
                    await AnswerAsync(tls, new ApiRequest(method, uri, headers, Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(body))));
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException
            or System.Security.Authentication.AuthenticationException)
        {
            // the client is gone, or the server was killed
        }
        catch (Exception e)
        {
            Failures.Enqueue(e);
        }
    }

    private async Task AnswerAsync(Stream to, ApiRequest request)
    {
        Uri uri = request.Uri;
        ApiResource? resource = uri.AbsolutePath.StartsWith(Core, StringComparison.Ordinal)
            ? Resources.GetValueOrDefault(uri.AbsolutePath[Core.Length..]) : null;
        await (resource?.Gate ?? Task.CompletedTask);
        var query = HttpUtility.ParseQueryString(uri.Query);
        if (Token is { } token && request.Headers.GetValueOrDefault("Authorization") != $"Bearer {token}")
            await WriteAsync(to, 401, Status(401, "Unauthorized", "Unauthorized"));
        else if (resource is null)
            await WriteAsync(to, Store.Answer(request) is var (code, body) ? code : 500, body);
        else if (resource.Odd is { } odd)
            await odd(to, query["watch"] == "true", query["continue"]);
        else if (resource.Refusal is { } refusal)
            await WriteAsync(to, refusal.Code, Status(refusal.Code, refusal.Reason, refusal.Message));
        else if (query["watch"] == "true")
            await WatchAsync(to, resource, long.Parse(query["resourceVersion"]!));
        else
            await WriteAsync(to, resource.List(int.Parse(query["limit"] ?? "0"), query["continue"]) is var (status, list) ? status : 500,
                list);
    }

    private const string Core = "/api/v1/";

    public static string Status(int code, string reason, string message) =>
        $$"""{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"""
            + $$"""{{System.Text.Json.JsonSerializer.Serialize(message)}},"reason":"{{reason}}","code":{{code}}}""" + "\n";

    private static async Task WriteAsync(Stream to, int code, string body)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        await to.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {code} {(HttpStatusCode)code}\r\nAudit-Id: 0d7e\r\nCache-Control: "
            + $"no-cache, private\r\nContent-Type: application/json\r\nContent-Length: {bytes.Length}\r\n\r\n"));
        await to.WriteAsync(bytes);
        await to.FlushAsync();
    }

    private static async Task WatchAsync(Stream to, ApiResource resource, long version)
    {
        await to.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray());
        await to.FlushAsync();
        Channel<string> lines = resource.Watch(version);
        await foreach (string line in lines.Reader.ReadAllAsync())
        {
            byte[] bytes = Encoding.UTF8.GetBytes(line);
            await to.WriteAsync(Encoding.ASCII.GetBytes($"{bytes.Length:x}\r\n"));
            await to.WriteAsync(bytes);
            await to.WriteAsync("\r\n"u8.ToArray());
            await to.FlushAsync();
            if (!line.EndsWith('\n'))
                throw new IOException("cut in mid-object");
        }
        await to.WriteAsync("0\r\n\r\n"u8.ToArray());
        await to.FlushAsync();
    }

    public void Dispose()
    {
        Kill();
        _certificate.Dispose();
    }
}
