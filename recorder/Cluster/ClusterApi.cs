using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using TcpTracer.Formats.Strings;
using TcpTracer.Recorder.Machine;
using TcpTracer.Recorder.Workloads;
using TcpTracer.Recorder.Workloads.Kubernetes;

namespace TcpTracer.Recorder.Cluster;

/// <summary>The API server of a cluster, asked as kubectl asks it. Any thread may ask.</summary>
public sealed class ClusterApi
{
    private const int PageLength = 200;
    private readonly ApiEndpoint _endpoint;
    private readonly KubernetesSurroundings _surroundings;
    private readonly ApiSession _session;

    private ClusterApi(ApiEndpoint endpoint, Func<ApiEndpoint> find, KubernetesSurroundings surroundings)
    {
        (_endpoint, _surroundings) = (endpoint, surroundings);
        _session = new ApiSession(find, surroundings.PluginTime);
    }

    /// <summary>Its address, without a password.</summary>
    public string Server =>
        _endpoint.Server.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/');

    /// <summary>Where the server and the credentials are written, for people.</summary>
    public string Origin => _endpoint.Origin;

    /// <summary>The namespace that is meant if a name has none.</summary>
    public string Namespace => _endpoint.Namespace;

    /// <summary>So long a stream may be silent: an agent where nothing happens writes a clock every ten seconds.</summary>
    private TimeSpan StreamPatience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>So long the server may take until a command runs in a container: somebody looks at a screen.</summary>
    private static readonly TimeSpan s_execPatience = TimeSpan.FromSeconds(20);

    /// <summary>The same, but for how long a stream may be silent.</summary>
    internal ClusterApi WithPatience(TimeSpan patience) => new(_endpoint, () => _endpoint, _surroundings) { StreamPatience = patience };

    /// <summary>Finds the API as kubectl does, and does not ask it yet.</summary>
    /// <exception cref="SelectionException">There is none, or the kubeconfig cannot be used.</exception>
    public static ClusterApi Find(SourceOptions options) => Find(options, new KubernetesSurroundings());

    internal static ClusterApi Find(SourceOptions options, KubernetesSurroundings surroundings)
    {
        ApiEndpoint? FindOne() => Kubeconfig.Find(options.Kubeconfig, options.Context, surroundings) ?? ServiceAccount.Find(surroundings);
        ApiEndpoint found = FindOne() ?? throw new SelectionException(WhyNone(options, surroundings));
        return new ClusterApi(found, () => FindOne() ?? found, surroundings);
    }

    private static string WhyNone(SourceOptions options, KubernetesSurroundings surroundings)
    {
        IReadOnlyList<string> files = Kubeconfig.Files(options.Kubeconfig, surroundings);
        string given = surroundings.Variable("KUBECONFIG") ?? "";
        return files.Count > 0
            ? $"kubeconfig '{string.Join(':', files)}' has no current context: name one with --context (kubectl config get-contexts)"
            : given.Length > 0 ? $"KUBECONFIG is '{given}', and no such file is there: name a kubeconfig with --kubeconfig"
            : "there is no kubeconfig, which tells where the cluster is: name one with --kubeconfig, or set KUBECONFIG as for kubectl";
    }

    /// <summary>Gets an object.</summary>
    /// <returns>null: there is none of that name.</returns>
    internal async Task<T?> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellation) where T : class
    {
        try
        {
            return Parse(await AskAsync(HttpMethod.Get, path, null, "", cancellation).ConfigureAwait(false), type);
        }
        catch (ClusterException e) when (e.Fault == ClusterFault.NotFound)
        {
            return null;
        }
    }

    /// <summary>Lists objects, all pages.</summary>
    internal async Task<List<T>> ListAsync<T>(
        string path, string labels, JsonTypeInfo<ObjectList<T>> type, CancellationToken cancellation)
    {
        var all = new List<T>();
        string? next = null;
        for (int pages = 0; pages < ApiLimits.MostPages; pages++)
        {
            string query = $"{path}?limit={PageLength}"
                + (labels.Length > 0 ? $"&labelSelector={Uri.EscapeDataString(labels)}" : "")
                + (next is null ? "" : $"&continue={Uri.EscapeDataString(next)}");
            ObjectList<T>? page = Parse(await AskAsync(HttpMethod.Get, query, null, "", cancellation).ConfigureAwait(false), type);
            all.AddRange((page?.Items ?? []).Where(i => i is not null));
            next = page?.Metadata?.Continue;
            if (string.IsNullOrEmpty(next))
                break;
        }
        return all;
    }

    /// <summary>Creates or changes an object.</summary>
    /// <returns>The answer's body.</returns>
    internal Task<byte[]> SendAsync(HttpMethod method, string path, string body, string contentType, CancellationToken cancellation) =>
        AskAsync(method, path, Encoding.UTF8.GetBytes(body), contentType, cancellation);

    /// <summary>Deletes an object.</summary>
    /// <returns>Whether it was there.</returns>
    public async Task<bool> DeleteAsync(string path, CancellationToken cancellation)
    {
        try
        {
            await AskAsync(HttpMethod.Delete, path, null, "", cancellation).ConfigureAwait(false);
            return true;
        }
        catch (ClusterException e) when (e.Fault == ClusterFault.NotFound)
        {
            return false;
        }
    }

    /// <summary>Asks whether we may do something.</summary>
    /// <param name="access">What.</param>
    /// <param name="cancellation">Ends the question.</param>
    public async Task<bool> MayAsync(ClusterAccess access, CancellationToken cancellation)
    {
        var review = new AccessReview("authorization.k8s.io/v1", "SelfSubjectAccessReview", new AccessReviewSpec(new ResourceAttributes(
            access.Verb, access.Group, access.Resource, access.Subresource.Length > 0 ? access.Subresource : null,
            access.Namespace.Length > 0 ? access.Namespace : null)));
        byte[] answer = await SendAsync(HttpMethod.Post, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            JsonSerializer.Serialize(review, ClusterJson.Default.AccessReview), "application/json", cancellation).ConfigureAwait(false);
        return Parse(answer, ClusterJson.Default.AccessReviewAnswer)?.Status?.Allowed == true;
    }

    /// <summary>Runs a command in a container.</summary>
    /// <param name="pod">Where.</param>
    /// <param name="command">What.</param>
    /// <param name="onErrorLine">Gets the lines of its standard error.</param>
    /// <param name="cancellation">Ends the connecting.</param>
    /// <exception cref="ClusterException">The server does not let us, or cannot be reached.</exception>
    public async Task<ExecStream> ExecAsync(
        AgentPod pod, IEnumerable<string> command, Action<string> onErrorLine, CancellationToken cancellation)
    {
        string path = $"/api/v1/namespaces/{pod.Namespace}/pods/{pod.Name}/exec?container={AgentPod.Container}"
            + $"&stdin=true&stdout=true&stderr=true{string.Concat(command.Select(w => $"&command={Uri.EscapeDataString(w)}"))}";
        return await WithClientAsync(async (client, anyTime) =>
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(anyTime);
            patience.CancelAfter(s_execPatience);
            CancellationToken time = patience.Token;
            System.Net.WebSockets.ClientWebSocket socket;
            try
            {
                socket = await client.ConnectAsync(path, [ExecStream.Version5, ExecStream.Version4], time).ConfigureAwait(false);
            }
            catch (ApiException e) when (!e.IsUnauthorized)
            {
                // Servers before 1.29 may refuse whoever offers version 5
                socket = await client.ConnectAsync(path, [ExecStream.Version4], time).ConfigureAwait(false);
            }
            return new ExecStream(socket, StreamPatience) { OnErrorLine = onErrorLine };
        }, cancellation).ConfigureAwait(false);
    }

    private Task<byte[]> AskAsync(HttpMethod method, string path, byte[]? body, string contentType, CancellationToken cancellation) =>
        WithClientAsync(async (client, time) =>
        {
            using ByteArrayContent? content = body is null ? null : new ByteArrayContent(body);
            if (content is not null)
                content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
            Stream answer = await client.SendAsync(method, path, content, time).ConfigureAwait(false);
            await using (answer.ConfigureAwait(false))
                return await ReadAsync(answer, time).ConfigureAwait(false);
        }, cancellation);

    private static async Task<byte[]> ReadAsync(Stream answer, CancellationToken cancellation)
    {
        var whole = new MemoryStream();
        byte[] piece = new byte[64 * 1024];
        while (await answer.ReadAsync(piece, cancellation).ConfigureAwait(false) is > 0 and var count)
        {
            whole.Write(piece, 0, count);
            if (whole.Length > ApiLimits.LongestPiece)
                throw new TooMuchException($"an answer of more than {ApiLimits.LongestPiece >> 20} MB");
        }
        return whole.ToArray();
    }

    /// <summary>Does something with a client. If the server no longer accepts it, a new one is made of what the files say now.</summary>
    private async Task<T> WithClientAsync<T>(Func<ApiClient, CancellationToken, Task<T>> action, CancellationToken cancellation)
    {
        for (bool isAgain = false; ; isAgain = true)
        {
            ApiClient? client = null;
            try
            {
                client = await _session.GetAsync(cancellation).ConfigureAwait(false);
                using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                time.CancelAfter(_surroundings.PageTime);
                return await action(client, time.Token).ConfigureAwait(false);
            }
            catch (ApiException e) when (e.IsUnauthorized && !isAgain)
            {
                _session.GiveUp(client!);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                throw;
            }
            catch (Exception e) when (e is ApiException or HttpRequestException or IOException or NoTlsException or PluginException
                or TooMuchException or JsonException or OperationCanceledException or k8s.Exceptions.KubeConfigException
                or Formats.Files.GivenFileException or System.Net.WebSockets.WebSocketException)
            {
                throw new ClusterException(e);
            }
        }
    }

    private static T? Parse<T>(byte[] json, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type);
        }
        catch (JsonException e)
        {
            throw new ClusterException(e);
        }
    }
}
