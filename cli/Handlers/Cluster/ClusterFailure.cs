using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Strings;
using TcpTracer.Recorder.Cluster;

namespace TcpTracer.Cli.Handlers.Cluster;

/// <summary>Sentences about a cluster that cannot be asked, or does not let us.</summary>
internal static class ClusterFailure
{
    /// <summary>For a request that failed.</summary>
    public static Sentence Of(ClusterException e, ClusterApi api) => e.Fault switch
    {
        ClusterFault.Unauthorized => $"the Kubernetes API at {api.Server} does not accept the credentials of {api.Origin} (401): "
            + $"renew them, or choose others with --kubeconfig or --context",
        ClusterFault.Forbidden => $"the Kubernetes API at {api.Server} does not allow it (403): {e.Refusal}",
        ClusterFault.NoTls => $"the Kubernetes API at {api.Server} cannot be asked: {e.Message}",
        ClusterFault.NotFound or ClusterFault.Rejected => $"the Kubernetes API at {api.Server} refuses: {e.Refusal}",
        _ => $"the Kubernetes API at {api.Server} cannot be used: {e.Message}; see whether `kubectl get --raw /version` answers with "
            + $"{api.Origin}",
    };

    /// <summary>The same in a few words.</summary>
    public static string Words(ClusterException e) => e.Refusal.Length > 0 ? e.Refusal : e.Message;

    public static UserException Of(Sentence sentence) => new(sentence, ExitCode.Failed);

    public static UserException NoAgents(string @namespace) => new(
        $"no agent runs in namespace {@namespace} of the cluster: {ClusterWords.Call("deploy")} starts them; if they run in another "
        + $"namespace, name that; live output and record start some with --once", ExitCode.Failed);

    public static UserException NoSuchNode(string[] nodes) => new(
        $"--node selects none of the nodes that have an agent: {Messages.Foreign(string.Join(", ", nodes))}", ExitCode.Failed);

    /// <summary>For something that RBAC does not allow, found out beforehand.</summary>
    public static UserException Refused(IReadOnlyList<ClusterAccess> refused, string needed, ClusterApi api)
    {
        string what = string.Join(" and ", refused.GroupBy(a => (a.FullResource, a.Namespace)).Select(g =>
            $"{string.Join(", ", g.Select(a => a.Verb))} {g.Key.FullResource}{Where(g.Key.Namespace)}"));
        return new UserException(
            $"{needed} needs a permission that {api.Origin} does not have: {what}; have a Role or ClusterRole grant it "
            + $"(docs/kubectl.md says which each command needs)", ExitCode.Failed);
    }

    private static string Where(string @namespace) => @namespace.Length == 0 ? " in the whole cluster" : $" in namespace {@namespace}";
}
