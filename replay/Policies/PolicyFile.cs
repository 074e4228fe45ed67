using System.Globalization;
using System.Net;

namespace TcpTracer.Replay.Policies;

/// <summary>Reads NetworkPolicies (networking.k8s.io/v1), also in a List. Other objects are passed over.</summary>
public static class PolicyFile
{
    /// <summary>The policies of a text.</summary>
    /// <exception cref="PolicyFileException">It is no YAML, or a policy in it is not valid.</exception>
    public static IReadOnlyList<GivenPolicy> Read(TextReader text) => [.. PolicyTree.Read(text).SelectMany(Of)];

    private static IEnumerable<GivenPolicy> Of(object? node)
    {
        if (node is not Dictionary<string, object?> map)
            return [];
        if (Text(map, "kind") is { } kind && kind.EndsWith("List", StringComparison.Ordinal))
            return List(map, "items")?.SelectMany(Of) ?? [];
        return Text(map, "kind") == "NetworkPolicy" && Text(map, "apiVersion") == "networking.k8s.io/v1" ? [OfPolicy(map)] : [];
    }

    private static GivenPolicy OfPolicy(Dictionary<string, object?> map)
    {
        Dictionary<string, object?> spec = Map(map, "spec") ?? [], meta = Map(map, "metadata") ?? [];
        Require(spec, "spec", "podSelector", "policyTypes", "ingress", "egress");
        List<object?>? egress = List(spec, "egress");
        string[] types = List(spec, "policyTypes")?.Select(TextOf).ToArray()
            ?? (egress is { Count: > 0 } ? ["Ingress", "Egress"] : ["Ingress"]);
        return new GivenPolicy(Text(meta, "namespace") ?? "default", Text(meta, "name") ?? "?", Selector(Map(spec, "podSelector") ?? []),
            types.Contains("Ingress") ? [.. (List(spec, "ingress") ?? []).Select(r => Rule(r, "from"))] : null,
            types.Contains("Egress") ? [.. (egress ?? []).Select(r => Rule(r, "to"))] : null);
    }

    private static PolicyRule Rule(object? node, string direction)
    {
        Dictionary<string, object?> map = MapOf(node);
        Require(map, "a rule", direction, "ports");
        return new PolicyRule([.. (List(map, direction) ?? []).Select(Peer)], [.. (List(map, "ports") ?? []).Select(Port)]);
    }

    private static RulePeer Peer(object? node)
    {
        Dictionary<string, object?> map = MapOf(node);
        Require(map, "a peer", "ipBlock", "podSelector", "namespaceSelector");
        if (Map(map, "ipBlock") is { } block)
        {
            Require(block, "ipBlock", "cidr", "except");
            IPNetwork[] except = [.. (List(block, "except") ?? []).Select(e => Network(TextOf(e)))];
            return new RulePeer(Network(Text(block, "cidr")), [.. except], null, null);
        }
        if (!map.ContainsKey("podSelector") && !map.ContainsKey("namespaceSelector"))
            throw new PolicyFileException(0, "a peer has neither podSelector nor namespaceSelector nor ipBlock");
        return new RulePeer(null, [], Map(map, "podSelector") is { } pods ? Selector(pods) : null,
            Map(map, "namespaceSelector") is { } namespaces ? Selector(namespaces) : null);
    }

    private static RulePort Port(object? node)
    {
        Dictionary<string, object?> map = MapOf(node);
        Require(map, "a port", "protocol", "port", "endPort");
        string protocol = Text(map, "protocol") ?? "TCP";
        string? port = Text(map, "port");
        if (port is null)
            return new RulePort(protocol, 0, 0, null);
        if (!ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out ushort first))
            return new RulePort(protocol, 0, 0, port);
        return new RulePort(protocol, first,
            ushort.TryParse(Text(map, "endPort"), NumberStyles.None, CultureInfo.InvariantCulture, out ushort last) ? last : first, null);
    }

    private static LabelCondition[] Selector(Dictionary<string, object?> map)
    {
        Require(map, "a selector", "matchLabels", "matchExpressions");
        return
        [
            .. (Map(map, "matchLabels") ?? []).Select(l => new LabelCondition(l.Key, "In", [l.Value is null ? "" : TextOf(l.Value)])),
            .. (List(map, "matchExpressions") ?? []).Select(e => Expression(MapOf(e))),
        ];
    }

    private static LabelCondition Expression(Dictionary<string, object?> map)
    {
        Require(map, "an expression of a selector", "key", "operator", "values");
        string how = Text(map, "operator") ?? "";
        return how is "In" or "NotIn" or "Exists" or "DoesNotExist"
            ? new LabelCondition(Text(map, "key") ?? "", how, [.. (List(map, "values") ?? []).Select(TextOf)])
            : throw new PolicyFileException(0, $"operator '{how}' of a selector: In, NotIn, Exists or DoesNotExist is expected");
    }

    private static IPNetwork Network(string? text) => IPNetwork.TryParse(text, out IPNetwork network) ? network
        : throw new PolicyFileException(0, $"'{text}' is no block of addresses such as 10.0.0.0/8");

    /// <summary>A misspelt key would silently allow or deny.</summary>
    private static void Require(Dictionary<string, object?> map, string what, params string[] known)
    {
        if (map.Keys.FirstOrDefault(k => !known.Contains(k)) is { } unknown)
            throw new PolicyFileException(0, $"{what} has the key '{unknown}'; a NetworkPolicy has {string.Join(", ", known)} there");
    }

    private static string TextOf(object? node) => node as string ?? throw new PolicyFileException(0, "a text is expected");

    private static Dictionary<string, object?> MapOf(object? node) => node switch
    {
        null => [],
        Dictionary<string, object?> map => map,
        _ => throw new PolicyFileException(0, "a map is expected"),
    };

    private static string? Text(Dictionary<string, object?> map, string key) =>
        map.GetValueOrDefault(key) is { } node ? TextOf(node) : null;

    private static Dictionary<string, object?>? Map(Dictionary<string, object?> map, string key) =>
        map.GetValueOrDefault(key) is { } node ? MapOf(node) : null;

    private static List<object?>? List(Dictionary<string, object?> map, string key) => map.GetValueOrDefault(key) switch
    {
        null => null,
        List<object?> list => list,
        _ => throw new PolicyFileException(0, "a list is expected"),
    };
}
