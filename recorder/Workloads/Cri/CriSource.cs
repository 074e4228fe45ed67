using Grpc.Core;

namespace TcpTracer.Recorder.Workloads.Cri;

/// <summary>
/// A container runtime as a source of names, through its Container Runtime Interface (CRI). It knows the pods of this node, and
/// needs no credentials for the API. It is polled: runtimes differ too much in how they report changes.
/// </summary>
/// <param name="endpoint">Where to ask it.</param>
/// <param name="period">The time from one poll to the next while it answers.</param>
internal sealed class CriSource(CriEndpoint endpoint, TimeSpan period) : IWorkloadSource
{
    private const int AtOnce = 8;
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(1), s_longestPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_pauseWhenUnused = TimeSpan.FromMinutes(1);

    private readonly Lazy<CriClient> _client = new(() => new CriClient(endpoint.Path));
    private readonly Backoff _backoff = new(s_firstPause, s_longestPause);
    private readonly object _lock = new();
    private readonly CriPicture _picture = new();
    private Dictionary<string, ReportedPod> _reported = new(StringComparer.Ordinal);
    private bool _hasReported;
    private volatile string? _runtime;
    private volatile bool _isUnused;

    /// <summary>The runtime of this machine, not connected yet; null: it has none, and the user named none.</summary>
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
            receiver.OnProblem(this, CriProblem.NotASocket(endpoint).Sentence);
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
                    pause = After(e, health);
                }
                await events.PauseAsync(pause, cancellation).ConfigureAwait(false);
            }
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            // the caller wants it to end
        }
        finally
        {
            if (_client.IsValueCreated)
                _client.Value.Dispose();
        }
    }

    /// <summary>Reports a failure.</summary>
    /// <returns>How long to wait before the next poll.</returns>
    private TimeSpan After(Exception failure, CriHealth health)
    {
        CriProblem problem = CriProblem.Of(failure, endpoint);
        health.OnProblem(problem);
        _runtime = null; // another runtime may come back
        _isUnused = problem.Kind == CriProblemKind.NoRuntime;
        if (_isUnused && endpoint.GivenBy is null)
            return s_pauseWhenUnused;
        if (health.IsNew)
            _backoff.Reset();
        return _backoff.Next();
    }

    private async Task PollAsync(IWorkloadReceiver receiver, CancellationToken cancellation)
    {
        if (_runtime is null)
        {
            VersionResponse version = await _client.Value.VersionAsync(cancellation).ConfigureAwait(false);
            _runtime = ForeignText.FirstLine($"{version.RuntimeName} {version.RuntimeVersion}");
        }
        long moment;
        lock (_lock)
            moment = _picture.Moment;
        // Containers first: then the list of sandboxes has the sandbox of each
        IReadOnlyList<Container> containers = await _client.Value.ListContainersAsync(null, cancellation).ConfigureAwait(false);
        IReadOnlyList<PodSandbox> sandboxes = await _client.Value.ListSandboxesAsync(null, cancellation).ConfigureAwait(false);
        await AskForMoreAsync(sandboxes, containers, cancellation).ConfigureAwait(false);
        lock (_lock)
        {
            _picture.Replace(sandboxes, containers, moment);
            Dictionary<string, ReportedPod> pods = _picture.ToPods();
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
            IReadOnlyList<Container> listed = await _client.Value.ListContainersAsync(containerId, cancellation).ConfigureAwait(false);
            Container[] containers = [.. listed.Where(c => c.Id == containerId)];
            if (containers.Length == 0 && podUid.Length == 0)
                return;
            // The container may be gone, or be the sandbox itself: then the pod can still be named
            PodSandboxFilter filter = containers.Length > 0
                ? new PodSandboxFilter { Id = containers[0].PodSandboxId }
                : new PodSandboxFilter { LabelSelector = { [CriPicture.UidLabel] = podUid } };
            IReadOnlyList<PodSandbox> sandboxes = await _client.Value.ListSandboxesAsync(filter, cancellation).ConfigureAwait(false);
            await AskForMoreAsync(sandboxes, containers, cancellation).ConfigureAwait(false);
            lock (_lock)
            {
                _picture.Add(sandboxes, containers);
                foreach ((string uid, ReportedPod pod) in _picture.ToPods().Where(p => !p.Value.Equals(_reported.GetValueOrDefault(p.Key))))
                {
                    _reported[uid] = pod;
                    receiver.OnPod(this, pod);
                }
            }
        }
        catch (Exception e) when (e is RpcException or TooMuchException or ObjectDisposedException && !cancellation.IsCancellationRequested)
        {
            // The next poll fails, too, and reports it
        }
    }

    /// <summary>Asks about new sandboxes and containers for what the lists do not have: addresses, and the names of images.</summary>
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
