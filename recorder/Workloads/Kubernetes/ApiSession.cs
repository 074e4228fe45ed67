namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>
/// The client that all watches share, and whatever keeps it from being made, such as a credential plug-in that does not end. Where the server no longer
/// knows it, a new one is made from what the files say then: tokens and certificates are renewed there.
/// </summary>
/// <param name="find">Reads the files.</param>
/// <param name="pluginTime">How long a credential plug-in may take.</param>
internal sealed class ApiSession(Func<ApiEndpoint> find, TimeSpan pluginTime)
{
    private readonly object _lock = new();
    private Task<ApiClient>? _client;

    public Task<ApiClient> GetAsync(CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (_client is null or { IsFaulted: true } or { IsCanceled: true })
                _client = Task.Run(() => ApiClient.OpenAsync(find(), pluginTime, cancellation), cancellation);
            return _client;
        }
    }

    /// <summary>That one is not to be used again.</summary>
    public void GiveUp(ApiClient client)
    {
        lock (_lock)
        {
            if (_client is { IsCompletedSuccessfully: true } && _client.Result == client)
                _client = null;
        }
    }
}
