using TcpTracer.Formats.Strings;
using TcpTracer.Recorder.Workloads.Kubernetes;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Kubernetes;
using Xunit;

namespace TcpTracer.Tests.Workloads;

/// <summary>How the API is found, and as which user it is asked.</summary>
public sealed class KubeconfigTests : IDisposable
{
    private readonly KubernetesCluster _cluster = new();

    private string Refused(string? kubeconfig = null, string? context = null) =>
        Assert.Throws<SelectionException>(() => Task.Run(() => _cluster.Find(kubeconfig, context)).WaitAsync(TimeSpan.FromMinutes(1))
            .GetAwaiter().GetResult()).Message;

    [Fact]
    public void NothingConfiguredGivesNoApi()
    {
        Assert.Null(_cluster.Find());
        _cluster.Variables["KUBECONFIG"] = _cluster.File("missing");
        _cluster.Variables["HOME"] = _cluster.File("nowhere");
        Assert.Null(_cluster.Find());
    }

    [Fact]
    public void EmptyKubeconfigGivesNoApi()
    {
        File.WriteAllText(_cluster.File("config"),
            "apiVersion: v1\nkind: Config\nclusters: null\ncontexts: null\ncurrent-context: \"\"\nusers: null\n");
        _cluster.Variables["KUBECONFIG"] = _cluster.File("config");
        Assert.Null(_cluster.Find());
        File.WriteAllText(_cluster.File("config"), "");
        Assert.Null(_cluster.Find());
    }

    [Fact]
    public void ContextGivesServerAndNamespace()
    {
        string kubeconfig = _cluster.Kubeconfig();
        KubernetesSource first = _cluster.Find(kubeconfig)!, second = _cluster.Find(kubeconfig, "second")!;
        Assert.Equal(($"Kubernetes API at {_cluster.Server.Url}", "shop", "default"),
            (first.Description, first.Namespace, second.Namespace));
    }

    [Fact]
    public void KubeconfigsAreFoundWhereKubectlFindsThem()
    {
        string kubeconfig = _cluster.Kubeconfig();
        Directory.CreateDirectory(_cluster.File(".kube"));
        File.Copy(kubeconfig, _cluster.File(".kube/config"));
        _cluster.Variables["HOME"] = Path.GetDirectoryName(kubeconfig)!;
        File.WriteAllText(_cluster.File(".kube/ca.pem"), _cluster.Server.Authority);
        Assert.Equal("shop", _cluster.Find()!.Namespace);

        // Of several kubeconfigs the first one names the current context; clusters and users may be in others
        File.WriteAllText(_cluster.File("one"),
            "contexts:\n- {name: mine, context: {cluster: test, user: someone, namespace: mine}}\ncurrent-context: mine\n");
        _cluster.Variables["KUBECONFIG"] = $"{_cluster.File("one")}:{_cluster.File("missing")}:{kubeconfig}";
        Assert.Equal("mine", _cluster.Find()!.Namespace);
        _cluster.FollowSynced(_cluster.Find());
    }

    [Fact]
    public void AMissingKubeconfigIsRefused() =>
        Assert.Equal($"kubeconfig '{_cluster.File("missing")}' is not there: name a file that kubectl works with (kubectl config view)",
            Refused(_cluster.File("missing")));

    [Fact]
    public void ABrokenKubeconfigIsRefused()
    {
        File.WriteAllText(_cluster.File("config"), "apiVersion: v1\ncontexts: [\n");
        Assert.StartsWith($"kubeconfig '{_cluster.File("config")}' cannot be read: line 3: ", Refused(_cluster.File("config")));
        File.WriteAllText(_cluster.File("config"), "once upon a time");
        Assert.StartsWith($"kubeconfig '{_cluster.File("config")}' cannot be read: line 1: ", Refused(_cluster.File("config")));
        File.WriteAllText(_cluster.File("config"), "apiVersion: v1\nkind: Config\n");
        Assert.Equal($"kubeconfig '{_cluster.File("config")}' has no current context; choose one with --context",
            Refused(_cluster.File("config")));
    }

    [Fact]
    public void AnUnknownContextIsRefused()
    {
        string kubeconfig = _cluster.Kubeconfig();
        Assert.Equal($"context 'secnd' is not known; did you mean 'second'? ({kubeconfig} has: first, second, lost)",
            Refused(kubeconfig, "secnd"));
        Assert.Equal($"kubeconfig '{kubeconfig}': context 'lost' wants cluster 'nowhere', which is not there", Refused(kubeconfig, "lost"));
        Assert.Equal("context 'prod' is not known: there is no kubeconfig; name one with --kubeconfig", Refused(context: "prod"));
    }

    [Fact]
    public void FilesNamedInTheKubeconfigMustExist()
    {
        string kubeconfig = _cluster.Kubeconfig("{client-certificate: no.crt, client-key: no.key}");
        Assert.Equal($"kubeconfig '{kubeconfig}': what context 'first' names as certificate, key or token cannot be used: "
            + $"{_cluster.File("no.crt")}: there is no such file", Refused(kubeconfig));
        Assert.EndsWith("whose server 'ftp://x' is not an http or https address", Refused(_cluster.Kubeconfig(server: "ftp://x")));
        Assert.Contains("cannot be used", Refused(_cluster.Kubeconfig("{client-certificate-data: '%', client-key-data: '%'}")));
    }

    [Fact]
    public void BrokenDefaultKubeconfigIsOnlyReported()
    {
        _cluster.Variables["HOME"] = Path.GetDirectoryName(_cluster.File("x"))!;
        Directory.CreateDirectory(_cluster.File(".kube"));
        File.WriteAllText(_cluster.File(".kube/config"), "{");
        Reports reports = _cluster.Follow(_cluster.Find());
        reports.AwaitReport("problem");
        Assert.StartsWith($"the Kubernetes API cannot be used: kubeconfig '{_cluster.File(".kube/config")}' cannot be read: line ",
            Assert.Single(reports.Said));
        File.WriteAllText(_cluster.File(".kube/ca.pem"), _cluster.Server.Authority);
        _cluster.Replace(".kube/config", File.ReadAllText(_cluster.Kubeconfig()));
        reports.AwaitReport("synced");
    }

    /// <summary>The name may lead to anything: a FIFO is not waited for, and nothing is read without end.</summary>
    [Theory]
    [InlineData("mkfifo", "it is a pipe, not a file")]
    [InlineData("ln -s /dev/null", "it is a device or a socket, not a file")]
    [InlineData("truncate -s 17M", "it is larger than 16 MiB")]
    public void CertificateThatIsNoFileIsRefused(string make, string why)
    {
        string kubeconfig = _cluster.Kubeconfig("{client-certificate: odd, client-key: odd}");
        Shell.Run($"{make} $1", _cluster.File("odd"));
        Assert.Equal($"kubeconfig '{kubeconfig}': what context 'first' names as certificate, key or token cannot be used: "
            + $"{_cluster.File("odd")}: {why}", Refused(kubeconfig));
    }

    [Fact]
    public void AnAuthorityThatIsNoFileIsRefused()
    {
        string kubeconfig = _cluster.Kubeconfig();
        Shell.Run("rm $1; mkfifo $1", _cluster.File("ca.pem"));
        Assert.EndsWith($" cannot be used: {_cluster.File("ca.pem")}: it is a pipe, not a file", Refused(kubeconfig));
    }

    /// <summary>The file is read when there is something to ask.</summary>
    [Fact]
    public void TokenFileThatIsNoFileIsReported()
    {
        Shell.Run("mkfifo $1", _cluster.File("token"));
        Reports reports = _cluster.Follow(_cluster.Find(_cluster.Kubeconfig("{tokenFile: token}")));
        reports.AwaitReport("problem");
        Assert.Contains($"cannot be used: the token in {_cluster.File("token")}: it is a pipe, not a file; ", Assert.Single(reports.Said));
        _cluster.Server.Token = "from a file";
        _cluster.Replace("token", "from a file");
        reports.AwaitReport("synced");
    }

    [Fact]
    public void TokenIsSentToTheServer()
    {
        _cluster.Server.Token = "secret";
        _cluster.FollowSynced();
    }

    [Fact]
    public void TokenOfAFileIsSentToTheServer()
    {
        _cluster.Server.Token = "from a file";
        File.WriteAllText(_cluster.File("token"), "from a file\n");
        _cluster.FollowSynced(_cluster.Find(_cluster.Kubeconfig("{tokenFile: token, token: not this}")));
    }

    [Fact]
    public void CertificateIsSentToTheServer()
    {
        File.WriteAllText(_cluster.File("jane.crt"), _cluster.Server.ClientCertificate);
        File.WriteAllText(_cluster.File("jane.key"), _cluster.Server.ClientKey);
        _cluster.FollowSynced(_cluster.Find(_cluster.Kubeconfig("{client-certificate: jane.crt, client-key: jane.key}")));
        Each.Of(_cluster.Server.Requests, r => Assert.Equal("CN=jane", r.Subject));
    }

    [Fact]
    public void ServerCertificateMayHaveTheConfiguredName()
    {
        string url = $"https://localhost:{_cluster.Server.Port}"; // the server does not have this name
        _cluster.FollowSynced(_cluster.Find(_cluster.Kubeconfig(server: $"{url}\n    tls-server-name: kubernetes.default.svc")));
    }

    [Theory]
    [InlineData("\"token\":\"plugged in\"")]
    [InlineData("\"token\":\"plugged in\",\"expirationTimestamp\":\"2020-01-01T00:00:00Z\"")]
    public void CredentialPluginIsRun(string status)
    {
        _cluster.Server.Token = "plugged in";
        File.WriteAllText(_cluster.File("plugin"), $$"""
            #!/bin/sh
            echo run >>{{_cluster.File("runs")}}
            [ "$1 $FLAVOUR" = "get-token sweet" ] || exit 1
            echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{ {{status}} } }'
            """);
        File.SetUnixFileMode(_cluster.File("plugin"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        string exec = $$"""{exec: {apiVersion: client.authentication.k8s.io/v1, command: {{_cluster.File("plugin")}}, args: """
            + $$"""[get-token], env: [{name: FLAVOUR, value: sweet}], interactiveMode: Never, provideClusterInfo: false} """
            + $$"""}""";
        KubernetesSource source = _cluster.Find(_cluster.Kubeconfig(exec))!;
        Assert.False(File.Exists(_cluster.File("runs"))); // finding the API asks nobody
        _cluster.FollowSynced(source);
        if (!status.Contains("expiration"))
            Assert.Single(File.ReadAllLines(_cluster.File("runs")));
    }

    [Fact]
    public void MissingCredentialPluginIsReported()
    {
        Reports reports = _cluster.Follow(
            _cluster.Find(_cluster.Kubeconfig("{exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-plugin} }")));
        reports.AwaitReport("problem");
        Assert.Contains("no-such-plugin", Assert.Single(reports.Said));
    }

    [Fact]
    public void ServiceAccountIsUsedWithoutAKubeconfig()
    {
        _cluster.Variables["KUBERNETES_SERVICE_HOST"] = "127.0.0.1";
        _cluster.Variables["KUBERNETES_SERVICE_PORT"] = $"{_cluster.Server.Port}";
        Assert.Null(_cluster.Find());
        File.WriteAllText(_cluster.File("token"), "of the pod");
        File.WriteAllText(_cluster.File("ca.crt"), _cluster.Server.Authority);
        File.WriteAllText(_cluster.File("namespace"), "observability");
        _cluster.Server.Token = "of the pod";
        _cluster.Server.Pods.Put(ApiBodies.Pod("web"));
        KubernetesSource source = _cluster.Find()!;
        Assert.Equal(("observability", $"Kubernetes API at {_cluster.Server.Url}"), (source.Namespace, source.Description));
        _cluster.FollowSynced(source).AwaitOwner("10.244.1.17", "Pod shop/web");
    }

    [Theory]
    [InlineData("ca.crt", "mkfifo $1", "it is a pipe, not a file")]
    [InlineData("ca.crt", "printf -- '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' >$1", "")]
    [InlineData("namespace", "mkfifo $1", "it is a pipe, not a file")]
    public void InvalidServiceAccountIsOnlyReported(string file, string make, string why)
    {
        _cluster.Variables["KUBERNETES_SERVICE_HOST"] = "127.0.0.1";
        _cluster.Variables["KUBERNETES_SERVICE_PORT"] = $"{_cluster.Server.Port}";
        File.WriteAllText(_cluster.File("token"), "of the pod");
        Shell.Run(make, _cluster.File(file));
        Reports reports = _cluster.Follow(_cluster.Find());
        reports.AwaitReport("problem");
        Assert.Contains($"the service account in {Path.GetDirectoryName(_cluster.File(file))} cannot be used: "
            + $"{(why.Length > 0 ? $"{_cluster.File(file)}: {why}" : "")}", Assert.Single(reports.Said));
    }

    public void Dispose() => _cluster.Dispose();
}
