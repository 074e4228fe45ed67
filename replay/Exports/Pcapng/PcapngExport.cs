using TcpTracer.Formats.Events;
using TcpTracer.Formats.Values;

namespace TcpTracer.Replay.Exports.Pcapng;

/// <summary>
/// Writes events as packets for Wireshark: for each event those that stand for it, with headers alone and without payload. Times, ends,
/// flags and numbers of bytes are true, sequence numbers are made up. Who it was stands in comments, an interface is a network namespace.
/// </summary>
public sealed class PcapngExport : IExport
{
    private const string AboutTheFile = "Made from the events of a trace of tcptracer. Times, addresses, flags and numbers of bytes "
        + "are true; sequence numbers are made up, and there is no payload. Comments of packets have the process and the pod.";

    /// <summary>Most packets with payload in one direction. What goes beyond them is in the comment alone.</summary>
    private const int MostSegments = 64;

    private readonly PcapngWriter _to;
    private readonly PacketInterfaces _interfaces;
    private readonly AddressNames _names;
    private readonly Conversations _conversations = new();
    private readonly EventComment _comment = new();

    /// <param name="to">Where to; not closed.</param>
    /// <param name="tool">The program and its version.</param>
    public PcapngExport(Stream to, string tool)
    {
        _to = new PcapngWriter(to, tool, AboutTheFile);
        _interfaces = new PacketInterfaces(_to);
        _names = new AddressNames(_to);
    }

    /// <inheritdoc/>
    public long LeftOut { get; private set; }

    /// <inheritdoc/>
    public void OnEvent(in TcpEvent e)
    {
        bool wasNothingSent = e.Operation == Operation.ConnectFailed && (e.Flags & EventFlags.NoSyn) != 0;
        if (wasNothingSent || e.Saddr.Version != e.Daddr.Version)
        {
            LeftOut++;
            return;
        }
        uint at = _interfaces.Of(in e);
        _names.Note(in e);
        Conversation conversation = _conversations.Of(in e, out bool isOtherEnd);
        var packets = new EventPackets(_to, at, conversation, isOtherEnd, MostSegments);
        packets.Write(in e, _comment.Of(in e));
    }

    /// <inheritdoc/>
    public void OnPause() => _to.Flush();

    /// <inheritdoc/>
    public void Finish() => _to.Flush();

    /// <inheritdoc/>
    public void Dispose()
    {
        // there is nothing to give back
    }
}

/// <summary>The network namespaces of the nodes, each of them an interface.</summary>
internal sealed class PacketInterfaces(PcapngWriter to)
{
    private const int Most = 64 * 1024;
    private static readonly IEqualityComparer<(string Node, uint Netns, ulong Cookie)> s_keys =
        SeededHash.By<(string Node, uint Netns, ulong Cookie)>(k => HashCode.Combine(k.Node, SeededHash.HashOf(k.Netns, k.Cookie)));

    private readonly Dictionary<(string Node, uint Netns, ulong Cookie), uint> _numbers = new(s_keys); // SeededHash

    /// <summary>The number of the interface of an event.</summary>
    public uint Of(in TcpEvent e)
    {
        var key = (e.Workload.Node.ToString(), e.Process.Netns, e.Process.NetnsCookie);
        if (_numbers.TryGetValue(key, out uint number))
            return number;
        if (_numbers.Count >= Most)
            return Most - 1; // no machine has so many
        number = (uint)_numbers.Count;
        _numbers.Add(key, number);
        to.WriteInterface(System.Text.Encoding.ASCII.GetBytes($"netns {e.Process.Netns}"), e.Workload.Node.Text);
        return number;
    }
}
