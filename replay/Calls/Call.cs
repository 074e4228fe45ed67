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
        ref readonly TcpEvent opening = ref connection.Near.Opening;
        (bool isKnown, bool isNearCalled) = TurnOf(connection);
        if (isNearCalled)
        {
            Party from = connection.Far is { } caller ? parties.Local(in caller.Opening) : parties.Remote(in opening);
            return Answered(from, parties.LocalAddress(in opening), parties.Local(in opening), opening.Sport, isKnown);
        }
        Party self = parties.Local(in opening), to = parties.Remote(in opening);
        return connection.Far is { } far
            ? Answered(self, to, parties.Local(in far.Opening), opening.Dport, isKnown)
            : new Call(self, to, opening.Dport, null, isKnown);
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
