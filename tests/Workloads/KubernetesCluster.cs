using TcpTracer.Recorder.Workloads;
using TcpTracer.Recorder.Workloads.Kubernetes;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Workloads;

/// <summary>An API server, the files that lead to it, and a source that follows it.</summary>
internal sealed class KubernetesCluster : IDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly TemporaryFolder _folder = new();
    private Task _run = Task.CompletedTask;

    public KubernetesCluster()
    {
        Surroundings = new KubernetesSurroundings
        {
            Variable = name => Variables.GetValueOrDefault(name),
            ServiceAccountFolder = _folder.Path,
            FirstDelay = TimeSpan.FromMilliseconds(10),
            LongestDelay = TimeSpan.FromMilliseconds(40),
            RefusedDelay = TimeSpan.FromMilliseconds(40),
            RefusalDoubted = TimeSpan.FromMilliseconds(500),
            Quiet = TimeSpan.FromMilliseconds(500),
        };
    }

    public ApiServer Server { get; } = new();

    public Dictionary<string, string> Variables { get; } = [];

    public KubernetesSurroundings Surroundings { get; set; }

    public string File(string name) => _folder.File(name);

    /// <summary>Replaces a file by a complete one, as kubectl and the kubelet do, because a source may be reading the old one.</summary>
    public void Replace(string name, string text)
    {
        System.IO.File.WriteAllText(File(name + ".new"), text);
        System.IO.File.Move(File(name + ".new"), File(name), overwrite: true);
    }

    /// <summary>Writes a kubeconfig.</summary>
    /// <param name="user">The lines below <c>user:</c>.</param>
    /// <param name="server">The address of the server; null: our server's.</param>
    /// <param name="proxy">The proxy; null: none.</param>
    public string Kubeconfig(string user = "{token: secret}", string? server = null, string? proxy = null)
    {
        System.IO.File.WriteAllText(File("ca.pem"), Server.Authority);
        System.IO.File.WriteAllText(File("config"), $$"""
            apiVersion: v1
            kind: Config
            preferences: {}
            clusters:
            - name: test
              cluster:
                certificate-authority: ca.pem
                server: {{server ?? Server.Url}}
                {{(proxy is null ? "" : $"proxy-url: {proxy}")}}
                extensions:
                - name: cluster_info
                  extension: {provider: minikube.sigs.k8s.io, version: v1.34.0}
            contexts:
            - name: first
              context: {cluster: test, user: someone, namespace: shop}
            - name: second
              context: {cluster: test, user: someone}
            - name: lost
              context: {cluster: nowhere, user: someone}
            current-context: first
            users:
            - name: someone
              user: {{user}}

            """);
        return File("config");
    }

    public KubernetesSource? Find(string? kubeconfig = null, string? context = null) =>
        KubernetesSource.TryCreate(new SourceOptions { Kubeconfig = kubeconfig, Context = context }, Surroundings);

    /// <summary>Runs a source until the test is over.</summary>
    public Reports Follow(KubernetesSource? source = null)
    {
        KubernetesSource found = source ?? Find(Kubeconfig())!;
        var reports = new Reports(found);
        _run = Task.Run(() => found.RunAsync(reports, _end.Token));
        return reports;
    }

    /// <summary>Runs a source, and waits for its first answers.</summary>
    public Reports FollowSynced(KubernetesSource? source = null)
    {
        Reports reports = Follow(source);
        reports.AwaitReport("synced");
        return reports;
    }

    public int Asked(string start) => Server.Requests.Count(r => r.Path.StartsWith(start, StringComparison.Ordinal));

    /// <summary>Ends the source, which must end at once.</summary>
    public void Dispose()
    {
        _end.Cancel();
        bool hasEnded = _run.Wait(TimeSpan.FromSeconds(5));
        _end.Dispose();
        Server.Dispose();
        _folder.Dispose();
        Assert.True(hasEnded, "the source does not end when cancelled");
    }
}
