namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>
/// The client that all watches share. Where the server no longer knows it, a new one is made from what the files say then: tokens and
/// certificates are renewed there.
/// </summary>
internal sealed class ApiSession(Func<ApiEndpoint> find) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private ApiClient? _client;

    public async Task<ApiClient> GetAsync(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return _client ??= await ApiClient.OpenAsync(find(), cancellation).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>That one is not to be used again.</summary>
    public void GiveUp(ApiClient client) => Interlocked.CompareExchange(ref _client, null, client);

    public void Dispose() => _turn.Dispose();
}
