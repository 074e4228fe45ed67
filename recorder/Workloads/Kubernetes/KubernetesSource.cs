using TcpTracer.Formats.Strings;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>The Kubernetes API: all pods, services and nodes of the cluster, by one watch each.</summary>
public sealed class KubernetesSource : IWorkloadSource
{
    private const string Pods = "pods", Services = "services", Nodes = "nodes";

    private readonly KubernetesSurroundings _surroundings;
    private readonly Func<ApiEndpoint> _find;
    private readonly string _origin;
    private readonly TaskCompletionSource _firstAnswers = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private KubernetesSource(
        ApiEndpoint? endpoint, Func<ApiEndpoint> find, KubernetesSurroundings surroundings, IReadOnlyList<string> files)
    {
        Reopened = [.. files.Select(f => new ReopenedFile(f, IsWritten: false))];
        _surroundings = surroundings;
        _find = find;
        _origin = endpoint?.Origin ?? "";
        Namespace = endpoint?.Namespace ?? ApiEndpoint.DefaultNamespace;
        Description = endpoint is null ? "Kubernetes API" : $"Kubernetes API at {WithoutUser(endpoint.Server).TrimEnd('/')}";
    }

    /// <summary>A password in the address must not be printed or recorded.</summary>
    private static string WithoutUser(Uri server) =>
        server.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);

    /// <inheritdoc/>
    public string Description { get; }

    /// <summary>The kubeconfigs. The files of a service account need not be checked: they are there for this pod.</summary>
    public IReadOnlyList<ReopenedFile> Reopened { get; }

    /// <summary>The namespace that is meant if a name has none: that of the context, or of this process's own pod.</summary>
    public string Namespace { get; }

    /// <summary>
    /// Finds the API as kubectl does, and does not ask it yet; null: there is neither a kubeconfig nor a service account.
    /// </summary>
    /// <exception cref="SelectionException">The kubeconfig or the context that the user named is missing or cannot be used.</exception>
    public static KubernetesSource? TryCreate(SourceOptions options) => TryCreate(options, new KubernetesSurroundings());

    internal static KubernetesSource? TryCreate(SourceOptions options, KubernetesSurroundings surroundings)
    {
        ApiEndpoint? Find() => Kubeconfig.Find(options.Kubeconfig, options.Context, surroundings) ?? ServiceAccount.Find(surroundings);
        IReadOnlyList<string> Files() => Kubeconfig.Files(options.Kubeconfig, surroundings);
        try
        {
            return Find() is { } endpoint ? new KubernetesSource(endpoint, () => Find() ?? endpoint, surroundings, Files()) : null;
        }
        catch (SelectionException e) when (options is { Kubeconfig: null, Context: null })
        {
            // The user has not named this file. So it is reported as a problem until it is repaired, and the recording goes on
            return new KubernetesSource(null, () => Find() ?? throw e, surroundings, Files());
        }
    }

    /// <inheritdoc/>
    public async Task RunAsync(IWorkloadReceiver receiver, CancellationToken cancellation)
    {
        var session = new ApiSession(_find, _surroundings.PluginTime);
        var kept = new KeptObjects();
        var health = new ApiHealth(this, receiver, _origin, Pods, [Pods, Services, Nodes], _surroundings.Quiet);
        _ = health.FirstAnswers.ContinueWith(_ => _firstAnswers.TrySetResult(), TaskScheduler.Default);
        var pods = new WatchedResource<PodObject, ReportedPod>(Pods, ApiJson.Default.PodObject, ApiJson.Default.WatchEventPodObject)
        {
            Read = ApiMapping.ToSeen,
            Key = pod => pod.Uid,
            Size = NameSizes.Of,
            All = all => receiver.OnPods(this, all),
            Changed = pod => receiver.OnPod(this, pod),
            Gone = pod => receiver.OnPodGone(this, pod.Uid),
        };
        var services = new WatchedResource<ServiceObject, SeenService>(
            Services, ApiJson.Default.ServiceObject, ApiJson.Default.WatchEventServiceObject)
        {
            Read = (service, _) => ApiMapping.ToSeen(service),
            Key = service => service.Uid,
            Size = NameSizes.Of,
            All = all => receiver.OnServices(this, all.FindAll(s => s.IsThere)),
            Changed = service => receiver.OnService(this, service),
            Gone = service => receiver.OnService(this, service with { Addresses = [], External = [] }),
        };
        var nodes = new WatchedResource<NodeObject, SeenNode>(Nodes, ApiJson.Default.NodeObject, ApiJson.Default.WatchEventNodeObject)
        {
            Read = (node, _) => ApiMapping.ToSeen(node),
            Key = node => node.Name,
            Size = NameSizes.Of,
            All = all => receiver.OnNodes(this, all),
            Changed = node => receiver.OnNode(this, node),
            Gone = node => receiver.OnNode(this, node with { Addresses = [] }),
        };
        await Task.WhenAll(Run(pods), Run(services), Run(nodes)).ConfigureAwait(false);

        Task Run<TObject, TSeen>(WatchedResource<TObject, TSeen> resource) where TObject : class, IApiObject =>
            new ResourceWatch<TObject, TSeen>(resource, session, kept.NewShare(), health, _surroundings).RunAsync(cancellation);
    }

    /// <summary>
    /// Only waits for the first answers. The API cannot be asked by the id of a container. And its watch reports a pod before the
    /// pod's node starts a container. If it has not reported the container by then, the API does not know it.
    /// </summary>
    public Task LookUpAsync(string containerId, string podUid, IWorkloadReceiver receiver, CancellationToken cancellation) =>
        _firstAnswers.Task.WaitAsync(cancellation);
}
