using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Replay.Exports.Pcapng;

/// <summary>
/// Writes whose addresses the ends of an event are, as host names such as <c>web-1.shop.pod</c>, once for each name. Wireshark shows the
/// last name of an address.
/// </summary>
internal sealed class AddressNames(PcapngWriter to)
{
    private const int Most = 64 * 1024, LongestName = 255;
    private readonly Dictionary<Address, Peer> _written = [];
    private readonly TextBuffer _name = new(LongestName);

    /// <summary>Both ends of an event.</summary>
    public void Note(in TcpEvent e)
    {
        Note(e.Saddr, TcpEvent.PeerOf(e.EntryOfSource));
        Note(e.Daddr, e.View.PeerAt(e.Daddr, e.StartNs));
    }

    private void Note(Address address, Peer? peer)
    {
        if (peer is null || (_written.TryGetValue(address, out Peer? before) && before == peer))
            return;
        if (_written.Count >= Most)
            _written.Clear();
        _written[address] = peer;
        _name.Clear();
        Append(peer.Name);
        if (peer.Kind != PeerKind.Node)
        {
            _name.Append((byte)'.');
            Append(peer.Namespace);
        }
        _name.Append((byte)'.');
        _name.Append(PeerText.WordOf(peer.Kind));
        if (_name.Length <= LongestName)
            to.WriteName(address, _name.Written);
    }

    /// <summary>What no host name has becomes a dash.</summary>
    private void Append(SafeText name)
    {
        foreach (byte b in name.Raw.AsSpan(0, Math.Min(name.Raw.Length, LongestName)))
            _name.Append(char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'.' or (byte)'_' ? b : (byte)'-');
    }
}
