using TcpTracer.Formats.Events;

namespace TcpTracer.Replay.Exports.Pcapng;

/// <summary>The packets that stand for one event.</summary>
/// <param name="to">Where to.</param>
/// <param name="at">The number of the interface.</param>
/// <param name="conversation">The connection, and how far it is written.</param>
/// <param name="isOtherEnd">Whether the event is of the end that did not come first.</param>
/// <param name="mostSegments">Most packets with payload in one direction.</param>
internal readonly ref struct EventPackets(PcapngWriter to, uint at, Conversation conversation, bool isOtherEnd, int mostSegments)
{
    private const int MostRetransmits = 8, LongestSegment = 1 << 28;

    /// <summary>Writes them.</summary>
    public void Write(in TcpEvent e, ReadOnlySpan<byte> comment)
    {
        switch (e.Operation)
        {
            case Operation.Connect or Operation.Accept or Operation.Unaccepted when !conversation.IsOpened && !conversation.IsClosed:
                Open(in e, comment);
                break;
            case Operation.ConnectFailed:
                Fail(in e, comment);
                break;
            case Operation.Close or Operation.Unknown when !conversation.IsClosed:
                End(in e, comment);
                break;
            default:
                // The other end has shown it already, or it changes nothing that a packet would show: the comment needs a place
                Send(fromUs: true, TcpFlags.Ack, e.WallNs, comment);
                break;
        }
    }

    private void Open(in TcpEvent e, ReadOnlySpan<byte> comment)
    {
        bool isCaller = e.Operation == Operation.Connect;
        long begin = BeginOf(in e);
        // A server's kernel answers before it is accepted: the handshake is over where the connection begins
        long answered = isCaller ? e.WallNs : begin;
        Send(isCaller, TcpFlags.Syn, begin, comment);
        Send(!isCaller, TcpFlags.Syn | TcpFlags.Ack, answered, default);
        Send(isCaller, TcpFlags.Ack, answered, default);
        if (!isCaller && e.WallNs > begin)
            Send(fromUs: true, TcpFlags.Ack, e.WallNs, comment);
        conversation.IsOpened = true;
    }

    private void Fail(in TcpEvent e, ReadOnlySpan<byte> comment)
    {
        long begin = BeginOf(in e), span = Math.Max(0, e.WallNs - begin);
        int tries = 1 + (int)Math.Min(e.Retransmits, MostRetransmits);
        for (int i = 0; i < tries; i++)
        {
            Send(fromUs: true, TcpFlags.Syn, begin + span / tries * i, comment, moves: i == tries - 1);
        }
        const int refused = 111, reset = 104;
        if (e.Error is refused or reset)
            Send(fromUs: false, TcpFlags.Rst | TcpFlags.Ack, e.WallNs, comment);
        conversation.IsOpened = conversation.IsClosed = true;
    }

    private void End(in TcpEvent e, ReadOnlySpan<byte> comment)
    {
        if (e.IsCounted)
        {
            SendBytes(fromUs: true, e.Sent, e.WallNs);
            SendBytes(fromUs: false, e.Received, e.WallNs);
        }
        conversation.IsClosed = true;
        switch (e.Reason)
        {
            case Reason.ResetSent or Reason.Killed:
                Send(fromUs: true, TcpFlags.Rst | TcpFlags.Ack, e.WallNs, comment);
                break;
            case Reason.ResetReceived or Reason.Reset:
                Send(fromUs: false, TcpFlags.Rst | TcpFlags.Ack, e.WallNs, comment);
                break;
            case Reason.Close or Reason.Exit or Reason.PeerClose:
                bool isOurs = e.Reason != Reason.PeerClose;
                Send(isOurs, TcpFlags.Fin | TcpFlags.Ack, e.WallNs, comment);
                if ((e.Flags & EventFlags.Unfinished) != 0)
                    break; // there is no more yet
                Send(!isOurs, TcpFlags.Fin | TcpFlags.Ack, e.WallNs, comment);
                Send(isOurs, TcpFlags.Ack, e.WallNs, default);
                break;
            default:
                Send(fromUs: true, TcpFlags.Ack, e.WallNs, comment); // it ended without a packet
                break;
        }
    }

    /// <summary>Payload that is not there, in segments that say how long they were.</summary>
    private void SendBytes(bool fromUs, ulong bytes, long wallNs)
    {
        // More bytes than segments of the usual size hold are in longer ones, as a network card takes them from the kernel
        int most = (int)Math.Clamp(bytes / (ulong)mostSegments + 1, TcpHeaders.MostPayload, LongestSegment);
        for (int i = 0; i < mostSegments && bytes > 0; i++)
        {
            int length = (int)Math.Min(bytes, (ulong)most);
            Send(fromUs, TcpFlags.Ack, wallNs, default, length);
            if (length > TcpHeaders.MostPayload)
                Send(!fromUs, TcpFlags.Ack, wallNs, default); // all of them are more than sequence numbers reach
            bytes -= (ulong)length;
        }
    }

    private static long BeginOf(in TcpEvent e)
    {
        long age = e.IsTimed ? (long)e.AgeNs : 0;
        return e.WallNs - age;
    }

    private void Send(bool fromUs, TcpFlags flags, long wallNs, ReadOnlySpan<byte> comment, int payload = 0, bool moves = true)
    {
        bool fromNear = fromUs != isOtherEnd;
        ref TcpSide from = ref fromNear ? ref conversation.Near : ref conversation.Far;
        ref TcpSide dest = ref fromNear ? ref conversation.Far : ref conversation.Near;
        Span<byte> headers = stackalloc byte[TcpHeaders.Longest];
        int length = TcpHeaders.Write(headers, in from, in dest, flags, payload);
        to.WritePacket(at, wallNs, headers[..length], (uint)(length + payload), fromUs ? PacketWay.Outbound : PacketWay.Inbound, comment);
        if (moves)
            from.Next += (uint)payload + ((flags & (TcpFlags.Syn | TcpFlags.Fin)) != 0 ? 1u : 0u);
    }
}
