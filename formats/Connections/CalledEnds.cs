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

    private readonly Places _called = new(), _accepting = new();
    private readonly HashSet<Address> _acceptingAddresses = [];

    private sealed class Places
    {
        private readonly HashSet<Place> _all = [];
        private readonly Place[] _latest = new Place[1 << 10]; // the same few are called again and again, mostly by the same object

        /// <returns>Whether it is new.</returns>
        public bool Learn(Address address, ushort port)
        {
            if (_all.Count >= Most)
                return false;
            ref Place latest = ref _latest[(RuntimeHelpers.GetHashCode(address) ^ port) & (_latest.Length - 1)];
            if (ReferenceEquals(latest.Address, address) && latest.Port == port)
                return false;
            latest = new Place(address, port);
            return _all.Add(latest);
        }

        public bool Has(Address address, ushort port) => _all.Contains(new Place(address.OnWire, port));
    }

    /// <summary>Learns from the first event of an end, if it is a connect or an accept.</summary>
    public void Learn(in TcpEvent e)
    {
        if (e.Operation is Operation.Connect or Operation.ConnectFailed)
            Learn(e.Daddr, e.Dport, isAccepting: false);
        else if (e.Operation is Operation.Accept or Operation.Unaccepted)
            Learn(e.Saddr, e.Sport, isAccepting: true);
    }

    /// <summary>Learns that an address was called.</summary>
    /// <param name="address">The address.</param>
    /// <param name="port">The port.</param>
    /// <param name="isAccepting">Whether the end that was called told so.</param>
    internal void Learn(Address address, ushort port, bool isAccepting)
    {
        address = address.OnWire;
        _called.Learn(address, port);
        if (isAccepting && _accepting.Learn(address, port))
            _acceptingAddresses.Add(address);
    }

    /// <summary>Whether the other end of an event is where accepted connections were seen: then that end will be seen as well.</summary>
    public bool IsOtherEndSeen(in TcpEvent e) => _accepting.Has(e.Daddr, e.Dport);

    /// <summary>Whether accepted connections were seen at an address, at whatever port.</summary>
    internal bool Accepts(Address address) => _acceptingAddresses.Contains(address.OnWire);

    /// <summary>
    /// Whether an event's own end was called, as a guess: the end that was called elsewhere, else the one whose port Linux does not give
    /// to callers, else the one with the lower port.
    /// </summary>
    public bool IsOwnEndCalled(in TcpEvent e) => IsOwnEndCalledElsewhere(in e)
        ?? OnlyOwnOf(!IsEphemeral(e.Sport), !IsEphemeral(e.Dport)) ?? e.Sport < e.Dport;

    /// <summary>Whether an event's own end was called elsewhere, and the other end was not; null: both were, or none.</summary>
    public bool? IsOwnEndCalledElsewhere(in TcpEvent e) => OnlyOwnOf(_called.Has(e.Saddr, e.Sport), _called.Has(e.Daddr, e.Dport));

    private static bool? OnlyOwnOf(bool own, bool other) => own == other ? null : own;

    private static bool IsEphemeral(ushort port) => port is >= FirstEphemeral and <= LastEphemeral;
}
