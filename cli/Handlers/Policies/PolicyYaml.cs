using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using TcpTracer.Cli.Handlers.Inspection;
using TcpTracer.Formats.Strings;
using TcpTracer.Replay.Policies;

namespace TcpTracer.Cli.Handlers.Policies;

/// <summary>
/// Writes policies as YAML, by hand: libraries drop comments, and the comments are the evidence. Each text from the trace is a scalar that
/// <see cref="Scalar"/> quotes, or part of a comment, which is a sentence: those have no line breaks.
/// </summary>
internal static partial class PolicyYaml
{
    private const int LongestName = 253, LongestLabel = 63;

    /// <summary>What YAML 1.1 takes for something else than a text.</summary>
    private static readonly string[] s_words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];

    [GeneratedRegex(@"^[a-z][a-z0-9-]*([./][a-z0-9-]+)*\z")]
    private static partial Regex Plain();

    [GeneratedRegex(@"^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?\z")]
    private static partial Regex ValidLabel();

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NotOfNames();

    /// <summary>A text as YAML: as it is, if nothing else can be read in it; else in double quotes, in ASCII.</summary>
    public static string Scalar(string text)
    {
        if (Plain().IsMatch(text) && !s_words.Contains(text))
            return text;
        var quoted = new StringBuilder("\"");
        foreach (Rune rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '"' or '\\' => quoted.Append('\\').Append((char)rune.Value),
                >= ' ' and <= '~' => quoted.Append((char)rune.Value),
                <= 0xffff => quoted.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
                _ => quoted.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}"),
            };
        }
        return quoted.Append('"').ToString();
    }

    /// <summary>A name that Kubernetes accepts, and that no other workload has.</summary>
    public static string NameOf(PolicyWorkload workload, HashSet<(string, string)> taken)
    {
        string name = NotOfNames().Replace($"{workload.Kind}-{workload.Name}".ToLowerInvariant(), "-").Trim('-');
        name = name.Length > LongestName - 10 ? name[..(LongestName - 10)].Trim('-') : name;
        string unique = name;
        for (int i = 2; !taken.Add((workload.Namespace, unique)); i++)
            unique = $"{name}-{i}";
        return unique;
    }

    /// <summary>Writes one policy, or the comments alone if there is nothing to allow or nothing to select by.</summary>
    /// <param name="policy">What was seen.</param>
    /// <param name="name">Its name.</param>
    /// <param name="labelsOf">The labels of a workload.</param>
    public static string Write(SeenPolicy policy, string name, Func<PolicyWorkload, IReadOnlyDictionary<string, string>> labelsOf)
    {
        var yaml = new StringBuilder();
        bool isPossible = IsPossible(policy);
        yaml.Append(isPossible ? "---\n" : "\n").Append(Comment("", $"{policy.Workload}"));
        if (policy.Labels.Count == 0)
            yaml.Append(Comment("", $"no policy: its pods have no labels that outlive them, "
                + $"and an empty podSelector would select the whole namespace"));
        else if (!policy.IsOwnSeen)
            yaml.Append(Comment("", $"no policy: its own events are not in the trace, and its peers do not see all that it does"));
        else if (policy.Rules.Count > 0 && !isPossible)
            yaml.Append(Comment("", $"no policy: for a part of what it does no rule can be written, and it would lose that"));
        else if (policy.Rules.Count == 0)
            yaml.Append(Comment("", $"no policy: nothing was seen that needs a rule"));
        foreach (PolicyWorkload twin in policy.Twins.Take(isPossible ? policy.Twins.Count : 0))
            yaml.Append(Comment("", $"this podSelector also selects the pods of {twin}: what is allowed here is allowed there"));
        if (policy.Labels.Any(l => !ValidLabel().IsMatch(l.Value) || l.Value.Length > LongestLabel))
            yaml.Append(Comment("", $"Kubernetes will refuse this: the trace has labels that no pod can have"));
        foreach ((NoRule why, Replay.Calls.Party peer, ushort port, Evidence evidence) in policy.Without)
            yaml.Append(Comment("", Sentence.Of($"{WhyNot(why, peer, port)}: {EvidenceText(evidence, why == NoRule.Failed)}")));
        if (isPossible)
            WritePolicy(yaml, policy, name, labelsOf);
        return yaml.ToString();
    }

    /// <summary>Whether there is something to allow and something to select by.</summary>
    public static bool IsPossible(SeenPolicy policy) => policy.Labels.Count > 0 && policy.IsOwnSeen && policy.Isolating.Any();

    private static Sentence WhyNot(NoRule why, Replay.Calls.Party peer, ushort port) => why switch
    {
        NoRule.Failed => $"no rule for {peer} port {port}, because these connects failed",
        NoRule.ServiceOnly =>
            $"no rule for {peer} port {port}, which is the port of the service: "
            + $"which pods answered, and at which port, is not in the trace",
        NoRule.ServiceByOthers =>
            $"no rule of its own for {peer} port {port}, which is the port of the service: "
            + $"as many connections were seen by the pods that were called, and are allowed by the rules for these",
        NoRule.UnknownCaller => $"no rule for who called port {port}: its pod is not known",
        NoRule.UnknownCalled => $"no rule for port {port}: the pod that was called is not known",
        _ => $"no rule for {peer} port {port}: Kubernetes always allows what comes from or goes to the pod's own node",
    };

    private static void WritePolicy(
        StringBuilder yaml, SeenPolicy policy, string name, Func<PolicyWorkload, IReadOnlyDictionary<string, string>> labelsOf)
    {
        bool hasIngress = policy.Isolating.Any(r => r.Key.IsIngress), hasEgress = policy.Isolating.Any(r => !r.Key.IsIngress);
        yaml.Append("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n");
        yaml.Append("  name: ").Append(Scalar(name)).Append("\n  namespace: ")
            .Append(Scalar(policy.Workload.Namespace)).Append("\nspec:\n");
        WriteSelector(yaml, "  ", "podSelector", policy.Labels);
        if (policy.IsIngressOpen)
            yaml.Append(Comment("  ", $"Ingress is not restricted: callers for whom there is no rule, see above, would be denied"));
        if (policy.IsEgressOpen)
            yaml.Append(Comment("  ", $"Egress is not restricted: calls for which there is no rule, see above, would be denied"));
        yaml.Append("  policyTypes:\n").Append(hasIngress ? "    - Ingress\n" : "").Append(hasEgress ? "    - Egress\n" : "");
        if (hasIngress)
            WriteRules(yaml.Append("  ingress:\n"), policy.Rules.Where(r => r.Key.IsIngress), "from", labelsOf);
        if (!hasEgress)
            return;
        yaml.Append("  egress:\n").Append(Comment("    ", $"DNS is always allowed; name the DNS pods in a `to:` to narrow it"));
        yaml.Append("    - ports:\n        - protocol: UDP\n          port: 53\n        - protocol: TCP\n          port: 53\n");
        WriteRules(yaml, policy.Rules.Where(r => !r.Key.IsIngress), "to", labelsOf);
    }

    private static void WriteRules(StringBuilder yaml, IEnumerable<(RuleKey Key, Evidence Evidence)> rules, string direction,
        Func<PolicyWorkload, IReadOnlyDictionary<string, string>> labelsOf)
    {
        foreach ((RuleKey key, Evidence evidence) in rules)
        {
            Sentence via = evidence.Via is { } service ? Sentence.Of($" through {service}") : Sentence.None;
            Sentence peer = key.Peer is { } known ? Sentence.Of($"{known}") : Sentence.Of($"{evidence.Peer}");
            yaml.Append(Comment("    ", Sentence.Of($"{peer}{via}: {EvidenceText(evidence)}")));
            if (evidence.Guessed > 0)
                yaml.Append(Comment("    ", $"who called is a guess for {evidence.Guessed} of them: "
                    + $"neither connect nor accept was recorded"));
            if (evidence.Inferred > 0)
                yaml.Append(Comment("    ", $"for {evidence.Inferred} of them the pod was not seen; "
                    + $"others show that these pods are behind the service"));
            yaml.Append("    - ").Append(direction).Append(":\n");
            if (key.Peer is { } workload)
                WritePeer(yaml, workload, labelsOf(workload));
            else
                yaml.Append("        - ipBlock:\n            cidr: ").Append(Scalar(key.Block)).Append('\n');
            yaml.Append("      ports:\n        - protocol: TCP\n          port: ").Append(CultureInfo.InvariantCulture, $"{key.Port}\n");
        }
    }

    private static void WritePeer(StringBuilder yaml, PolicyWorkload workload, IReadOnlyDictionary<string, string> labels)
    {
        if (labels.Count == 0)
            yaml.Append(Comment("        ", $"its pods have no labels that outlive them: the whole namespace is allowed"));
        yaml.Append("        - namespaceSelector:\n            matchLabels:\n              kubernetes.io/metadata.name: ")
            .Append(Scalar(workload.Namespace)).Append('\n');
        if (labels.Count > 0)
            WriteSelector(yaml, "          ", "podSelector", labels);
    }

    private static void WriteSelector(StringBuilder yaml, string indent, string key, IReadOnlyDictionary<string, string> labels)
    {
        yaml.Append(indent).Append(key).Append(":\n").Append(indent).Append("  matchLabels:\n");
        foreach ((string label, string value) in labels.OrderBy(l => l.Key, StringComparer.Ordinal))
            yaml.Append(indent).Append("    ").Append(Scalar(label)).Append(": ").Append(Scalar(value)).Append('\n');
    }

    private static Sentence EvidenceText(Evidence evidence, bool haveFailed = false) => evidence.Count == 1
        ? Sentence.Of($"1 connection, {(haveFailed ? "failed at " : "")}{Second(evidence.FirstNs)}, conn {evidence.Example}")
        : Sentence.Of($"{evidence.Count} connections, {(haveFailed ? "failed " : "")}"
            + $"{Second(evidence.FirstNs)} to {Second(evidence.LastNs)}, such as conn {evidence.Example}");

    private static string Second(long ns) => InfoText.Time(ns) is { Length: > 19 } time ? time[..19] + "Z" : InfoText.Time(ns);

    /// <summary>A comment is one line: nothing in a sentence is a line break.</summary>
    public static string Comment(string indent, Sentence sentence) => $"{indent}# {sentence}\n";
}
