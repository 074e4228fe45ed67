using System.Collections.Immutable;
using System.Net;
using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Calls;

namespace TcpTracer.Replay.Policies;

/// <summary>
/// Gathers what NetworkPolicies would have to allow. It takes the rows of a <see cref="ConnectionTracker"/>. Its memory is bounded: what
/// comes after there is too much is counted.
/// </summary>
/// <param name="selected">Whose policies are wanted; give all events, also those of other ends.</param>
public sealed class PolicyTable(SelectedEnds selected) : IEventSink
{
    private const int MostRules = 20_000, MostWorkloads = 10_000, MostParties = 16_384, MostBacks = 20_000, BlockFrom = 5;
    private readonly Parties _parties = new(areOutsideInBlocks: false, MostParties);
    private readonly Dictionary<PolicyWorkload, ImmutableSortedDictionary<string, string>> _labels = [];
    private readonly HashSet<PodInfo> _known = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<RuleKey, Evidence> _rules = [];
    private readonly Dictionary<(PolicyWorkload, NoRule, Party, ushort), Evidence> _without = [];
    private readonly Dictionary<(PolicyWorkload From, Party Service, ushort Port), Evidence> _toServices = [];
    private readonly Dictionary<(Party Service, ushort Port), HashSet<(PolicyWorkload, ushort)>> _backs = [];
    private readonly HashSet<PolicyWorkload> _own = [], _wanted = [];
    private readonly Dictionary<PolicyWorkload, long> _seenByCalled = []; // connections of a caller, of which only the called end was seen
    private readonly SortedSet<string> _nodes = new(StringComparer.Ordinal);
    private SafeText? _latestNode; // events share few objects
    private int _backCount;

    /// <summary>The nodes on which the ends were that were seen, at most <see cref="MostNodes"/>.</summary>
    public IReadOnlyCollection<string> Nodes => _nodes;

    /// <summary>More nodes than this are not told apart.</summary>
    public const int MostNodes = 100;

    /// <summary>Connections.</summary>
    public long Connections { get; private set; }

    /// <summary>Connections that are not looked at, because there were too many different ones.</summary>
    public long LeftOut { get; private set; }

    /// <summary>Connections of pods in the network of their host, to which no policy applies.</summary>
    public long OfHostNetwork { get; private set; }

    /// <summary>Connections of which no end is a known pod.</summary>
    public long WithoutPod { get; private set; }

    /// <summary>Labels of pods that appear in no connection count as well.</summary>
    public void OnWorkloads(WorkloadChange change, WorkloadView view)
    {
        foreach (PodInfo pod in change.Pods)
            Know(pod);
    }

    /// <inheritdoc/>
    public void OnEvent(in TcpEvent e)
    {
        Connections++;
        Connection connection = e.Connection!;
        bool isSelected = Note(connection.Near) | (connection.Far is { } far && Note(far));
        SeenCall call = SeenCall.Of(in e, _parties);
        bool isAny = false;
        if (call.From.Kind == PolicyEndKind.Pod)
        {
            isAny = true;
            Add(in e, in call, false, call.From, call.To);
        }
        if (call.To.Kind == PolicyEndKind.Pod)
        {
            isAny = true;
            Add(in e, in call, true, call.To, call.From);
        }
        bool isOfHost = call.From.Kind == PolicyEndKind.HostPod || call.To.Kind == PolicyEndKind.HostPod;
        OfHostNetwork += isSelected && isOfHost ? 1 : 0;
        WithoutPod += isAny || isOfHost || !isSelected ? 0 : 1;
    }

    /// <summary>Notes whose end it is.</summary>
    /// <returns>Whether it is selected.</returns>
    private bool Note(ConnectionEnd end)
    {
        ref readonly TcpEvent e = ref end.Opening;
        bool isSelected = selected.Has(end);
        SafeText node = e.Workload.Node;
        if (!ReferenceEquals(node, _latestNode) && node.Raw.Length > 0 && _nodes.Count < MostNodes)
            _nodes.Add((_latestNode = node).ToString());
        if (e.Workload.PodUid.Length > 0 && e.View.PodOf(e.Workload.PodUid) is { } pod && _own.Count < MostWorkloads)
        {
            PolicyWorkload workload = PolicyWorkload.Of(pod);
            _own.Add(workload);
            if (isSelected)
                _wanted.Add(workload);
        }
        return isSelected;
    }

    private void Add(in TcpEvent row, in SeenCall call, bool isIngress, PolicyEnd self, PolicyEnd other)
    {
        PolicyWorkload workload = Know(self.Pod!);
        Evidence? evidence;
        if (call.HasFailed)
            evidence = Without(workload, NoRule.Failed, call.Via ?? other.Party, call.ServicePort);
        else if (call.IsAlwaysAllowed)
            evidence = other.Kind is PolicyEndKind.Host or PolicyEndKind.HostPod
                ? Without(workload, NoRule.OwnNode, other.Party, call.Port) : null;
        else if (other.Kind == PolicyEndKind.Unknown)
            evidence = Without(workload, isIngress ? NoRule.UnknownCaller : NoRule.UnknownCalled, other.Party, call.ServicePort);
        else if (other.Kind == PolicyEndKind.Service)
            evidence = At(_toServices, (workload, other.Party, call.ServicePort));
        else
            evidence = At(_rules, KeyOf(isIngress, workload, in other, call.Port));
        evidence?.Add(in row, call.IsTurnKnown, other.Party, call.Via);
        if (!isIngress && !call.HasFailed && row.Connection is { Far: null } alone && Call.TurnOf(alone).IsNearCalled)
            _seenByCalled[workload] = _seenByCalled.GetValueOrDefault(workload) + 1;
        if (call is { Via: { } via, HasFailed: false, To.Kind: PolicyEndKind.Pod } && !isIngress)
            NoteBack(via, call.ServicePort, Know(call.To.Pod!), call.Port);
    }

    private RuleKey KeyOf(bool isIngress, PolicyWorkload workload, in PolicyEnd other, ushort port) => other.Kind == PolicyEndKind.Pod
        ? new RuleKey(isIngress, workload, Know(other.Pod!), "", port)
        : new RuleKey(isIngress, workload, null, Cidr(other.Address), port);

    private static string Cidr(Address address) => $"{new IPAddress(address.OnWire.WireBytes)}/{(address.OnWire.Version == 4 ? 32 : 128)}";

    private Evidence? Without(PolicyWorkload workload, NoRule why, Party peer, ushort port) => At(_without, (workload, why, peer, port));

    private Evidence? At<TKey>(Dictionary<TKey, Evidence> all, TKey key)
        where TKey : notnull
    {
        if (all.TryGetValue(key, out Evidence? evidence))
            return evidence;
        if (all.Count < MostRules)
            return all[key] = new Evidence();
        LeftOut++;
        return null;
    }

    private void NoteBack(Party service, ushort port, PolicyWorkload workload, ushort at)
    {
        if (!_backs.TryGetValue((service, port), out HashSet<(PolicyWorkload, ushort)>? backs) && _backs.Count < MostBacks)
            _backs[(service, port)] = backs = [];
        if (backs is not null && _backCount < MostBacks && backs.Add((workload, at)))
            _backCount++;
    }

    private PolicyWorkload Know(PodInfo pod)
    {
        PolicyWorkload workload = PolicyWorkload.Of(pod);
        if (!_known.Add(pod))
            return workload;
        if (_known.Count >= MostRules)
            _known.Clear();
        if (_labels.TryGetValue(workload, out ImmutableSortedDictionary<string, string>? labels))
            _labels[workload] = StableLabels.Shared(labels, pod);
        else if (_labels.Count < MostWorkloads)
            _labels[workload] = StableLabels.Of(pod);
        return workload;
    }

    /// <summary>The labels of a workload that all of its pods share.</summary>
    public ImmutableSortedDictionary<string, string> LabelsOf(PolicyWorkload workload) =>
        _labels.GetValueOrDefault(workload, PodInfo.NoLabels);

    /// <summary>The policies, by namespace and name.</summary>
    public IReadOnlyList<SeenPolicy> Policies()
    {
        ResolveServices();
        Dictionary<RuleKey, Evidence> rules = InBlocks();
        ILookup<PolicyWorkload, (RuleKey, Evidence)> byWorkload = rules.ToLookup(r => r.Key.Workload, r => (r.Key, r.Value));
        var without = _without.ToLookup(r => r.Key.Item1, r => (r.Key.Item2, r.Key.Item3, r.Key.Item4, r.Value));
        PolicyWorkload[] all =
        [
            .. byWorkload.Select(g => g.Key).Union(without.Select(g => g.Key)).Where(IsWanted).Order(PolicyWorkload.ByName),
        ];
        ILookup<string, KeyValuePair<PolicyWorkload, ImmutableSortedDictionary<string, string>>> inNamespace =
            _labels.ToLookup(l => l.Key.Namespace);
        return
        [
            .. all.Select(w => new SeenPolicy(w, LabelsOf(w),
                [.. byWorkload[w].OrderBy(r => r.Item1.IsIngress ? 0 : 1)
                    .ThenBy(r => r.Item1.Peer?.ToString() ?? "~" + r.Item1.Block, StringComparer.Ordinal)
                    .ThenBy(r => r.Item1.Port)],
                [.. without[w].OrderBy(r => r.Item1).ThenBy(r => r.Item2.ToString(), StringComparer.Ordinal).ThenBy(r => r.Item3)],
                [.. inNamespace[w.Namespace].Where(o => o.Key != w && Selects(LabelsOf(w), o.Value)).Select(o => o.Key)
                    .Order(PolicyWorkload.ByName).Take(5)]) { IsOwnSeen = _own.Contains(w) }),
        ];
    }

    /// <summary>Of a workload that was seen only from the other end, it is not known whether it would be selected.</summary>
    private bool IsWanted(PolicyWorkload workload) => _wanted.Contains(workload) || (selected.IsAll && !_own.Contains(workload));

    private static bool Selects(ImmutableSortedDictionary<string, string> selector, ImmutableSortedDictionary<string, string> labels) =>
        selector.All(l => labels.GetValueOrDefault(l.Key) == l.Value);

    /// <summary>
    /// Where a pod behind a service was not seen, those count that were seen behind it in other connections. If there are none, the pods'
    /// own events may have the connections; without their flow that shows only in the count.
    /// </summary>
    private void ResolveServices()
    {
        var calls = _toServices.Where(s => !_backs.ContainsKey((s.Key.Service, s.Key.Port))).ToLookup(s => s.Key.From, s => s.Value.Count);
        foreach (((PolicyWorkload from, Party service, ushort port), Evidence evidence) in _toServices)
        {
            if (!_backs.TryGetValue((service, port), out HashSet<(PolicyWorkload, ushort)>? backs))
            {
                NoRule why = calls[from].Sum() <= _seenByCalled.GetValueOrDefault(from) ? NoRule.ServiceByOthers : NoRule.ServiceOnly;
                Without(from, why, service, port)?.Add(evidence);
                continue;
            }
            foreach ((PolicyWorkload workload, ushort at) in backs)
                At(_rules, new RuleKey(false, from, workload, "", at))?.Infer(evidence);
        }
        _toServices.Clear();
    }

    /// <summary>Five or more public addresses of one block become the block: that is a service with many addresses.</summary>
    private Dictionary<RuleKey, Evidence> InBlocks()
    {
        Dictionary<RuleKey, Evidence> rules = [];
        var groups = _rules.GroupBy(r =>
            r.Key.Block.Length == 0 || BlockOf(r.Key.Block) is not { } block ? r.Key : r.Key with { Block = block });
        foreach (IGrouping<RuleKey, KeyValuePair<RuleKey, Evidence>> group in groups)
        {
            bool isBlock = group.Count() >= BlockFrom;
            foreach ((RuleKey key, Evidence evidence) in group)
            {
                if (!isBlock)
                    rules[key] = evidence;
                else if (rules.TryGetValue(group.Key, out Evidence? all))
                    all.Add(evidence);
                else
                    rules[group.Key] = evidence;
            }
        }
        return rules;
    }

    private static string? BlockOf(string cidr) =>
        OutsideBlock.OfPublic(new Address(IPAddress.Parse(cidr.Split('/')[0]).GetAddressBytes()));
}
