using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Replay.Calls;

namespace TcpTracer.Replay.Policies;

/// <summary>What policies would have denied.</summary>
/// <param name="From">The caller.</param>
/// <param name="To">Who was called.</param>
/// <param name="Port">At which port.</param>
/// <param name="By">The policies that isolate a pod and do not allow it, with the direction.</param>
public readonly record struct Denial(Party From, Party To, ushort Port, string By);

/// <summary>
/// Replays connections against policies. A pod that no policy selects for a direction is not isolated in it; one that some select may do
/// what any of them allows. A connection needs the leave of both ends. It takes the rows of a ConnectionTracker.
/// </summary>
/// <param name="policies">The policies.</param>
/// <param name="selected">Connections of which ends; give all events, because the names of both ends count.</param>
public sealed class PolicyCheck(IReadOnlyList<GivenPolicy> policies, SelectedEnds selected) : IEventSink
{
    private const int MostDenials = 10_000, MostParties = 16_384;
    private readonly Parties _parties = new(areOutsideInBlocks: false, MostParties);
    private readonly Dictionary<Denial, Evidence> _denials = [];

    /// <summary>What would have been denied.</summary>
    public IReadOnlyDictionary<Denial, Evidence> Denials => _denials;

    /// <summary>Connections that would have been denied.</summary>
    public long Denied { get; private set; }

    /// <summary>Connections that would have been allowed.</summary>
    public long Allowed { get; private set; }

    /// <summary>Connections of which the trace does not say enough.</summary>
    public long NotJudged { get; private set; }

    /// <summary>Connections that failed anyway: they are not judged.</summary>
    public long Failed { get; private set; }

    /// <summary>All connections that were looked at.</summary>
    public long Judged => Allowed + Denied + NotJudged + Failed;

    /// <inheritdoc/>
    public void OnEvent(in TcpEvent e)
    {
        if (!selected.HasAnyOf(e.Connection!))
            return;
        SeenCall call = SeenCall.Of(in e, _parties);
        if (call.HasFailed)
        {
            Failed++;
            return;
        }
        (bool? isAllowed, string by) = Judge(in call);
        Allowed += isAllowed == true ? 1 : 0;
        NotJudged += isAllowed is null ? 1 : 0;
        if (isAllowed != false)
            return;
        Denied++;
        var denial = new Denial(call.From.Party, call.Via ?? call.To.Party, call.Port, by);
        if (!_denials.TryGetValue(denial, out Evidence? evidence))
        {
            if (_denials.Count >= MostDenials)
                return;
            _denials[denial] = evidence = new Evidence();
        }
        evidence.Add(in e, call.IsTurnKnown, call.To.Party, call.Via);
    }

    /// <summary>Whether the policies allow a call (null: the trace does not say), and which of them do not.</summary>
    public (bool? IsAllowed, string By) Judge(in SeenCall call)
    {
        if (call.IsAlwaysAllowed)
            return (true, "");
        PolicyEnd from = call.From, to = call.To;
        (bool? egress, string noEgress) = Judge(from, to, call.Port, "egress", p => p.Egress);
        (bool? ingress, string noIngress) = Judge(to, from, call.Port, "ingress", p => p.Ingress);
        string by = string.Join(", ", new[] { noEgress, noIngress }.Where(b => b.Length > 0));
        return (egress == false || ingress == false ? false : egress == true && ingress == true ? true : null, by);
    }

    private (bool? IsAllowed, string By) Judge(
        PolicyEnd self, PolicyEnd peer, int port, string direction, Func<GivenPolicy, IReadOnlyList<PolicyRule>?> rulesOf)
    {
        if (self.Kind == PolicyEndKind.Unknown || (self.Kind == PolicyEndKind.Service && policies.Any(p => rulesOf(p) is not null)))
            return (policies.Count == 0 ? true : null, "");
        GivenPolicy[] selecting = [.. policies.Where(p => rulesOf(p) is not null && p.Selects(in self))];
        if (selecting.Length == 0)
            return (true, "");
        bool? isAllowed = false;
        foreach (GivenPolicy policy in selecting)
        {
            foreach (PolicyRule rule in rulesOf(policy)!)
                isAllowed = PolicyRule.Either(isAllowed, rule.Allows(in peer, port, policy.Namespace));
        }
        string by = string.Join(" and ", selecting.Select(p => $"{p.Namespace}/{p.Name}"));
        return (isAllowed, isAllowed == false ? $"{direction} of {by}" : "");
    }
}
