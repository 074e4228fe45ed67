using System.Runtime.InteropServices;
using TcpTracer.Bpf;
using TcpTracer.Formats.Events;

namespace TcpTracer.Recorder;

/// <summary>
/// From the kernel's record to the event that sinks see. What repeats (processes, addresses) becomes one shared object; a known one
/// costs no allocation.
/// </summary>
internal sealed class RawEventDecoder
{
    private const int AfInet6 = 10;

    /// <summary>Caches start anew beyond this: a busy node meets ever new processes and addresses.</summary>
    private const int CacheLimit = 32_768;

    private readonly Dictionary<ProcessKey, ProcessIdentity> _processes = [];
    private readonly Dictionary<AddressKey, Address> _addresses = [];
    private readonly Dictionary<NameKey, ProcessName> _names = [];

    /// <summary>Decodes all but the wall time and the workload.</summary>
    public void Decode(in RawTcpEvent raw, out TcpEvent e)
    {
        e = new TcpEvent
        {
            TimestampNs = raw.Timestamp,
            StartNs = raw.Start,
            StartCpu = raw.StartCpu,
            Operation = (Operation)raw.Operation,
            Reason = (Reason)raw.Reason,
            Attribution = (Attribution)raw.Attribution,
            Flags = (EventFlags)raw.Flags,
            Error = raw.Error,
            Sport = raw.Sport,
            Dport = raw.Dport,
            Fd = raw.Fd,
            Saddr = AddressOf(raw.Family, raw.Saddr),
            Daddr = AddressOf(raw.Family, raw.Daddr),
            Process = ProcessOf(in raw),
            Other = raw.OtherPid == 0 ? ProcessName.None : NameOf(raw.OtherPid, raw.OtherComm),
            Sent = raw.Sent,
            Received = raw.Received,
            Retransmits = raw.Retransmits,
            SrttUs = raw.SrttUs,
        };
    }

    private readonly record struct NameKey(uint Pid, UInt128 Comm);

    private readonly record struct AddressKey(bool IsV6, UInt128 Bytes);

    private readonly record struct ProcessKey(
        ulong Cgroup, ulong CgroupV1, ulong NetnsCookie, uint Pid, uint Tid, uint Uid, uint Gid, uint Ppid, uint Netns, uint Mntns, UInt128 Comm, UInt128 ParentComm)
    {
        // The rest seldom differs where these do not
        public override int GetHashCode() => HashCode.Combine(Pid, Tid, Netns, Comm);
    }

    private static UInt128 Number(in Bytes16 bytes) => MemoryMarshal.Read<UInt128>((ReadOnlySpan<byte>)bytes);

    private ProcessIdentity ProcessOf(in RawTcpEvent raw)
    {
        var key = new ProcessKey(raw.Cgroup, raw.CgroupV1, raw.NetnsCookie, raw.Pid, raw.Tid, raw.Uid, raw.Gid, raw.Ppid, raw.Netns, raw.Mntns,
            Number(in raw.Comm), Number(in raw.ParentComm));
        if (_processes.TryGetValue(key, out ProcessIdentity? process))
            return process;
        process = new ProcessIdentity(raw.Pid, raw.Tid, raw.Uid, raw.Gid, raw.Ppid, CommOf(in raw.Comm), CommOf(in raw.ParentComm),
            raw.Netns, raw.NetnsCookie, raw.Mntns, raw.Cgroup, raw.CgroupV1);
        Keep(_processes, key, process);
        return process;
    }

    private Address AddressOf(ushort family, in Bytes16 bytes)
    {
        var key = new AddressKey(family == AfInet6, Number(in bytes));
        if (_addresses.TryGetValue(key, out Address? address))
            return address;
        address = new Address(((ReadOnlySpan<byte>)bytes)[..(key.IsV6 ? 16 : 4)]);
        Keep(_addresses, key, address);
        return address;
    }

    private ProcessName NameOf(uint pid, in Bytes16 comm)
    {
        var key = new NameKey(pid, Number(in comm));
        if (_names.TryGetValue(key, out ProcessName? name))
            return name;
        name = new ProcessName(pid, CommOf(in comm));
        Keep(_names, key, name);
        return name;
    }

    private static SafeText CommOf(in Bytes16 comm)
    {
        ReadOnlySpan<byte> bytes = comm;
        int end = bytes.IndexOf((byte)0);
        return new SafeText(end < 0 ? bytes : bytes[..end]);
    }

    private static void Keep<TKey, TValue>(Dictionary<TKey, TValue> cache, TKey key, TValue value) where TKey : notnull
    {
        if (cache.Count >= CacheLimit)
            cache.Clear();
        cache[key] = value;
    }
}
