namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>Where it is looked for what is not given, and how long is waited. Everything has the value that it has outside of tests.</summary>
internal sealed record KubernetesSurroundings
{
    /// <summary>Environment variables.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>Where Kubernetes mounts a pod's service account.</summary>
    public string ServiceAccountFolder { get; init; } = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>Why there is no TLS here; null: there is.</summary>
    public Func<string?> TlsObstacle { get; init; } = TlsLibrary.Obstacle;

    /// <summary>Before it is tried again for the first time; each further time it is twice as long.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>The longest that it becomes.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After a refusal: someone has to grant something first.</summary>
    public TimeSpan RefusedDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For one page of a list.</summary>
    public TimeSpan PageTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>For a credential plug-in: it may have to ask a server of its own.</summary>
    public TimeSpan PluginTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>After which the server is to end a watch, at least; up to twice that, so that not all watchers come back at once.</summary>
    public TimeSpan WatchTime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How much later we end it ourselves.</summary>
    public TimeSpan WatchGrace { get; init; } = TimeSpan.FromSeconds(30);
}
