using System.Buffers.Binary;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Values;

namespace TcpTracer.Bench;

/// <summary>
/// The packets of the same connections as a pcap file, as a capture of headers has them: for each connection a handshake, one segment each
/// way with the bytes (as many as one can have), and an orderly end; for one that failed a SYN and a reset.
/// </summary>
internal sealed class PacketCapture : IDisposable
{
    private const int EthernetBytes = 14, IpBytes = 20, TcpBytes = 20, PacketBytes = EthernetBytes + IpBytes + TcpBytes, RecordBytes = 16;
    private const int MostPayload = ushort.MaxValue - IpBytes - TcpBytes;
    private const long WallOfBoot = 1_700_000_000_000_000_000 - 3_600_000_000_000;

    [Flags]
    private enum TcpFlags : byte
    {
        Fin = 1,
        Syn = 2,
        Reset = 4,
        Push = 8,
        Ack = 16,
    }

    private readonly BufferedStream _to;
    private readonly byte[] _packet = new byte[RecordBytes + PacketBytes];
    private readonly PriorityQueue<Packet, long> _pending = new();

    private readonly record struct Packet(long BootNs, Address From, Address To, ushort FromPort, ushort ToPort, TcpFlags Flags, int Payload);

    public PacketCapture(string path)
    {
        const uint nanosecondMagic = 0xA1B23C4D, ethernet = 1;
        _to = new BufferedStream(new FileStream(path, FileMode.Create, FileAccess.Write), 1 << 20);
        Span<byte> header = stackalloc byte[24];
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, nanosecondMagic);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], 4);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], ushort.MaxValue);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], ethernet);
        _to.Write(header);
    }

    public void Write(IEnumerable<TcpEvent> events)
    {
        foreach (TcpEvent e in events)
        {
            WriteUntil(e.TimestampNs);
            if (e.Operation == Operation.Close)
                AddEnd(in e);
            else
                AddBeginning(in e);
        }
        WriteUntil(long.MaxValue);
    }

    // The SYN stands where the event does; its answer comes after the latency
    private void AddBeginning(in TcpEvent e)
    {
        long answered = e.TimestampNs + (e.TimestampNs - e.StartNs);
        Send(in e, e.TimestampNs, TcpFlags.Syn);
        if (e.Operation == Operation.ConnectFailed)
        {
            Receive(in e, answered, TcpFlags.Reset | TcpFlags.Ack);
            return;
        }
        Receive(in e, answered, TcpFlags.Syn | TcpFlags.Ack);
        Send(in e, answered + 1_000, TcpFlags.Ack);
    }

    private void AddEnd(in TcpEvent e)
    {
        Send(in e, e.TimestampNs, TcpFlags.Push | TcpFlags.Ack, e.Sent);
        Receive(in e, e.TimestampNs + 1_000, TcpFlags.Push | TcpFlags.Ack, e.Received);
        Send(in e, e.TimestampNs + 2_000, TcpFlags.Fin | TcpFlags.Ack);
        Receive(in e, e.TimestampNs + 3_000, TcpFlags.Fin | TcpFlags.Ack);
    }

    private void Send(in TcpEvent e, long at, TcpFlags flags, ulong payload = 0) =>
        _pending.Enqueue(new Packet(at, e.Saddr, e.Daddr, e.Sport, e.Dport, flags, (int)Math.Min(payload, MostPayload)), at);

    private void Receive(in TcpEvent e, long at, TcpFlags flags, ulong payload = 0) =>
        _pending.Enqueue(new Packet(at, e.Daddr, e.Saddr, e.Dport, e.Sport, flags, (int)Math.Min(payload, MostPayload)), at);

    private void WriteUntil(long bootNs)
    {
        while (_pending.TryPeek(out _, out long at) && at <= bootNs)
            Write(_pending.Dequeue());
    }

    private void Write(in Packet packet)
    {
        _packet.AsSpan().Clear();
        (long second, long nanosecond) = Math.DivRem(packet.BootNs + WallOfBoot, 1_000_000_000);
        BinaryPrimitives.WriteUInt32LittleEndian(_packet, (uint)second);
        BinaryPrimitives.WriteUInt32LittleEndian(_packet.AsSpan(4), (uint)nanosecond);
        BinaryPrimitives.WriteInt32LittleEndian(_packet.AsSpan(8), PacketBytes);
        BinaryPrimitives.WriteInt32LittleEndian(_packet.AsSpan(12), PacketBytes + packet.Payload);
        WriteHeaders(_packet.AsSpan(RecordBytes), in packet);
        _to.Write(_packet);
    }

    private static void WriteHeaders(Span<byte> frame, in Packet packet)
    {
        const ushort ipv4 = 0x0800;
        const byte versionAndLength = 0x45, timeToLive = 64, tcp = 6, fiveWords = 0x50;
        BinaryPrimitives.WriteUInt16BigEndian(frame[12..], ipv4);
        Span<byte> ip = frame.Slice(EthernetBytes, IpBytes);
        ip[0] = versionAndLength;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(IpBytes + TcpBytes + packet.Payload));
        ip[8] = timeToLive;
        ip[9] = tcp;
        packet.From.Bytes.CopyTo(ip[12..]);
        packet.To.Bytes.CopyTo(ip[16..]);
        Span<byte> segment = frame.Slice(EthernetBytes + IpBytes, TcpBytes);
        BinaryPrimitives.WriteUInt16BigEndian(segment, packet.FromPort);
        BinaryPrimitives.WriteUInt16BigEndian(segment[2..], packet.ToPort);
        segment[12] = fiveWords;
        segment[13] = (byte)packet.Flags;
        BinaryPrimitives.WriteUInt16BigEndian(segment[14..], ushort.MaxValue);
    }

    public void Dispose() => _to.Dispose();
}
