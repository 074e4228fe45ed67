using TcpTracer.Formats.Strings;
using TcpTracer.Tests.Workloads;
using Xunit;

namespace TcpTracer.Tests.Kubernetes;

/// <summary>A few lines of YAML that would become very many values.</summary>
public sealed class HostileKubeconfigTests : IDisposable
{
    private readonly KubernetesCluster _cluster = new();

    [Theory]
    [InlineData("deep", "64 levels")]
    [InlineData("deep in lines", "64 levels")]
    [InlineData("aliases", "200000 values")]
    [InlineData("merged aliases", "200000 values")]
    [InlineData("aliases as keys", "200000 values")]
    [InlineData("wide", "200000 values")]
    public void OddKubeconfigIsRefusedWithBoundedWork(string odd, string most)
    {
        File.WriteAllText(_cluster.File("config"), odd switch
        {
            "deep" => "users: " + new string('[', 1_000_000),
            "deep in lines" => string.Concat(Enumerable.Range(0, 1000).Select(i => new string(' ', i) + "a:\n")),
            "aliases" => Bomb(i => $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 9))}]\n"),
            "merged aliases" =>
                Bomb(i => $"a{i}: &a{i} {{{string.Join(", ", Enumerable.Range(0, 9).Select(k => $"k{k}: {{<<: *a{i - 1}}}"))}}}\n"),
            "aliases as keys" => Bomb(i => $"a{i}: &a{i} {{? [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 9))}] : x}}\n")
                + "users: [{name: u, user: {tokenFile: x}}]\n",
            _ => "users: [" + string.Concat(Enumerable.Repeat("{},", 300_000)) + "]",
        });
        var refused = Assert.Throws<SelectionException>(() => _cluster.Find(_cluster.File("config")));
        Assert.Equal($"kubeconfig '{_cluster.File("config")}' cannot be read: it has more than {most}, which no kubeconfig has; "
            + "name a file that kubectl works with", refused.Message);
    }

    /// <summary>Ordinary kubeconfigs have a few aliases.</summary>
    [Fact]
    public void FewAliasesAreAccepted()
    {
        string kubeconfig = _cluster.Kubeconfig("&me {token: secret}");
        File.AppendAllText(kubeconfig, "- name: another\n  user: *me\n");
        _cluster.FollowSynced(_cluster.Find(kubeconfig));
    }

    private static string Bomb(Func<int, string> level) => "a0: &a0 {x: y}\n" + string.Concat(Enumerable.Range(1, 9).Select(level));

    public void Dispose() => _cluster.Dispose();
}
