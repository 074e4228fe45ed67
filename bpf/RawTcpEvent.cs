using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TcpTracer.Bpf;

/// <summary>
/// One record as the kernel wrote it: the mirror of <c>struct event</c> in probes/event.h, which says what each field means.
/// Times are boot-time nanoseconds, numbers in host order.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct RawTcpEvent
{
    /// <summary>The size that both sides assert.</summary>
    public const int Size = 216;

    public long Timestamp;
    public long Start;
    public ulong Cgroup;
    public ulong CgroupV1;
    public ulong NetnsCookie;
    public ulong Sent;
    public ulong Received;
    public ulong Flow;
    public long Closed;
    public uint StartCpu;
    public uint Pid;
    public uint Tid;
    public uint Uid;
    public uint Gid;
    public uint Ppid;
    public uint Netns;
    public uint Mntns;
    public uint Retransmits;
    public uint SrttUs;
    public uint OtherPid;
    public int Fd;
    public ushort Error;
    public ushort Family;
    public ushort Sport;
    public ushort Dport;
    public byte Operation;
    public byte Reason;
    public byte Attribution;
    public byte Flags;
    public uint Image;
    public Bytes16 Saddr;
    public Bytes16 Daddr;
    public Bytes16 Comm;
    public Bytes16 ParentComm;
    public Bytes16 OtherComm;
}

/// <summary>Sixteen bytes: an address, or a command name padded with zeros.</summary>
[InlineArray(16)]
public struct Bytes16
{
    private byte _first;
}
