using MessagePack;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Blocks;

/// <summary>
/// Writes and reads processes: <c>[pid, tid, uid, gid, ppid, comm, pcomm, netns, netns cookie, mntns, cgroup, v1 cgroup, exe, args,
/// source]</c>. The last three may be missing. A process known only by its name is <c>[pid, comm]</c>. Each part has a line in Write and in
/// Read; a text also counts in MostBytesOf.
/// </summary>
internal static class ProcessCodec
{
    private const int Parts = 12, NameParts = 2;

    public static void Write(ref MessagePackWriter to, ProcessIdentity p)
    {
        int more = p.Source > 0 ? 3 : p.Args.Raw.Length > 0 ? 2 : p.Exe.Raw.Length > 0 ? 1 : 0;
        to.WriteArrayHeader(Parts + more);
        to.Write(p.Pid);
        to.Write(p.Tid);
        to.Write(p.Uid);
        to.Write(p.Gid);
        to.Write(p.ParentPid);
        WriteText(ref to, p.Comm);
        WriteText(ref to, p.ParentComm);
        to.Write(p.Netns);
        to.Write(p.NetnsCookie);
        to.Write(p.Mntns);
        to.Write(p.Cgroup);
        to.Write(p.CgroupV1);
        if (more > 0)
            WriteText(ref to, p.Exe);
        if (more > 1)
            WriteText(ref to, p.Args);
        if (more > 2)
            to.Write(p.Source);
    }

    /// <summary>The most bytes that <see cref="Write"/> can need: all texts, and the type codes and numbers.</summary>
    public static int MostBytesOf(ProcessIdentity p)
    {
        const int numbers = 80;
        return numbers + p.Comm.Raw.Length + p.ParentComm.Raw.Length + p.Exe.Raw.Length + p.Args.Raw.Length;
    }

    public static ProcessIdentity Read(ref MessagePackReader from)
    {
        int count = ReadParts(ref from, Parts);
        uint pid = ReadUInt32(ref from), tid = ReadUInt32(ref from), uid = ReadUInt32(ref from);
        uint gid = ReadUInt32(ref from), parent = ReadUInt32(ref from);
        SafeText comm = ReadCommand(ref from), parentComm = ReadCommand(ref from);
        var process = new ProcessIdentity(pid, tid, uid, gid, parent, comm, parentComm, ReadUInt32(ref from),
            unchecked((ulong)RecordReader.ReadInteger(ref from)), ReadUInt32(ref from),
            unchecked((ulong)RecordReader.ReadInteger(ref from)), unchecked((ulong)RecordReader.ReadInteger(ref from)))
        {
            Exe = count > Parts ? ReadText(ref from) : SafeText.Empty,
            Args = count > Parts + 1 ? ReadText(ref from) : SafeText.Empty,
            Source = count > Parts + 2 ? SourceNumber.Read(ref from) : 0,
        };
        RecordReader.Skip(ref from, Math.Max(0, count - Parts - 3));
        return process;
    }

    private static SafeText ReadText(ref MessagePackReader from)
    {
        byte[] raw = RecordReader.ReadBytes(ref from);
        return raw.Length > 0 ? new SafeText(raw) : SafeText.Empty;
    }

    public static void WriteName(ref MessagePackWriter to, ProcessName name)
    {
        to.WriteArrayHeader(NameParts);
        to.Write(name.Pid);
        WriteText(ref to, name.Comm);
    }

    /// <summary>The most bytes that <see cref="WriteName"/> can need.</summary>
    public static int MostBytesOf(ProcessName name)
    {
        const int numbers = 10;
        return numbers + name.Comm.Raw.Length;
    }

    public static ProcessName ReadName(ref MessagePackReader from)
    {
        int count = ReadParts(ref from, NameParts);
        var name = new ProcessName(ReadUInt32(ref from), ReadCommand(ref from));
        RecordReader.Skip(ref from, count - NameParts);
        return name;
    }

    private static int ReadParts(ref MessagePackReader from, int expected)
    {
        int count = from.ReadArrayHeader();
        return count >= expected ? count : throw new BadRecordException($"a process of {expected} parts", $"{count}");
    }

    private static SafeText ReadCommand(ref MessagePackReader from) => new(RecordReader.ReadBytes(ref from, TraceLimits.CommandBytes));

    private static uint ReadUInt32(ref MessagePackReader from)
    {
        long value = RecordReader.ReadInteger(ref from);
        return value is >= 0 and <= uint.MaxValue ? (uint)value : throw new BadRecordException("a number of 32 bits", $"{value}");
    }

    /// <summary>Writes a text: as a string if it is UTF-8, which all readers can print; else as a byte string.</summary>
    private static void WriteText(ref MessagePackWriter to, SafeText text)
    {
        if (System.Text.Unicode.Utf8.IsValid(text.Raw))
            to.WriteString(text.Raw);
        else
            to.Write(text.Raw);
    }
}
