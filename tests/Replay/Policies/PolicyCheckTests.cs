using System.Collections.Immutable;
using System.Net;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Calls;
using TcpTracer.Replay.Policies;
using Xunit;

namespace TcpTracer.Tests.Replay.Policies;

/// <summary>The semantics of NetworkPolicies, case by case: pod web in shop calls pod db in data, at port 5432.</summary>
public sealed class PolicyCheckTests
{
    private static Address At(string text) => new(IPAddress.Parse(text).GetAddressBytes());

    private static PolicyEnd Pod(string ns, string name, string address, string node, PolicyEndKind kind = PolicyEndKind.Pod)
    {
        var pod = new PodInfo(name, ns, name)
        {
            Labels = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal,
                [KeyValuePair.Create("app", name), KeyValuePair.Create("tier", "t1")]),
        };
        var party = new Party(PartyKind.Pod, "", new SafeText(ns), new SafeText(name));
        return new PolicyEnd(kind, party, pod, At(address), new SafeText(node));
    }

    private static PolicyEnd Other(PolicyEndKind kind, string address, string node = "") =>
        new(kind, new Party(PartyKind.Address, "", SafeText.Empty, new SafeText(address)), null, At(address), new SafeText(node));

    private static readonly PolicyEnd s_web = Pod("shop", "web", "10.1.0.1", "n1"), s_db = Pod("data", "db", "10.1.0.2", "n2"),
        s_outside = Other(PolicyEndKind.Address, "203.0.113.7"), s_service = Other(PolicyEndKind.Service, "10.96.0.1"),
        s_onHost = Pod("shop", "web", "192.168.0.1", "n1", PolicyEndKind.HostPod),
        s_ownNode = Other(PolicyEndKind.Host, "192.168.0.2", "n2"),
        s_otherNode = Other(PolicyEndKind.Host, "192.168.0.9", "n9");

    private static string Of(string ns, string spec) =>
        $"---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p, namespace: {ns}}}\nspec: {{{spec}}}\n";

    private static bool? Judge(PolicyEnd from, PolicyEnd to, string yaml, int port = 5432) =>
        new PolicyCheck(PolicyFile.Read(new StringReader(yaml)), new SelectedEnds(null))
            .Judge(new SeenCall(from, to, (ushort)port, null, (ushort)port, HasFailed: false, IsTurnKnown: true)).IsAllowed;

    /// <summary>What db lets in. A question mark: the trace does not tell.</summary>
    [Theory]
    [InlineData("podSelector: {}", "no")]
    [InlineData("podSelector: {}, ingress: []", "no")]
    [InlineData("podSelector: {}, ingress: [{}]", "yes")]
    [InlineData("podSelector: {}, policyTypes: [Egress]", "yes")]
    [InlineData("podSelector: {matchLabels: {app: web}}", "yes")]
    [InlineData("podSelector: {matchLabels: {app: db}}", "no")]
    [InlineData("podSelector: {matchLabels: {app: db, tier: t2}}", "yes")]
    [InlineData("podSelector: {matchExpressions: [{key: app, operator: In, values: [x, db]}]}", "no")]
    [InlineData("podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [db]}]}", "yes")]
    [InlineData("podSelector: {matchExpressions: [{key: none, operator: NotIn, values: [db]}]}", "no")]
    [InlineData("podSelector: {matchExpressions: [{key: app, operator: Exists}]}", "no")]
    [InlineData("podSelector: {matchExpressions: [{key: app, operator: DoesNotExist}]}", "yes")]
    [InlineData("podSelector: {}, ingress: [{from: []}]", "yes")]
    [InlineData("podSelector: {}, ingress: [{from: [{podSelector: {}}]}]", "no")] // of the policy's own namespace
    [InlineData("podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]", "yes")]
    [InlineData("podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}]}]", "yes")]
    [InlineData("podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: data}}}]}]", "no")]
    [InlineData("podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: a}}}]}]", "?")]
    [InlineData("podSelector: {}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}]}]", "yes")]
    [InlineData("podSelector: {}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: x}}}]}]", "no")]
    [InlineData("podSelector: {}, ingress: [{from: [{namespaceSelector: {}}, {podSelector: {matchLabels: {app: x}}}]}]", "yes")]
    [InlineData("podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.1.0.0/16}}]}]", "yes")]
    [InlineData("podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.1.0.0/16, except: [10.1.0.0/30]}}]}]", "no")]
    [InlineData("podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.1.0.0/16, except: [10.1.9.0/24]}}]}]", "yes")]
    [InlineData("podSelector: {}, ingress: [{ports: [{port: 5432}]}]", "yes")]
    [InlineData("podSelector: {}, ingress: [{ports: [{port: 5433}]}]", "no")]
    [InlineData("podSelector: {}, ingress: [{ports: [{port: 5000, endPort: 6000}]}]", "yes")]
    [InlineData("podSelector: {}, ingress: [{ports: [{port: 5432, protocol: UDP}]}]", "no")]
    [InlineData("podSelector: {}, ingress: [{ports: [{protocol: TCP}]}]", "yes")]
    [InlineData("podSelector: {}, ingress: [{ports: [{port: postgres}]}]", "?")]
    [InlineData("podSelector: {}, ingress: [{ports: [{port: postgres}, {port: 5432}]}]", "yes")]
    [InlineData("podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{port: 5432}]}]", "no")]
    [InlineData("podSelector: {}, egress: [{}]", "no")] // without policyTypes, ingress is isolated as well
    public void IngressRulesAllowOrDenyCalls(string spec, string verdict) =>
        Assert.Equal(verdict, Judge(s_web, s_db, Of("data", spec)) switch { true => "yes", false => "no", null => "?" });

    [Theory]
    [InlineData("podSelector: {}", true)] // without policyTypes and egress, egress is not isolated
    [InlineData("podSelector: {}, policyTypes: [Egress]", false)]
    [InlineData("podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}}]}]", true)]
    [InlineData("podSelector: {}, policyTypes: [Ingress], egress: [{ports: [{port: 1}]}]", true)]
    [InlineData("podSelector: {}, egress: [{ports: [{port: 1}]}]", false)]
    public void EgressRulesAllowOrDenyCalls(string spec, bool isAllowed) => Assert.Equal(isAllowed, Judge(s_web, s_db, Of("shop", spec)));

    [Fact]
    public void PoliciesAddUpAndBothEndsMustAgree()
    {
        string deny = "podSelector: {}", allow = "podSelector: {}, ingress: [{}]", noEgress = "podSelector: {}, policyTypes: [Egress]";
        Assert.True(Judge(s_web, s_db, Of("data", deny) + Of("data", allow)));
        Assert.False(Judge(s_web, s_db, Of("data", allow) + Of("shop", noEgress)));
        Assert.True(Judge(s_web, s_db, Of("other", deny)));
        Assert.True(Judge(s_db, s_web, Of("data", deny))); // answers of what db called itself come in
    }

    [Fact]
    public void PoliciesApplyToPodsButNotToHostsOrTheirOwnNode()
    {
        string deny = Of("data", "podSelector: {}"), denyShop = Of("shop", "podSelector: {}, policyTypes: [Ingress, Egress]");
        Assert.True(Judge(s_ownNode, s_db, deny));
        Assert.False(Judge(s_otherNode, s_db, deny));
        Assert.True(Judge(s_onHost, s_outside, denyShop)); // a pod in the network of its host is not selected
        Assert.False(Judge(s_onHost, s_db, Of("data", "podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]")));
        Assert.False(Judge(s_web, s_outside, denyShop));
        const string everywhere = "podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]";
        Assert.True(Judge(s_web, s_outside, Of("shop", everywhere)));
        Assert.Null(Judge(s_web, s_service,
            Of("shop", "podSelector: {}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}]}]"), port: 0));
        Assert.True(Judge(s_web, s_web, denyShop));
    }

    [Theory]
    [InlineData("a: &a [x]\nb: *a")]
    [InlineData("{")]
    [InlineData("a: 1\na: 2")]
    [InlineData("kind: NetworkPolicy\napiVersion: networking.k8s.io/v1\nspec: {ingress: {}}")]
    [InlineData("kind: NetworkPolicy\napiVersion: networking.k8s.io/v1\nspec: {ingress: [{from: [{}]}]}")]
    [InlineData("kind: NetworkPolicy\napiVersion: networking.k8s.io/v1\nspec: {ingress: [{from: [{ipBlock: {cidr: x}}]}]}")]
    public void InvalidPolicyIsRefused(string yaml) =>
        Assert.Throws<PolicyFileException>(() => PolicyFile.Read(new StringReader(yaml)));

    [Fact]
    public void NestingOfPoliciesIsBounded() =>
        Assert.Throws<PolicyFileException>(() => PolicyFile.Read(new StringReader(new string('[', 100_000))));

    [Fact]
    public void PoliciesInListsAreReadAndOtherObjectsSkipped() => Assert.Single(PolicyFile.Read(new StringReader(
        "kind: List\nitems: [{kind: Pod}, {kind: NetworkPolicy, apiVersion: networking.k8s.io/v1, spec: {podSelector: {}}}]")));
}
