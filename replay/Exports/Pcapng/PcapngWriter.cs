using System.Text;
using TcpTracer.Formats.Values;

namespace TcpTracer.Replay.Exports.Pcapng;

/// <summary>Which way a packet went, as the interface saw it. The numbers are those of pcapng.</summary>
internal enum PacketWay
{
    Inbound = 1,
    Outbound = 2,
}

/// <summary>
/// Writes the blocks of a pcapng file, little endian. The specification: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html.
/// </summary>
internal sealed class PcapngWriter
{
    private const uint SectionHeader = 0x0a0d0d0a, Interface = 1, NameResolution = 4, EnhancedPacket = 6, ByteOrder = 0x1a2b3c4d;
    private const ushort RawIp = 101, RecordOfIPv4 = 1, RecordOfIPv6 = 2;
    private const ushort Comment = 1, InterfaceName = 2, InterfaceDescription = 3, Application = 4, Resolution = 9, PacketFlags = 2;
    private const int Enough = 256 * 1024;
    private readonly Stream _to;
    private readonly ByteBuffer _bytes = new();
    private int _block;

    /// <param name="to">Where to; not closed.</param>
    /// <param name="tool">The program and its version.</param>
    /// <param name="comment">What is to be known of the file.</param>
    public PcapngWriter(Stream to, string tool, string comment)
    {
        _to = to;
        Begin(SectionHeader);
        _bytes.AppendUInt32(ByteOrder);
        _bytes.AppendUInt16(1);
        _bytes.AppendUInt16(0);
        _bytes.AppendUInt64(ulong.MaxValue); // its length is not known
        WriteOption(Comment, Encoding.UTF8.GetBytes(comment));
        WriteOption(Application, Encoding.UTF8.GetBytes(tool));
        EndOptions();
        End();
    }

    /// <summary>Declares an interface. They are numbered in the order of these calls.</summary>
    public void WriteInterface(ReadOnlySpan<byte> name, ReadOnlySpan<byte> description)
    {
        const byte nanoseconds = 9;
        Begin(Interface);
        _bytes.AppendUInt16(RawIp);
        _bytes.AppendUInt16(0);
        _bytes.AppendUInt32(0);
        WriteOption(InterfaceName, name);
        WriteOption(InterfaceDescription, description);
        WriteOption(Resolution, [nanoseconds]);
        EndOptions();
        End();
    }

    /// <summary>Tells the name of an address.</summary>
    public void WriteName(Address address, ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> wire = address.WireBytes;
        Begin(NameResolution);
        _bytes.AppendUInt16(address.Version == 4 ? RecordOfIPv4 : RecordOfIPv6);
        _bytes.AppendUInt16((ushort)(wire.Length + name.Length + 1));
        _bytes.Append(wire);
        _bytes.Append(name);
        _bytes.Append(0);
        Pad();
        _bytes.AppendUInt32(0);
        End();
    }

    /// <summary>Writes a packet.</summary>
    /// <param name="at">The number of its interface.</param>
    /// <param name="wallNs">When.</param>
    /// <param name="headers">What is in the file of it.</param>
    /// <param name="length">Its length on the wire.</param>
    /// <param name="way">Which way it went.</param>
    /// <param name="comment">About it; empty: nothing.</param>
    public void WritePacket(uint at, long wallNs, ReadOnlySpan<byte> headers, uint length, PacketWay way, ReadOnlySpan<byte> comment)
    {
        Begin(EnhancedPacket);
        _bytes.AppendUInt32(at);
        ulong time = (ulong)Math.Max(0, wallNs);
        _bytes.AppendUInt32((uint)(time >> 32));
        _bytes.AppendUInt32((uint)time);
        _bytes.AppendUInt32((uint)headers.Length);
        _bytes.AppendUInt32(length);
        _bytes.Append(headers);
        Pad();
        if (!comment.IsEmpty)
            WriteOption(Comment, comment);
        WriteOption(PacketFlags, [(byte)way, 0, 0, 0]);
        EndOptions();
        End();
        if (_bytes.Length >= Enough)
            Flush();
    }

    /// <summary>Hands on what is held back.</summary>
    public void Flush()
    {
        _to.Write(_bytes.Written);
        _bytes.Clear();
    }

    private void Begin(uint type)
    {
        _block = _bytes.Length;
        _bytes.AppendUInt32(type);
        _bytes.AppendUInt32(0);
    }

    private void End()
    {
        uint length = (uint)(_bytes.Length - _block + sizeof(uint));
        _bytes.PatchUInt32(_block + sizeof(uint), length);
        _bytes.AppendUInt32(length);
    }

    private void WriteOption(ushort code, ReadOnlySpan<byte> value)
    {
        value = value[..Math.Min(value.Length, ushort.MaxValue)];
        _bytes.AppendUInt16(code);
        _bytes.AppendUInt16((ushort)value.Length);
        _bytes.Append(value);
        Pad();
    }

    private void EndOptions() => _bytes.AppendUInt32(0);

    /// <summary>Blocks are of whole words, and each begins at one.</summary>
    private void Pad()
    {
        while ((_bytes.Length - _block) % sizeof(uint) != 0)
            _bytes.Append(0);
    }
}
