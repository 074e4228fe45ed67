using System.Net;
using TcpTracer.Formats.Events;
using TcpTracer.Replay.Calls;

namespace TcpTracer.Replay.Policies;

/// <summary>
/// One connection as NetworkPolicies see it: after the addresses of services were replaced by those of pods. Who connected is the caller,
/// whichever way the bytes went: answers are always allowed.
/// </summary>
/// <param name="From">The caller.</param>
/// <param name="To">Who was called: the pod behind a service, where it was seen.</param>
/// <param name="Port">The port there; 0: not known.</param>
/// <param name="Via">The service that was called, if it was one; null: none, or its name is not known.</param>
/// <param name="ServicePort">The port that was called.</param>
/// <param name="HasFailed">Whether it never came to be.</param>
/// <param name="IsTurnKnown">Whether a connect or an accept said who called.</param>
public readonly record struct SeenCall(
    PolicyEnd From, PolicyEnd To, ushort Port, Party? Via, ushort ServicePort, bool HasFailed, bool IsTurnKnown)
{
    /// <summary>The call of a row of a <see cref="Formats.Connections.ConnectionTracker"/>.</summary>
    public static SeenCall Of(in TcpEvent row, Parties parties)
    {
        Connection connection = row.Connection!;
        ref readonly TcpEvent opening = ref connection.Near.Opening;
        (bool isKnown, bool isNearCalled) = Call.TurnOf(connection);
        bool hasFailed = connection.State == ConnectionState.Failed;
        PolicyEnd self = PolicyEnd.Local(in opening, parties), other = PolicyEnd.Remote(in opening, parties);
        if (isNearCalled)
        {
            PolicyEnd from = connection.Far is { } caller ? PolicyEnd.Local(in caller.Opening, parties) : other;
            return new SeenCall(from, self, opening.Sport, null, opening.Sport, hasFailed, isKnown);
        }
        Party? via = other.Kind == PolicyEndKind.Service ? other.Party : null;
        return connection.Far is { } far
            ? new SeenCall(self, PolicyEnd.Local(in far.Opening, parties), far.Opening.Sport, via, opening.Dport, hasFailed, isKnown)
            : new SeenCall(self, other, via is null ? opening.Dport : (ushort)0, via, opening.Dport, hasFailed, isKnown);
    }

    /// <summary>
    /// Whether no policy can forbid it: it stays within a pod, or comes from or goes to the node of the pod, which Kubernetes always
    /// allows.
    /// </summary>
    public bool IsAlwaysAllowed =>
        IPAddress.IsLoopback(new IPAddress(To.Address.OnWire.WireBytes))
        || IPAddress.IsLoopback(new IPAddress(From.Address.OnWire.WireBytes))
        || (From.Pod is { } pod && To.Pod?.Uid == pod.Uid)
        || (From.Kind is PolicyEndKind.Host or PolicyEndKind.HostPod && From.Node.Raw.Length > 0 && From.Node.Equals(To.Node))
        || (To.Kind is PolicyEndKind.Host or PolicyEndKind.HostPod && To.Node.Raw.Length > 0 && To.Node.Equals(From.Node));
}
