using System.Buffers.Binary;
using TcpTracer.Formats.Values;

namespace TcpTracer.Replay.Exports.Pcapng;

/// <summary>The flags of a TCP header.</summary>
[Flags]
internal enum TcpFlags : byte
{
    Fin = 1,
    Syn = 2,
    Rst = 4,
    Ack = 16,
}

/// <summary>Makes the IP and TCP headers of a packet, with right lengths and checksums; its payload is taken for zeros.</summary>
internal static class TcpHeaders
{
    /// <summary>Room for the longest.</summary>
    public const int Longest = IPv6Length + JumboLength + TcpLength + SynOptions;

    private const int IPv4Length = 20, IPv6Length = 40, TcpLength = 20, SynOptions = 8, JumboLength = 8;
    private const int AddressOffsetV4 = 12, AddressOffsetV6 = 8;
    private const byte Tcp = 6, TimeToLive = 64;

    /// <summary>The payload of a packet of the usual size.</summary>
    public const int MostPayload = 65_495; // so that an IPv4 packet has at most 65 535 bytes

    /// <summary>Writes the headers.</summary>
    /// <returns>Their length.</returns>
    public static int Write(Span<byte> to, in TcpSide from, in TcpSide dest, TcpFlags flags, int payload)
    {
        int options = flags.HasFlag(TcpFlags.Syn) ? SynOptions : 0;
        bool isV4 = from.Address.Version == 4;
        int segment = TcpLength + options + payload;
        int ip = isV4 ? IPv4Length : segment <= ushort.MaxValue ? IPv6Length : IPv6Length + JumboLength;
        to = to[..(ip + TcpLength + options)];
        to.Clear();
        Span<byte> tcp = to[ip..];
        BinaryPrimitives.WriteUInt16BigEndian(tcp, from.Port);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[2..], dest.Port);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], from.Next);
        if (flags.HasFlag(TcpFlags.Ack))
            BinaryPrimitives.WriteUInt32BigEndian(tcp[8..], dest.Next);
        tcp[12] = (byte)((TcpLength + options) / 4 << 4);
        tcp[13] = (byte)flags;
        BinaryPrimitives.WriteUInt16BigEndian(tcp[14..], ushort.MaxValue);
        if (options > 0)
            ((ReadOnlySpan<byte>)[2, 4, 0xff, 0xd7, 1, 3, 3, 14]).CopyTo(tcp[TcpLength..]); // segment size, scale of the window
        if (isV4)
            WriteV4(to, ip + segment, from.Address, dest.Address);
        else
            WriteV6(to, segment, from.Address, dest.Address);
        ReadOnlySpan<byte> addresses = isV4 ? to.Slice(AddressOffsetV4, 8) : to.Slice(AddressOffsetV6, 32);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], Checksum(tcp, Sum(addresses) + Tcp + (uint)segment));
        return to.Length;
    }

    private static void WriteV4(Span<byte> to, int length, Address from, Address dest)
    {
        to[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(to[2..], LengthField(length));
        to[6] = 0x40; // not to be fragmented
        to[8] = TimeToLive;
        to[9] = Tcp;
        from.WireBytes.CopyTo(to[AddressOffsetV4..]);
        dest.WireBytes.CopyTo(to[(AddressOffsetV4 + 4)..]);
        BinaryPrimitives.WriteUInt16BigEndian(to[10..], Checksum(to[..IPv4Length], 0));
    }

    private static void WriteV6(Span<byte> to, int length, Address from, Address dest)
    {
        to[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(to[4..], LengthField(length));
        to[7] = TimeToLive;
        if (length <= ushort.MaxValue)
        {
            to[6] = Tcp;
        }
        else
        {
            // A jumbogram (RFC 2675): its length is in an option between the headers
            to[6] = 0;
            ((ReadOnlySpan<byte>)[Tcp, 0, 0xc2, 4]).CopyTo(to[IPv6Length..]);
            BinaryPrimitives.WriteUInt32BigEndian(to[(IPv6Length + 4)..], (uint)(length + JumboLength));
        }
        from.WireBytes.CopyTo(to[AddressOffsetV6..]);
        dest.WireBytes.CopyTo(to[(AddressOffsetV6 + 16)..]);
    }

    /// <summary>0 where the length is for the network card to fill in, after it has cut the packet up.</summary>
    private static ushort LengthField(int length) => length <= ushort.MaxValue ? (ushort)length : (ushort)0;

    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (int i = 0; i < bytes.Length; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes[i..]);
        return sum;
    }

    private static ushort Checksum(ReadOnlySpan<byte> bytes, uint more)
    {
        uint sum = Sum(bytes) + more;
        while (sum > ushort.MaxValue)
            sum = (sum & ushort.MaxValue) + (sum >> 16);
        return (ushort)~sum;
    }
}

/// <summary>One side of a connection, and how far its sequence numbers have come.</summary>
internal struct TcpSide
{
    /// <summary>Its address.</summary>
    public Address Address;

    /// <summary>Its port.</summary>
    public ushort Port;

    /// <summary>The number of the next byte that it sends.</summary>
    public uint Next;
}
