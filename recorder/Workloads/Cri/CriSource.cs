using Grpc.Core;

namespace TcpTracer.Recorder.Workloads.Cri;

/// <summary>
/// A container runtime as a source of names, through its Container Runtime Interface: it knows this node's pods without any credentials for
/// the API. It is polled: what runtimes tell of changes by themselves differs too much to rely on.
/// </summary>
internal sealed class CriSource(CriEndpoint endpoint, TimeSpan period) : IWorkloadSource
{
    private const int AtOnce = 8;
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(1), s_longestPause = TimeSpan.FromSeconds(10), s_pauseWhenUnused = TimeSpan.FromMinutes(1);

    private readonly Lazy<CriClient> _client = new(() => new CriClient(endpoint.Path));
    private readonly object _lock = new();
    private readonly CriPicture _picture = new();
    private Dictionary<string, SeenPod> _reported = new(StringComparer.Ordinal);
    private bool _hasReported;
    private volatile string? _runtime;
    private volatile bool _isUnused;

    /// <summary>The runtime of this machine; null: it has none, and none was asked for. Nothing is connected yet.</summary>
    public static IWorkloadSource? TryCreate(SourceOptions options) => TryCreate(options, new CriPlaces());

    internal static IWorkloadSource? TryCreate(SourceOptions options, CriPlaces places) =>
        CriEndpoint.Find(options.RuntimeEndpoint, places) is { } found ? new CriSource(found, places.Period) : null;

    /// <inheritdoc/>
    public string Description => $"{_runtime ?? "container runtime"} at {endpoint.Path}";

    /// <inheritdoc/>
    public IReadOnlyList<ReopenedFile> Reopened => [new(endpoint.Path, IsWritten: true)];

    /// <inheritdoc/>
    public bool IsLocal => true;

    /// <inheritdoc/>
    public async Task RunAsync(IWorkloadReceiver receiver, CancellationToken cancellation)
    {
        if (!endpoint.IsSocket)
        {
            receiver.OnTrouble(this, CriTrouble.NotASocket(endpoint).Sentence);
            return;
        }
        var health = new CriHealth(this, receiver, isGiven: endpoint.GivenBy is not null);
        var events = new CriEvents();
        TimeSpan pause = period;
        try
        {
            while (true)
            {
                try
                {
                    await PollAsync(receiver, cancellation).ConfigureAwait(false);
                    _isUnused = false;
                    health.OnAnswer();
                    events.Listen(_client.Value, cancellation);
                    pause = period;
                }
                catch (Exception e) when (!cancellation.IsCancellationRequested)
                {
                    CriTrouble trouble = CriTrouble.Of(e, endpoint);
                    health.OnTrouble(trouble);
                    _runtime = null; // what comes back may be another
                    _isUnused = trouble.Kind == CriTroubleKind.NoRuntime;
                    pause = _isUnused && endpoint.GivenBy is null ? s_pauseWhenUnused : health.IsNew ? s_firstPause : TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, s_longestPause.Ticks));
                }
                await events.PauseAsync(pause, cancellation).ConfigureAwait(false);
            }
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            // as wanted
        }
        finally
        {
            if (_client.IsValueCreated)
                _client.Value.Dispose();
        }
    }

    private async Task PollAsync(IWorkloadReceiver receiver, CancellationToken cancellation)
    {
        if (_runtime is null)
        {
            VersionResponse version = await _client.Value.VersionAsync(cancellation).ConfigureAwait(false);
            _runtime = ForeignWords.Short($"{version.RuntimeName} {version.RuntimeVersion}");
        }
        long moment;
        lock (_lock)
            moment = _picture.Moment;
        // Containers first: each that is in the answer has its sandbox in the next one
        IReadOnlyList<Container> containers = await _client.Value.ListContainersAsync(null, cancellation).ConfigureAwait(false);
        IReadOnlyList<PodSandbox> sandboxes = await _client.Value.ListSandboxesAsync(null, cancellation).ConfigureAwait(false);
        await AskForMoreAsync(sandboxes, containers, cancellation).ConfigureAwait(false);
        lock (_lock)
        {
            _picture.Replace(sandboxes, containers, moment);
            Dictionary<string, SeenPod> pods = _picture.ToPods();
            if (_hasReported && pods.Count == _reported.Count && pods.All(p => p.Value.Equals(_reported.GetValueOrDefault(p.Key))))
                return;
            (_reported, _hasReported) = (pods, true);
            receiver.OnPods(this, pods.Values);
        }
    }

    /// <inheritdoc/>
    public async Task LookUpAsync(string containerId, string podUid, IWorkloadReceiver receiver, CancellationToken cancellation)
    {
        if (_isUnused || !endpoint.IsSocket)
            return;
        try
        {
            Container[] containers = [.. (await _client.Value.ListContainersAsync(containerId, cancellation).ConfigureAwait(false)).Where(c => c.Id == containerId)];
            // A container that is gone, or a sandbox's own: at least the pod can be named
            PodSandboxFilter filter = containers.Length > 0 ? new PodSandboxFilter { Id = containers[0].PodSandboxId } : new PodSandboxFilter { LabelSelector = { [CriPicture.UidLabel] = podUid } };
            if (containers.Length == 0 && podUid.Length == 0)
                return;
            IReadOnlyList<PodSandbox> sandboxes = await _client.Value.ListSandboxesAsync(filter, cancellation).ConfigureAwait(false);
            await AskForMoreAsync(sandboxes, containers, cancellation).ConfigureAwait(false);
            lock (_lock)
            {
                _picture.Add(sandboxes, containers);
                foreach ((string uid, SeenPod pod) in _picture.ToPods().Where(p => !p.Value.Equals(_reported.GetValueOrDefault(p.Key))))
                {
                    _reported[uid] = pod;
                    receiver.OnPod(this, pod);
                }
            }
        }
        catch (Exception e) when (e is RpcException or TooMuchException or ObjectDisposedException && !cancellation.IsCancellationRequested)
        {
            // The next poll meets it, too, and tells
        }
    }

    /// <summary>What the lists do not say, of what is new: addresses, and the names of images.</summary>
    private async Task AskForMoreAsync(IEnumerable<PodSandbox> sandboxes, IEnumerable<Container> containers, CancellationToken cancellation)
    {
        string[] withoutAddresses, withoutImage;
        lock (_lock)
        {
            withoutAddresses = [.. sandboxes.Where(_picture.LacksAddresses).Select(s => s.Id)];
            withoutImage = [.. containers.Where(_picture.LacksImage).Select(c => c.Id)];
        }
        var few = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation };
        await Parallel.ForEachAsync(withoutAddresses, few, async (id, token) =>
        {
            PodSandboxStatus? status = await _client.Value.StatusOfSandboxAsync(id, token).ConfigureAwait(false);
            lock (_lock)
                _picture.OnStatus(id, status);
        }).ConfigureAwait(false);
        await Parallel.ForEachAsync(withoutImage, few, async (id, token) =>
        {
            ContainerStatus? status = await _client.Value.StatusOfContainerAsync(id, token).ConfigureAwait(false);
            lock (_lock)
                _picture.OnStatus(id, status);
        }).ConfigureAwait(false);
    }
}
