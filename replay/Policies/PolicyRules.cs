using System.Net;

namespace TcpTracer.Replay.Policies;

/// <summary>A condition for labels.</summary>
/// <param name="Key">A label.</param>
/// <param name="Operator">In, NotIn, Exists or DoesNotExist.</param>
/// <param name="Values">For In and NotIn.</param>
public sealed record LabelCondition(string Key, string Operator, IReadOnlyList<string> Values)
{
    /// <summary>Whether labels fulfil it.</summary>
    public bool Holds(IReadOnlyDictionary<string, string> labels) => Operator switch
    {
        "In" => labels.TryGetValue(Key, out string? value) && Values.Contains(value),
        "NotIn" => !labels.TryGetValue(Key, out string? value) || !Values.Contains(value),
        "Exists" => labels.ContainsKey(Key),
        _ => !labels.ContainsKey(Key),
    };
}

/// <summary>One of the peers of a rule: a block, or pods by their labels and their namespaces.</summary>
/// <param name="Block">The block; null: pods.</param>
/// <param name="Except">Blocks within it that do not count.</param>
/// <param name="Pods">Conditions for pods; null: all.</param>
/// <param name="Namespaces">Conditions for namespaces; null: that of the policy.</param>
public sealed record RulePeer(
    IPNetwork? Block, IReadOnlyList<IPNetwork> Except, IReadOnlyList<LabelCondition>? Pods, IReadOnlyList<LabelCondition>? Namespaces)
{
    private const string NameLabel = "kubernetes.io/metadata.name";

    /// <summary>Whether an end is one of these; null: the trace does not say.</summary>
    public bool? Matches(in PolicyEnd end, string own)
    {
        if (Block is { } block)
        {
            if (end.Kind == PolicyEndKind.Service)
                return null;
            var address = new IPAddress(end.Address.OnWire.WireBytes);
            return block.Contains(address) && !Except.Any(e => e.Contains(address));
        }
        if (end.Kind is PolicyEndKind.Service or PolicyEndKind.Unknown)
            return null;
        if (end is not { Kind: PolicyEndKind.Pod, Pod: { } pod } || Pods?.All(c => c.Holds(pod.Labels)) == false)
            return false;
        if (Namespaces is null)
            return pod.Namespace == own;
        Dictionary<string, string> known = new() { [NameLabel] = pod.Namespace };
        if (Namespaces.Any(c => c.Key == NameLabel && !c.Holds(known)))
            return false;
        return Namespaces.All(c => c.Key == NameLabel) ? true : null; // a trace has no other labels of namespaces
    }
}

/// <summary>One of the ports of a rule.</summary>
/// <param name="Protocol">TCP, UDP or SCTP.</param>
/// <param name="First">The first port; 0: all, or a named one.</param>
/// <param name="Last">The last port.</param>
/// <param name="Name">A name that the called pod gives to a port; null: none.</param>
public sealed record RulePort(string Protocol, int First, int Last, string? Name)
{
    /// <summary>Whether it is this TCP port; null: the trace does not say.</summary>
    public bool? Matches(int port)
    {
        if (Protocol != "TCP")
            return false;
        if (Name is not null)
            return null; // a trace does not have the ports that a pod declares
        return First == 0 ? true : port == 0 ? null : port >= First && port <= Last;
    }
}

/// <summary>One rule.</summary>
/// <param name="Peers">Of whom one must match; empty: everybody does.</param>
/// <param name="Ports">Of which one must match; empty: all do.</param>
public sealed record PolicyRule(IReadOnlyList<RulePeer> Peers, IReadOnlyList<RulePort> Ports)
{
    /// <summary>Whether it allows a connection; null: the trace does not say.</summary>
    public bool? Allows(in PolicyEnd peer, int port, string own)
    {
        bool? isPeer = Peers.Count == 0, isPort = Ports.Count == 0;
        foreach (RulePeer one in Peers)
            isPeer = Either(isPeer, one.Matches(in peer, own));
        foreach (RulePort one in Ports)
            isPort = Either(isPort, one.Matches(port));
        return isPeer == false || isPort == false ? false : isPeer == true && isPort == true ? true : null;
    }

    /// <summary>Whether one of both holds.</summary>
    public static bool? Either(bool? a, bool? b) => a == true || b == true ? true : a is null || b is null ? null : false;
}

/// <summary>A NetworkPolicy, as far as it tells what is allowed.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Pods">Conditions for the pods that it selects; none selects all of the namespace.</param>
/// <param name="Ingress">Who may call these pods; null: the policy does not say.</param>
/// <param name="Egress">Whom these pods may call; null: the policy does not say.</param>
public sealed record GivenPolicy(string Namespace, string Name, IReadOnlyList<LabelCondition> Pods,
    IReadOnlyList<PolicyRule>? Ingress, IReadOnlyList<PolicyRule>? Egress)
{
    /// <summary>Whether it selects a pod.</summary>
    public bool Selects(in PolicyEnd end) =>
        end is { Kind: PolicyEndKind.Pod, Pod: { } pod } && pod.Namespace == Namespace && Pods.All(c => c.Holds(pod.Labels));
}
