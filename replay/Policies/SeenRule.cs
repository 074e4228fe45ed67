using System.Collections.Immutable;
using TcpTracer.Formats.Events;
using TcpTracer.Replay.Calls;

namespace TcpTracer.Replay.Policies;

/// <summary>What a rule of a policy is about.</summary>
/// <param name="IsIngress">Whether the workload was called; if not, it called.</param>
/// <param name="Workload">Whose policy has the rule.</param>
/// <param name="Peer">The workload at the other end; null: an address.</param>
/// <param name="Block">The address or block at the other end; empty: a workload.</param>
/// <param name="Port">The port of the pod, or of the address, that was called.</param>
public readonly record struct RuleKey(bool IsIngress, PolicyWorkload Workload, PolicyWorkload? Peer, string Block, ushort Port);

/// <summary>Why there is a rule: the connections that it allows.</summary>
public sealed class Evidence
{
    /// <summary>How many.</summary>
    public long Count { get; private set; }

    /// <summary>When the first began, or if they failed when the first failed, in nanoseconds since 1970.</summary>
    public long FirstNs { get; private set; } = long.MaxValue;

    /// <summary>When the last began, or failed, in nanoseconds since 1970.</summary>
    public long LastNs { get; private set; } = long.MinValue;

    /// <summary>How many of them have a caller that is a guess.</summary>
    public long Guessed { get; private set; }

    /// <summary>The field <c>conn</c> of one of them.</summary>
    public string Example { get; private set; } = "";

    /// <summary>The name at the other end.</summary>
    public Party? Peer { get; private set; }

    /// <summary>The service that was called, if there was one.</summary>
    public Party? Via { get; private set; }

    /// <summary>How many went to the service while its pod was not seen: taken from connections where it was.</summary>
    public long Inferred { get; private set; }

    internal void Add(in TcpEvent row, bool isTurnKnown, Party peer, Party? via)
    {
        if (Count++ == 0)
            (Example, Peer) = (CallExample.ConnOf(in row), peer);
        Connection connection = row.Connection!;
        long ns = connection.State == ConnectionState.Failed ? row.WallNs : connection.StartNs;
        Via ??= via;
        (FirstNs, LastNs) = (Math.Min(FirstNs, ns), Math.Max(LastNs, ns));
        Guessed += isTurnKnown ? 0 : 1;
    }

    internal void Add(Evidence other)
    {
        (Example, Peer) = Count == 0 ? (other.Example, other.Peer) : (Example, Peer);
        Count += other.Count;
        Guessed += other.Guessed;
        Inferred += other.Inferred;
        Via ??= other.Via;
        (FirstNs, LastNs) = (Math.Min(FirstNs, other.FirstNs), Math.Max(LastNs, other.LastNs));
    }

    internal void Infer(Evidence other)
    {
        Add(other);
        Inferred += other.Count;
    }
}

/// <summary>What was seen of a workload and is no rule.</summary>
public enum NoRule
{
    /// <summary>A connect that failed.</summary>
    Failed,

    /// <summary>A service was called, and no connection shows which pods answer there.</summary>
    ServiceOnly,

    /// <summary>
    /// The same, but as many connections were seen from the called ends, each of which has a rule: those are probably the same ones.
    /// </summary>
    ServiceByOthers,

    /// <summary>Who called was a process in a pod that is not known.</summary>
    UnknownCaller,

    /// <summary>Who was called was a process in a pod that is not known.</summary>
    UnknownCalled,

    /// <summary>To or from the pod's own node: always allowed.</summary>
    OwnNode,
}

/// <summary>The policy of one workload.</summary>
/// <param name="Workload">Whose.</param>
/// <param name="Labels">By which its pods are selected; empty: they have none that are stable.</param>
/// <param name="Rules">What is allowed, in order.</param>
/// <param name="Without">What was seen and is no rule: why, at which port of whom.</param>
/// <param name="Twins">Other workloads whose pods the policy selects as well.</param>
public sealed record SeenPolicy(PolicyWorkload Workload, ImmutableSortedDictionary<string, string> Labels,
    IReadOnlyList<(RuleKey Key, Evidence Evidence)> Rules, IReadOnlyList<(NoRule Why, Party Peer, ushort Port, Evidence Evidence)> Without,
    IReadOnlyList<PolicyWorkload> Twins)
{
    /// <summary>
    /// Whether events of its own are in the traces. If not, it was seen from the other ends only, which is a part of what it does.
    /// </summary>
    public bool IsOwnSeen { get; init; } = true;

    /// <summary>Whether it was called by somebody for whom no rule can be written: isolated from callers, it would lose them.</summary>
    public bool IsIngressOpen => Without.Any(w => w.Why == NoRule.UnknownCaller);

    /// <summary>Whether it called somebody for whom no rule can be written: isolated from the called, it would lose them.</summary>
    public bool IsEgressOpen => Without.Any(w => w.Why is NoRule.ServiceOnly or NoRule.UnknownCalled);

    /// <summary>The rules of the directions that can be isolated.</summary>
    public IEnumerable<(RuleKey Key, Evidence Evidence)> Isolating => Rules.Where(r => !(r.Key.IsIngress ? IsIngressOpen : IsEgressOpen));
}
