using TcpTracer.Recorder.Machine;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>Default paths and time-outs. Tests replace them.</summary>
internal sealed record KubernetesSurroundings
{
    /// <summary>Reads an environment variable; null: it is not set.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>The folder in which Kubernetes mounts a pod's service account.</summary>
    public string ServiceAccountFolder { get; init; } = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>Why this machine cannot use TLS; null: it can.</summary>
    public Func<string?> TlsObstacle { get; init; } = TlsLibrary.Obstacle;

    /// <summary>The wait before the first new try. Each further wait is twice as long.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>The longest wait, unless the server wishes a longer one. So names are back 5 s after the server at the latest.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>A server that wishes us to wait longer is asked again after this time.</summary>
    public TimeSpan LongestWish { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// So long a refusal (403) is not believed if the server was away, or had allowed the same before: a server that has just come back
    /// refuses everybody until it has loaded its roles.
    /// </summary>
    public TimeSpan RefusalDoubted { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>So long after a problem of a resource was reported, no other one of it is.</summary>
    public TimeSpan Quiet { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The wait after a refusal: somebody has to grant something first.</summary>
    public TimeSpan RefusedDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one page of a list may take, and the beginning of a watch.</summary>
    public TimeSpan PageTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a credential plug-in may take: it may have to ask a server.</summary>
    public TimeSpan PluginTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long the server is asked to keep a watch open: this to twice as long, so that not all watchers come back at once.
    /// </summary>
    public TimeSpan WatchTime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How much later we end the watch ourselves.</summary>
    public TimeSpan WatchGrace { get; init; } = TimeSpan.FromSeconds(30);
}
