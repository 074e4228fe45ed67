using TcpTracer.Formats.Events;
using TcpTracer.Formats.Values;

namespace TcpTracer.Replay.Exports.Pcapng;

/// <summary>
/// The connections whose packets are being written. A trace may hold both ends of one: then the first end that shows something has it
/// written, and the other adds only what it knows itself. Their number is bounded; who is forgotten is written as a new one.
/// </summary>
internal sealed class Conversations
{
    private const int Most = 64 * 1024;
    private readonly Dictionary<Key, Conversation> _known = [];
    private readonly Queue<Key> _order = new();

    private readonly record struct Key(Address One, ushort OnePort, Address Two, ushort TwoPort);

    /// <summary>The conversation of an event.</summary>
    /// <param name="e">The event.</param>
    /// <param name="isOtherEnd">Whether the other end of it was seen first.</param>
    public Conversation Of(in TcpEvent e, out bool isOtherEnd)
    {
        Key key = KeyOf(in e);
        isOtherEnd = false;
        if (_known.TryGetValue(key, out Conversation? known))
        {
            isOtherEnd = known.IsOtherEnd(in e);
            if (isOtherEnd || known.IsSameEnd(in e))
                return known;
            return _known[key] = new Conversation(in e);
        }
        if (_known.Count >= Most)
            _known.Remove(_order.Dequeue());
        _order.Enqueue(key);
        return _known[key] = new Conversation(in e);
    }

    private static Key KeyOf(in TcpEvent e)
    {
        (Address near, Address far) = (e.Saddr.OnWire, e.Daddr.OnWire);
        int order = near.WireBytes.SequenceCompareTo(far.WireBytes);
        bool isNearFirst = order < 0 || (order == 0 && e.Sport < e.Dport);
        return isNearFirst ? new Key(near, e.Sport, far, e.Dport) : new Key(far, e.Dport, near, e.Sport);
    }
}

/// <summary>One connection on its way into packets.</summary>
internal sealed class Conversation
{
    private readonly long _startNs;
    private readonly uint _startCpu;
    private readonly ulong _flow;
    private readonly Address _near;
    private readonly ushort _port;

    /// <param name="e">Its first event.</param>
    public Conversation(in TcpEvent e)
    {
        (_startNs, _startCpu, _flow) = (e.StartNs, e.StartCpu, e.Flow);
        (_near, _port) = (e.Saddr.OnWire, e.Sport);
        // Any numbers will do that differ from those of an earlier connection between the same ports
        const ulong factor = 0x9e3779b97f4a7c15;
        ulong numbers = (_flow != 0 ? _flow : (ulong)_startNs ^ _startCpu) * factor;
        Near = new TcpSide { Address = _near, Port = _port, Next = (uint)numbers };
        Far = new TcpSide { Address = e.Daddr.OnWire, Port = e.Dport, Next = (uint)(numbers >> 32) };
    }

    /// <summary>The end of the first event.</summary>
    public TcpSide Near;

    /// <summary>The other end.</summary>
    public TcpSide Far;

    /// <summary>Whether its handshake was written.</summary>
    public bool IsOpened { get; set; }

    /// <summary>Whether its end was written.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Whether an event is of the end that came first.</summary>
    public bool IsSameEnd(in TcpEvent e) => e.StartNs == _startNs && e.StartCpu == _startCpu;

    /// <summary>Whether an event is of its other end.</summary>
    public bool IsOtherEnd(in TcpEvent e)
    {
        bool isBegin = e.Operation is Operation.Connect or Operation.Accept or Operation.ConnectFailed or Operation.Unaccepted;
        bool isTurned = !(e.Sport == _port && e.Saddr.OnWire.Equals(_near));
        bool isSameFlow = e.Flow == _flow || e.Flow == 0 || _flow == 0;
        return isTurned && isSameFlow && !(isBegin && IsClosed && e.Flow == 0) && !IsSameEnd(in e);
    }
}
