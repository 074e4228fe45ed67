using System.Runtime.InteropServices;
using MessagePack;
using TcpTracer.Formats.Events;

namespace TcpTracer.Formats.TraceFile;

/// <summary>
/// Gathers events as columns and writes them as one record that can be read alone: its dictionaries and its clock are inside.
/// Twin of <see cref="EventBlock"/>.
/// </summary>
internal sealed class EventBlockBuilder
{
    private readonly long[][] _columns = [.. Enumerable.Range(0, (int)EventColumn.Count).Select(_ => new long[TraceLimits.WriterRows])];
    private readonly long[] _scratch = new long[TraceLimits.WriterRows];
    private readonly Dictionary<ProcessIdentity, int> _processes = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Address, int> _addresses = [];
    private readonly Dictionary<ProcessName, int> _others = [];

    public int Rows { get; private set; }

    public bool IsFull => Rows == TraceLimits.WriterRows;

    public long MinTimestamp { get; private set; }

    public long MaxTimestamp { get; private set; }

    public uint Operations { get; private set; }

    public void Add(in TcpEvent e)
    {
        int row = Rows++;
        MinTimestamp = row == 0 ? e.TimestampNs : Math.Min(MinTimestamp, e.TimestampNs);
        MaxTimestamp = row == 0 ? e.TimestampNs : Math.Max(MaxTimestamp, e.TimestampNs);
        Operations |= 1u << ((int)e.Operation & 31);
        Set(EventColumn.Timestamp, row, e.TimestampNs);
        Set(EventColumn.Operation, row, (long)e.Operation);
        Set(EventColumn.Reason, row, (long)e.Reason);
        Set(EventColumn.Attribution, row, (long)e.Attribution);
        Set(EventColumn.Flags, row, (long)e.Flags);
        Set(EventColumn.Error, row, e.Error);
        Set(EventColumn.Process, row, IndexOf(_processes, e.Process));
        Set(EventColumn.Saddr, row, IndexOf(_addresses, e.Saddr));
        Set(EventColumn.Daddr, row, IndexOf(_addresses, e.Daddr));
        Set(EventColumn.Sport, row, e.Sport);
        Set(EventColumn.Dport, row, e.Dport);
        Set(EventColumn.Age, row, e.TimestampNs - e.StartNs);
        Set(EventColumn.StartCpu, row, e.StartCpu);
        Set(EventColumn.Fd, row, e.Fd);
        Set(EventColumn.Other, row, IndexOf(_others, e.Other));
        Set(EventColumn.Sent, row, unchecked((long)e.Sent));
        Set(EventColumn.Received, row, unchecked((long)e.Received));
        Set(EventColumn.Retransmits, row, e.Retransmits);
        Set(EventColumn.Srtt, row, e.SrttUs);
    }

    private void Set(EventColumn column, int row, long value) => _columns[(int)column][row] = value;

    private static int IndexOf<T>(Dictionary<T, int> dictionary, T value) where T : class
    {
        ref int index = ref CollectionsMarshal.GetValueRefOrAddDefault(dictionary, value, out bool known);
        if (!known)
            index = dictionary.Count - 1;
        return index;
    }

    public void Write(ref MessagePackWriter to, in ClockSample clock)
    {
        to.WriteMapHeader(5);
        to.Write("t");
        to.Write(RecordKinds.NameOf(RecordKind.Events));
        to.Write("n");
        to.Write(Rows);
        to.Write("clock");
        ClockCodec.Write(ref to, clock);
        to.Write("d");
        WriteDictionaries(ref to);
        to.Write("c");
        to.WriteMapHeader(_columns.Length);
        for (int i = 0; i < _columns.Length; i++)
        {
            to.Write(EventColumns.NameOf((EventColumn)i));
            ReadOnlySpan<long> values = _columns[i].AsSpan(0, Rows);
            if (i == (int)EventColumn.Timestamp)
                ColumnCodec.WriteSteps(ref to, values, _scratch);
            else
                ColumnCodec.Write(ref to, values);
        }
    }

    private void WriteDictionaries(ref MessagePackWriter to)
    {
        to.WriteMapHeader(3);
        to.Write("process");
        to.WriteArrayHeader(_processes.Count);
        foreach (ProcessIdentity p in _processes.Keys)
        {
            to.WriteArrayHeader(12);
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
        }
        to.Write("address");
        to.WriteArrayHeader(_addresses.Count);
        foreach (Address address in _addresses.Keys)
            to.Write(address.Bytes);
        to.Write("other");
        to.WriteArrayHeader(_others.Count);
        foreach (ProcessName name in _others.Keys)
        {
            to.WriteArrayHeader(2);
            to.Write(name.Pid);
            WriteText(ref to, name.Comm);
        }
    }

    /// <summary>A string for every reader's convenience; a byte string where it is none.</summary>
    private static void WriteText(ref MessagePackWriter to, SafeText text)
    {
        if (System.Text.Unicode.Utf8.IsValid(text.Raw))
            to.WriteString(text.Raw);
        else
            to.Write(text.Raw);
    }

    public void Clear()
    {
        Rows = 0;
        Operations = 0;
        _processes.Clear();
        _addresses.Clear();
        _others.Clear();
    }
}
