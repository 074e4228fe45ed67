using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TcpTracer.Bpf;

/// <summary>An event as the kernel wrote it: the mirror of <c>struct event</c> in probes/event.h. Numbers are in host order.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct RawTcpEvent
{
    internal RingRecordKind Kind;

    /// <summary>What happened: <c>enum operation</c>.</summary>
    public byte Operation;

    /// <summary>Why it happened: <c>enum reason</c>.</summary>
    public byte Reason;

    /// <summary>How the owner is known: <c>enum attribution</c>.</summary>
    public byte Attribution;

    /// <summary>Bits of <c>enum event_flags</c>.</summary>
    public byte Flags;

    /// <summary>AF_INET or AF_INET6.</summary>
    public byte Family;

    /// <summary>The errno with which the connection failed or ended; 0: none.</summary>
    public ushort Error;

    /// <summary>When it happened, in nanoseconds since boot.</summary>
    public long Timestamp;

    /// <summary>When the connection began, in nanoseconds since boot. With <see cref="StartCpu"/> it identifies the connection.</summary>
    public long Start;

    /// <summary>The owner's cgroup: its id in the unified hierarchy (v2).</summary>
    public ulong Cgroup;

    /// <summary>The owner's cgroup: its inode in the memory controller's hierarchy (v1); 0 on a pure v2 machine.</summary>
    public ulong CgroupV1;

    /// <summary>The network namespace's cookie, which is never used again; 0 before Linux 5.12.</summary>
    public ulong NetnsCookie;

    /// <summary>Bytes of payload sent; retransmitted bytes are counted once.</summary>
    public ulong Sent;

    /// <summary>Bytes of payload received.</summary>
    public ulong Received;

    /// <summary>The same number at both ends of a connection; 0: not known.</summary>
    public ulong Flow;

    /// <summary>Of an end: when the owner had closed the connection, in nanoseconds since boot; 0: not known.</summary>
    public long Closed;

    /// <summary>The processor on which <see cref="Start"/> was taken.</summary>
    public uint StartCpu;

    /// <summary>The owner's process.</summary>
    public uint Pid;

    /// <summary>The thread that connected or accepted.</summary>
    public uint Tid;

    /// <summary>The owner's user.</summary>
    public uint Uid;

    /// <summary>The owner's group.</summary>
    public uint Gid;

    /// <summary>The parent of the owner's process.</summary>
    public uint Ppid;

    /// <summary>The network namespace's inode number.</summary>
    public uint Netns;

    /// <summary>The inode number of the owner's mount namespace.</summary>
    public uint Mntns;

    /// <summary>Segments sent again.</summary>
    public uint Retransmits;

    /// <summary>The smoothed round-trip time in microseconds.</summary>
    public uint SrttUs;

    /// <summary>
    /// Of an end: the process that closed the connection. Of an accept: the process that called listen(). 0: nobody, or not
    /// known.
    /// </summary>
    public uint OtherPid;

    /// <summary>The owner's file descriptor; -1: not known.</summary>
    public int Fd;

    /// <summary>The local port.</summary>
    public ushort Sport;

    /// <summary>The remote port.</summary>
    public ushort Dport;

    /// <summary>The owner's executable: <see cref="RawImage.Number"/>; 0: not known.</summary>
    public uint Image;

    /// <summary>The local address: 16 bytes of IPv6, or 4 of IPv4 and zeros.</summary>
    public Bytes16 Saddr;

    /// <summary>The remote address, as <see cref="Saddr"/>.</summary>
    public Bytes16 Daddr;

    /// <summary>The command name of the owner's process.</summary>
    public Bytes16 Comm;

    /// <summary>The command name of its parent.</summary>
    public Bytes16 ParentComm;

    /// <summary>The command name of <see cref="OtherPid"/>.</summary>
    public Bytes16 OtherComm;
}

/// <summary>Sixteen bytes: an address, or a command name padded with zeros.</summary>
[InlineArray(16)]
public struct Bytes16
{
    private byte _first;
}
