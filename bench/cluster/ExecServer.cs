using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;

namespace TcpTracer.Bench.Cluster;

/// <summary>
/// As much of an API server as `tcptracer cluster` asks for: it allows everything, lists an agent on each node, and serves exec. Plain HTTP
/// on loopback, so TLS is not measured.
/// </summary>
internal sealed class ExecServer : IDisposable
{
    private const string Namespace = "tcptracer", Protocol = "v5.channel.k8s.io";
    private readonly HttpListener _listener = new();
    private readonly IReadOnlyList<NodeFeed> _feeds;

    /// <param name="feeds">What each node sends.</param>
    public ExecServer(IReadOnlyList<NodeFeed> feeds)
    {
        _feeds = feeds;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Url = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
        }
        _listener.Prefixes.Add($"{Url}/");
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public string Url { get; }

    /// <summary>A kubeconfig that leads here.</summary>
    public string Kubeconfig => $$"""
        apiVersion: v1
        kind: Config
        current-context: bench
        clusters: [{name: bench, cluster: {server: "{{Url}}"} }]
        users: [{name: bench, user: {} }]
        contexts: [{name: bench, context: {cluster: bench, user: bench} }]
        """;

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = AnswerAsync(await _listener.GetContextAsync().ConfigureAwait(false));
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // it was ended
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        string path = context.Request.Url!.AbsolutePath;
        if (context.Request.IsWebSocketRequest)
        {
            int node = int.Parse(path.Split('/')[^2].Split('-')[^1], System.Globalization.CultureInfo.InvariantCulture);
            using WebSocket socket = (await context.AcceptWebSocketAsync(Protocol).ConfigureAwait(false)).WebSocket;
            await _feeds[node].ServeAsync(socket).ConfigureAwait(false);
            return;
        }
        string answer = path.EndsWith("/pods", StringComparison.Ordinal) ? Pods()
            : path.EndsWith("/selfsubjectaccessreviews", StringComparison.Ordinal) ? """{"status":{"allowed":true}}""" : "{}";
        byte[] body = Encoding.UTF8.GetBytes(answer);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength64 = body.Length;
        await context.Response.OutputStream.WriteAsync(body).ConfigureAwait(false);
        context.Response.Close();
    }

    private string Pods() => $$"""{"metadata":{},"items":[{{string.Join(',', Enumerable.Range(0, _feeds.Count).Select(Pod))}}]}""";

    private static string Pod(int node) => $$"""
        {"metadata":{"name":"agent-{{node}}","namespace":"{{Namespace}}","uid":"uid-{{node}}"},
        "spec":{"nodeName":"{{ClusterTraffic.NameOf(node)}}","containers":[{"name":"tcptracer","image":"bench"}]},
        "status":{"phase":"Running","containerStatuses":[{"name":"tcptracer","ready":true,
        "restartCount":0,"state":{"running":{} } }]} }
        """;

    public void Dispose() => _listener.Close();
}
