using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;

namespace TcpTracer.Replay.Calls;

/// <summary>Who calls whom, in one connection.</summary>
/// <param name="From">The caller.</param>
/// <param name="To">Whom it called: a service, if it called its address; a pod; else the address.</param>
/// <param name="Port">The port that it called.</param>
/// <param name="Reached">
/// Who answered behind a service or at an address, where that end was seen; null: not seen, or it is <paramref name="To"/>.
/// </param>
/// <param name="IsTurnKnown">Whether a connect or an accept said who called; if not, who called is a guess.</param>
public readonly record struct Call(Party From, Party To, ushort Port, Party? Reached, bool IsTurnKnown)
{
    /// <summary>Whether it is known who called, and whether the near end is the one that was called.</summary>
    public static (bool IsKnown, bool IsNearCalled) TurnOf(Connection connection)
    {
        bool isKnown = connection.IsTurnKnown;
        ref readonly TcpEvent opening = ref connection.Near.Opening;
        return (isKnown, isKnown ? connection.IsNearCalled : connection.IsNearGuessedCalled ?? opening.Sport < opening.Dport);
    }

    /// <summary>The call of a row of a <see cref="Formats.Connections.ConnectionTracker"/>.</summary>
    public static Call Of(in TcpEvent row, Parties parties)
    {
        Connection connection = row.Connection!;
        (bool isKnown, bool isNearCalled) = TurnOf(connection);
        (ConnectionEnd? caller, ConnectionEnd? called) =
            isNearCalled ? (connection.Far, connection.Near) : (connection.Near, connection.Far);
        if (caller is null)
        {
            ref readonly TcpEvent answer = ref called!.Opening;
            return Answered(parties.Remote(in answer), parties.LocalAddress(in answer), parties.Local(in answer), answer.Sport, isKnown);
        }
        // Whom it called only the caller knows: behind a service, the other end has another address
        ref readonly TcpEvent call = ref caller.Opening;
        Party from = parties.Local(in call), to = parties.Remote(in call);
        return called is null
            ? new Call(from, to, call.Dport, null, isKnown)
            : Answered(from, to, parties.Local(in called.Opening), call.Dport, isKnown);
    }

    /// <summary>The call of plain ends.</summary>
    internal static Call Of(in BatchCall call, Parties parties)
    {
        Party from = parties.Named(call.From), to = parties.Named(call.To);
        return call.Reached is { } reached
            ? Answered(from, to, parties.Named(reached), call.Port, isTurnKnown: true)
            : new Call(from, to, call.Port, null, IsTurnKnown: true);
    }

    /// <summary>
    /// A pod has a name that holds also when nobody answers, so it is who was called. A process or a container has none: whom it is about
    /// is the address, so that a connect that is refused is of the same edge as those before.
    /// </summary>
    private static Call Answered(Party from, Party to, Party reached, ushort port, bool isTurnKnown)
    {
        bool isNamed = reached.Kind is PartyKind.Owner or PartyKind.Pod;
        if (isNamed && to.Kind is (PartyKind.Address or PartyKind.Block or PartyKind.Node))
            to = reached;
        return new Call(from, to, port, reached == to ? null : reached, isTurnKnown);
    }
}
