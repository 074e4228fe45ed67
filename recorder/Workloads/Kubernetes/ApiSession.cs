namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>
/// The client that all watches share. While it is being made, which a credential plug-in can delay, all of them wait. If the
/// server no longer accepts it, a new one is made from what the files say then: tokens and certificates are renewed there. Any
/// thread may call.
/// </summary>
/// <param name="find">Reads the kubeconfigs or the service account.</param>
/// <param name="pluginTime">How long a credential plug-in may take.</param>
internal sealed class ApiSession(Func<ApiEndpoint> find, TimeSpan pluginTime)
{
    private readonly object _lock = new();
    private Task<ApiClient>? _client;

    /// <summary>The client; makes one, if there is none or the last try failed.</summary>
    public Task<ApiClient> GetAsync(CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (_client is null or { IsFaulted: true } or { IsCanceled: true })
                _client = Task.Run(() => ApiClient.OpenAsync(find(), pluginTime, cancellation), cancellation);
            return _client;
        }
    }

    /// <summary>The next <see cref="GetAsync"/> makes another client than this.</summary>
    public void GiveUp(ApiClient client)
    {
        lock (_lock)
        {
            if (_client is { IsCompletedSuccessfully: true } && _client.Result == client)
                _client = null;
        }
    }
}
