using System.Runtime.InteropServices;
using System.Text;
using TcpTracer.Bpf;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Live;

/// <summary>
/// From the kernel's record to the event that sinks see. Processes and addresses repeat: each becomes one shared object, so that
/// a known one costs no allocation.
/// </summary>
/// <param name="images">Has the executables of processes.</param>
internal sealed class RawEventDecoder(ProcessImages images)
{
    private const int AfInet6 = 10;

    /// <summary>A cache that has so many entries is emptied: a busy node has ever new processes and addresses.</summary>
    private const int CacheLimit = 32_768;

    /// <summary>In nanoseconds: a close that takes no longer has no <c>close_ns</c>.</summary>
    private const long ShortestClosing = 1_000_000;

    private readonly Cache<ProcessKey, ProcessIdentity> _processes = new(256);
    private readonly Cache<AddressKey, Address> _addresses = new(4096);
    private readonly Cache<NameKey, ProcessName> _names = new(256);

    /// <summary>Decodes everything except the wall time and the workload.</summary>
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
            Flow = raw.Flow,
            CloseNs = raw.Closed != 0 && raw.Timestamp - raw.Closed > ShortestClosing ? raw.Timestamp - raw.Closed : 0,
        };
    }

    private readonly record struct NameKey(uint Pid, UInt128 Comm);

    private readonly record struct AddressKey(bool IsV6, UInt128 Bytes);

    private readonly record struct ProcessKey(
        ulong Cgroup, ulong CgroupV1, ulong NetnsCookie, uint Pid, uint Tid, uint Uid, uint Gid, uint Ppid,
        uint Netns, uint Mntns, uint Image, UInt128 Comm, UInt128 ParentComm)
    {
        // If these are the same, the other members seldom differ
        public override int GetHashCode() => HashCode.Combine(Pid, Tid, Netns, Comm);
    }

    private static UInt128 Number(in Bytes16 bytes) => MemoryMarshal.Read<UInt128>((ReadOnlySpan<byte>)bytes);

    private ProcessIdentity ProcessOf(in RawTcpEvent raw)
    {
        var key = new ProcessKey(raw.Cgroup, raw.CgroupV1, raw.NetnsCookie, raw.Pid, raw.Tid, raw.Uid, raw.Gid, raw.Ppid,
            raw.Netns, raw.Mntns, raw.Image, Number(in raw.Comm), Number(in raw.ParentComm));
        uint slot = Mix(raw.Tid ^ raw.NetnsCookie << 20);
        if (_processes.Find(slot, in key) is { } process)
            return process;
        process = new ProcessIdentity(raw.Pid, raw.Tid, raw.Uid, raw.Gid, raw.Ppid, CommOf(in raw.Comm), CommOf(in raw.ParentComm),
            raw.Netns, raw.NetnsCookie, raw.Mntns, raw.Cgroup, raw.CgroupV1)
        {
            Exe = images.ExeOf(raw.Image),
            Args = images.ArgumentsOf(raw.Image),
        };
        _processes.Keep(slot, in key, process);
        return process;
    }

    /// <summary>Decodes a cgroup: its names become a path.</summary>
    public static CgroupInfo Decode(in RawCgroup raw)
    {
        var path = new StringBuilder(raw.Levels > RawCgroup.MaxLevels ? CgroupNames.Cut : "");
        for (int level = (int)Math.Min(raw.Levels, RawCgroup.MaxLevels) - 1; level >= 0; level--)
            path.Append('/').Append(Encoding.UTF8.GetString(raw.NameAt(level)));
        return new CgroupInfo((CgroupHierarchy)raw.Hierarchy, raw.Id, path.Length == 0 ? "/" : path.ToString());
    }

    private Address AddressOf(ushort family, in Bytes16 bytes)
    {
        var key = new AddressKey(family == AfInet6, Number(in bytes));
        uint slot = Mix((ulong)key.Bytes ^ (ulong)(key.Bytes >> 64));
        if (_addresses.Find(slot, in key) is { } address)
            return address;
        address = new Address(((ReadOnlySpan<byte>)bytes)[..(key.IsV6 ? 16 : 4)]);
        _addresses.Keep(slot, in key, address);
        return address;
    }

    private ProcessName NameOf(uint pid, in Bytes16 comm)
    {
        var key = new NameKey(pid, Number(in comm));
        uint slot = Mix(pid);
        if (_names.Find(slot, in key) is { } name)
            return name;
        name = new ProcessName(pid, CommOf(in comm));
        _names.Keep(slot, in key, name);
        return name;
    }

    private static SafeText CommOf(in Bytes16 comm)
    {
        ReadOnlySpan<byte> bytes = comm;
        int end = bytes.IndexOf((byte)0);
        return new SafeText(end < 0 ? bytes : bytes[..end]);
    }

    private static uint Mix(ulong bits) => (uint)(bits * 0x9E37_79B9_7F4A_7C15 >> 32);

    /// <summary>
    /// A dictionary, and before it a few slots with the entries that were asked for last: at 100 000 events a second, hashing
    /// costs most. A stranger who chooses addresses that share a slot gains nothing: the dictionary behind it has a seeded hash.
    /// </summary>
    private sealed class Cache<TKey, TValue>(int slots) where TKey : struct, IEquatable<TKey> where TValue : class
    {
        private readonly (TKey Key, TValue? Value)[] _recent = new (TKey, TValue?)[slots];
        private readonly Dictionary<TKey, TValue> _all = [];

        public TValue? Find(uint slot, in TKey key)
        {
            ref (TKey Key, TValue? Value) recent = ref _recent[slot & (uint)(_recent.Length - 1)];
            if (recent.Value is not null && recent.Key.Equals(key))
                return recent.Value;
            if (!_all.TryGetValue(key, out TValue? value))
                return null;
            recent = (key, value);
            return value;
        }

        public void Keep(uint slot, in TKey key, TValue value)
        {
            if (_all.Count >= CacheLimit)
                _all.Clear();
            _all[key] = value;
            _recent[slot & (uint)(_recent.Length - 1)] = (key, value);
        }
    }
}
