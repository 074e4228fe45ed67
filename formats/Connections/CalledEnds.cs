using System.Runtime.CompilerServices;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Connections;

/// <summary>
/// Remembers which addresses and ports were called. So it can guess who called in a connection whose connect and accept are not in the
/// trace. Its memory is bounded: when it is full, it learns nothing more.
/// </summary>
public sealed class CalledEnds
{
    private const int Most = 65_536;
    private const ushort FirstEphemeral = 32_768, LastEphemeral = 60_999; // net.ipv4.ip_local_port_range, unless somebody sets it

    private readonly record struct Place(Address Address, ushort Port)
    {
        public override int GetHashCode() => HashCode.Combine(Address, SeededHash.HashOf(Port));
    }

    private readonly HashSet<Place> _places = [];
    private readonly Place[] _latest = new Place[1 << 10]; // the same few are called again and again, mostly by the same object

    /// <summary>Learns from the first event of an end, if it is a connect or an accept.</summary>
    public void Learn(in TcpEvent e)
    {
        if (e.Operation is Operation.Connect or Operation.ConnectFailed)
            Learn(e.Daddr, e.Dport);
        else if (e.Operation is Operation.Accept or Operation.Unaccepted)
            Learn(e.Saddr, e.Sport);
    }

    /// <summary>Learns that an address was called.</summary>
    internal void Learn(Address address, ushort port)
    {
        if (_places.Count >= Most)
            return;
        address = address.OnWire;
        ref Place latest = ref _latest[(RuntimeHelpers.GetHashCode(address) ^ port) & (_latest.Length - 1)];
        if (ReferenceEquals(latest.Address, address) && latest.Port == port)
            return;
        latest = new Place(address, port);
        _places.Add(latest);
    }

    /// <summary>
    /// Whether an event's own end was called, as a guess: the end that was called elsewhere, else the one whose port Linux does not give
    /// to callers, else the one with the lower port.
    /// </summary>
    public bool IsOwnEndCalled(in TcpEvent e) => IsOwnEndCalledElsewhere(in e)
        ?? OnlyOwnOf(!IsEphemeral(e.Sport), !IsEphemeral(e.Dport)) ?? e.Sport < e.Dport;

    /// <summary>Whether an event's own end was called elsewhere, and the other end was not; null: both were, or none.</summary>
    public bool? IsOwnEndCalledElsewhere(in TcpEvent e) => OnlyOwnOf(IsPlaceOf(e.Saddr, e.Sport), IsPlaceOf(e.Daddr, e.Dport));

    private static bool? OnlyOwnOf(bool own, bool other) => own == other ? null : own;

    private bool IsPlaceOf(Address address, ushort port) => _places.Contains(new Place(address.OnWire, port));

    private static bool IsEphemeral(ushort port) => port is >= FirstEphemeral and <= LastEphemeral;
}
