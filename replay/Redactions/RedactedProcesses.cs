using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Replay.Redactions;

/// <summary>Processes of a redacted copy. Of one process it makes one object, as sources of events do.</summary>
internal sealed class RedactedProcesses(RedactionPolicy policy, Pseudonyms names)
{
    private const int MostKept = 1 << 16, BitsOfId = 31, BitsOfLongId = 48; // a number of JSON is exact up to 53 bits
    private const uint Nobody = uint.MaxValue;
    private readonly Dictionary<ProcessIdentity, ProcessIdentity> _known = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<ProcessName, ProcessName> _knownNames = [];

    /// <summary>A process.</summary>
    public ProcessIdentity Of(ProcessIdentity process)
    {
        if (_known.TryGetValue(process, out ProcessIdentity? known))
            return known;
        if (_known.Count >= MostKept)
            _known.Clear();
        return _known[process] = Make(process);
    }

    /// <summary>A process named in passing.</summary>
    public ProcessName Of(ProcessName process)
    {
        if (_knownNames.TryGetValue(process, out ProcessName? known))
            return known;
        if (_knownNames.Count >= MostKept)
            _knownNames.Clear();
        return _knownNames[process] = new ProcessName(Pid(process.Pid), Comm(process.Comm));
    }

    /// <summary>The number of a cgroup.</summary>
    public ulong Cgroup(ulong id) => names.Number("cgroup", id, BitsOfLongId);

    private ProcessIdentity Make(ProcessIdentity p) => new(
        Pid(p.Pid), Pid(p.Tid), User("uid", p.Uid), User("gid", p.Gid), Pid(p.ParentPid), Comm(p.Comm), Comm(p.ParentComm),
        (uint)names.Number("netns", p.Netns, BitsOfId), names.Number("netns-cookie", p.NetnsCookie, BitsOfLongId),
        (uint)names.Number("mntns", p.Mntns, BitsOfId), Cgroup(p.Cgroup), Cgroup(p.CgroupV1))
    {
        Source = p.Source,
        Exe = policy.Keeps("exe") ? p.Exe : names.Name("exe", p.Exe),
        Args = policy.Keeps("args") ? p.Args : SafeText.Empty,
    };

    private uint Pid(uint pid) => policy.Keeps("pid") ? pid : (uint)names.Number("pid", pid, BitsOfId);

    /// <summary>Root is on every machine, and so is nobody.</summary>
    private uint User(string kind, uint id) => policy.Keeps("uid") || id == Nobody ? id : (uint)names.Number(kind, id, BitsOfId);

    private SafeText Comm(SafeText comm) => policy.Keeps("comm") ? comm : names.Name("cmd", comm);
}
