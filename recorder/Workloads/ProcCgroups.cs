using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Workloads;

/// <summary>
/// The cgroups of a process, read from /proc. It serves where the kernel's programs do not send their names. There are none if
/// the process has ended, or if its number belongs to another process by now.
/// </summary>
internal static class ProcCgroups
{
    /// <summary>The cgroups in the two hierarchies that show containers.</summary>
    public static IEnumerable<CgroupInfo> Of(ProcessIdentity process)
    {
        string[] lines;
        try
        {
            if (File.ReadAllText($"/proc/{process.Pid}/comm").TrimEnd('\n') != process.Comm.ToString())
                return [];
            lines = File.ReadAllLines($"/proc/{process.Pid}/cgroup");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
        return lines.Select(l => Parse(l, process)).OfType<CgroupInfo>();
    }

    /// <summary>A line such as <c>0::/path</c> (version 2) or <c>9:memory:/path</c>.</summary>
    private static CgroupInfo? Parse(string line, ProcessIdentity process)
    {
        string[] fields = line.Split(':', 3);
        if (fields.Length != 3)
            return null;
        if (fields[1].Length == 0)
            return new CgroupInfo(CgroupHierarchy.Unified, process.Cgroup, fields[2]);
        return process.CgroupV1 != 0 && fields[1].Split(',').Contains("memory")
            ? new CgroupInfo(CgroupHierarchy.Memory, process.CgroupV1, fields[2])
            : null;
    }
}
