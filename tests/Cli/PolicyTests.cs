using TcpTracer.Cli.Handlers.Policies;
using TcpTracer.Replay.Policies;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>The policy command, on the shop of examples/, and on names made to do harm.</summary>
public sealed class PolicyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static readonly string s_shop = Path.Combine(TcptracerProgram.Repository, "examples", "shop.tct"),
        s_golden = Path.Combine(TcptracerProgram.Repository, "tests", "golden", "shop-policies.yaml");

    [Fact]
    public void PoliciesOfTheShopMatchTheExpectedYaml()
    {
        RunResult run = TcptracerProgram.Run("policy", s_shop);
        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        if (Environment.GetEnvironmentVariable("TCPTRACER_UPDATE_GOLDEN") == "1")
            File.WriteAllText(s_golden, run.Output);
        Assert.Equal(File.ReadAllText(s_golden), run.Output);
        Assert.Equal(8, PolicyFile.Read(new StringReader(run.Output)).Count);
    }

    [Fact]
    public void SuggestedPoliciesAllowTheTrafficTheyWereMadeFrom()
    {
        RunResult run = Shell.Run("set -o pipefail; tcptracer policy $1 | tcptracer policy --check - $1", s_shop);
        Assert.Equal((0, ""), (run.ExitCode, run.Output));
        Assert.Contains(" allowed, 0 denied; ", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void PoliciesGoIntoAFileUnderTheSameRulesAsReports()
    {
        RunResult run = Shell.Run("""
            cd $2; tcptracer policy $1 > a.yaml; tcptracer policy $1 -o b.yaml; cmp a.yaml b.yaml && echo same
            echo precious > c.yaml; tcptracer policy $1 -o c.yaml; echo $?; cat c.yaml; tcptracer policy $1 -o c.yaml --force 2> /dev/null
            cmp a.yaml c.yaml && echo same; cp $1 in.tct; tcptracer policy in.tct -o in.tct --force; echo $?
            tcptracer policy --check a.yaml $1 -o d.yaml; echo $?; tcptracer policy none.tct -o e.yaml; echo $?; ls -A | xargs
            """, s_shop, _folder.Path);
        Assert.Equal(["same", "1", "precious", "same", "2", "2", "1", "a.yaml b.yaml c.yaml in.tct"], run.Lines);
        Assert.Matches(@"^\d+ policies written to b.yaml \(\d+\.\d kB\)$", run.ErrorLines[0]);
        Assert.Equal("tcptracer: c.yaml: there is such a file already; name another file with -o, or overwrite it with --force",
            run.ErrorLines[1]);
        Assert.Contains("this is a file that the command reads", run.ErrorLines[2]);
        Assert.Contains("-o has no effect with --check", run.ErrorLines[3]);
    }

    /// <summary>A pod's own node may always call it: a copy of what the kubelet did knows that the pods are on its node.</summary>
    [Fact]
    public void CopyOfProbesSaysThatTheyComeFromThePodsOwnNode()
    {
        const string Deny = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: shop, name: d}, "
            + "spec: {podSelector: {}, policyTypes: [Ingress]}}";
        RunResult run = Shell.Run($$"""
            cd $2; tcptracer filter $1 --comm kubelet -o k.tct 2> /dev/null
            for f in $1 k.tct; do tcptracer policy $f | grep -c 'no rule for kubelet port 8080: Kubernetes always allows'; done
            echo '{{Deny}}' | tcptracer policy --check - k.tct; echo $?
            """, s_shop, _folder.Path);
        Assert.Equal("3\n3\n0\n", run.Output);
        Assert.Contains("6 connections allowed, 0 denied; ", run.Errors, StringComparison.Ordinal);
    }

    /// <summary>A policy with a part of the evidence would deny the rest: the selection says whose policies are written.</summary>
    [Theory]
    [InlineData("-p cart*", 1)]
    [InlineData("-n shop", 6)]
    [InlineData("--op C --port 6379", 1)]
    [InlineData("-p nobody", 0)]
    public void SelectionChoosesWorkloadsAndNotTheirEvidence(string selection, int policies)
    {
        static string[] Documents(string yaml) => [.. yaml.Split("---\n").Skip(1).Select(d => d.Split("\n\n")[0].TrimEnd())];
        RunResult all = TcptracerProgram.Run("policy", s_shop), some = TcptracerProgram.Run(["policy", s_shop, .. selection.Split(' ')]);
        Assert.Equal(policies, Documents(some.Output).Length);
        Assert.Empty(Documents(some.Output).Except(Documents(all.Output)));
        Assert.Contains("# for the workloads of --", some.Output, StringComparison.Ordinal);
        if (policies == 0)
            return;
        RunResult check = Shell.Run($"tcptracer policy $1 {selection} | tcptracer policy --check - $1", s_shop);
        Assert.Contains(" allowed, 0 denied; ", check.Errors, StringComparison.Ordinal);
    }

    /// <summary>Of a call to a service the caller does not see which pod answers.</summary>
    [Fact]
    public void DirectionWithoutAllRulesStaysOpen()
    {
        RunResult run = Shell.Run("cd $2; tcptracer filter $1 -p 'orders*' -o one-end.tct 2>&1; tcptracer policy one-end.tct", s_shop,
            _folder.Path);
        Assert.Contains("# Egress is not restricted: calls for which there is no rule, see above, would be denied", run.Output,
            StringComparison.Ordinal);
        GivenPolicy orders = Assert.Single(PolicyFile.Read(new StringReader(run.Output)));
        Assert.Equal((true, false), (orders.Ingress is not null, orders.Egress is not null));
        RunResult check = Shell.Run("cd $2; tcptracer policy one-end.tct | tcptracer policy --check - $1", s_shop, _folder.Path);
        Assert.Contains(" allowed, 0 denied; ", check.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "there is no NetworkPolicy of networking.k8s.io/v1 in it")]
    [InlineData("{kind: ConfigMap}", "there is no NetworkPolicy of networking.k8s.io/v1 in it")]
    [InlineData("{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, spec: {ingres: []}}", "spec has the key 'ingres'")]
    [InlineData("{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, spec: {ingress: [{from: [{ipBlock: {cidr: x}}]}]}}",
        "'x' is no block of addresses such as 10.0.0.0/8")]
    public void InvalidPolicyFileIsAnError(string yaml, string sentence)
    {
        RunResult run = Shell.Run($"echo '{yaml}' | tcptracer policy --check - $1", s_shop);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(sentence, run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void DeniedCallIsNamedWithItsPolicy()
    {
        const string deny = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, "
            + "metadata: {name: deny, namespace: shop}, spec: {podSelector: {}}}";
        RunResult run = Shell.Run($"echo '{deny}' | tcptracer policy --check - $1", s_shop);
        Assert.Equal(1, run.ExitCode);
        Assert.Matches("(?m)^FROM +TO +PORT +COUNT +EXAMPLE +DENIED BY\n", run.Output);
        Assert.Matches("(?m)^deployment/shop/web +svc/shop/cart +8080 +3 +[0-9a-f.]+ +ingress of shop/deny$", run.Output);
        Assert.Equal(2, Shell.Run("echo '{' | tcptracer policy --check - $1", s_shop).ExitCode);
        Assert.Equal(2, TcptracerProgram.Run("policy", "--check", "none.yaml", s_shop).ExitCode);
    }

    [Theory]
    [InlineData("web", "web")]
    [InlineData("k8s-app", "k8s-app")]
    [InlineData("kubernetes.io/metadata.name", "kubernetes.io/metadata.name")]
    [InlineData("yes", "\"yes\"")]
    [InlineData("1e3", "\"1e3\"")]
    [InlineData("", "\"\"")]
    [InlineData("a: b", "\"a: b\"")]
    [InlineData("x\ny", "\"x\\u000ay\"")]
    [InlineData("\"\\#{", "\"\\\"\\\\#{\"")]
    [InlineData("\u202e\U0001F600", "\"\\u202e\\U0001f600\"")]
    [InlineData("web\n", "\"web\\u000a\"")]
    public void HostileTextsSurviveAYamlRoundTrip(string text, string yaml)
    {
        Assert.Equal(yaml, PolicyYaml.Scalar(text));
        string spec = $"kind: NetworkPolicy\napiVersion: networking.k8s.io/v1\nspec: {{podSelector: {{matchLabels: {{{yaml}: {yaml}}}}}}}";
        LabelCondition read = Assert.Single(Assert.Single(PolicyFile.Read(new StringReader(spec))).Pods);
        Assert.Equal((text, text), (read.Key, read.Values[0]));
    }

    [Theory]
    [InlineData("pod-template-hash", true)]
    [InlineData("batch.kubernetes.io/job-name", true)]
    [InlineData("statefulset.kubernetes.io/pod-name", true)]
    [InlineData("app", false)]
    public void HashLabelsAreNotUsedAsSelectors(string key, bool isUnstable) => Assert.Equal(isUnstable, StableLabels.IsUnstable(key));

    public void Dispose() => _folder.Dispose();
}
