using System.Runtime.InteropServices;
using MessagePack;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Blocks;

/// <summary>
/// Collects events as columns, and writes them as one record. The record needs no other one, because it has its dictionaries and its clock.
/// Twin of <see cref="EventBlock"/>.
/// </summary>
internal sealed class EventBlockBuilder
{
    /// <summary>A port below this is that of a service. Higher ports are those that the kernel chooses for one connection.</summary>
    private const ushort FirstEphemeralPort = 32_768;

    private static readonly Func<EndKey, long>[] s_localParts = [e => e.Process, e => e.Address, e => e.Port];
    private static readonly Func<EndKey, long>[] s_remoteParts = [e => e.Address, e => e.Port];
    private readonly long[][] _columns = [.. Enumerable.Range(0, EventColumns.Count).Select(_ => new long[TraceLimits.WriterRows])];
    private readonly int[] _openings = new int[TraceLimits.WriterRows];
    private readonly Ends[] _ends = new Ends[TraceLimits.WriterRows];
    private readonly long[] _operations = new long[TraceLimits.WriterRows];
    private readonly long[] _scratch = new long[TraceLimits.WriterRows];
    private readonly Dictionary<ulong, int> _kinds = new(SeededHash.One);
    private readonly Dictionary<ulong, int> _locals = new(SeededHash.One);
    private readonly Dictionary<ulong, int> _remotes = new(SeededHash.One);
    private readonly Dictionary<ProcessIdentity, int> _processes = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Address, int> _addresses = [];
    private readonly Dictionary<ProcessName, int> _others = [];
    private readonly Dictionary<long, int> _shifts = new(SeededHash.By<long>(n => SeededHash.HashOf((ulong)n)));
    private readonly HashSet<(ulong Unified, ulong Memory)> _farCgroups = new(SeededHash.Two);
    private (ulong Unified, ulong Memory) _latestFar;
    private readonly LastConnectionRows _lastRows = new();
    private readonly ZoneMap.Builder _zone = new();
    private BlockSummary _summary = new();
    private int _openingCount;
    private long _nameBytes;

    /// <summary>
    /// What an opening has, as its event had it. Sources hand out one object for one process or address, so comparing references mostly
    /// saves a look-up in the dictionaries.
    /// </summary>
    private readonly record struct Ends(
        ProcessIdentity Process, Address Saddr, Address Daddr, ushort Sport, ushort Dport, OpeningValues Values)
    {
        public bool AreOf(in TcpEvent e, in OpeningValues values) =>
            ReferenceEquals(Process, e.Process) && ReferenceEquals(Saddr, e.Saddr) && ReferenceEquals(Daddr, e.Daddr)
            && Sport == e.Sport && Dport == e.Dport && Values == values;
    }

    public int Rows { get; private set; }

    /// <summary>Whether events are of several hosts: their times are wall time, with the boot time beside it.</summary>
    public bool IsMerged { get; init; }

    /// <summary>When the first event happened, in nanoseconds of boot time.</summary>
    public long FirstNs => _columns[(int)EventColumn.Timestamp][0];

    /// <summary>All addresses of its events, each once.</summary>
    public IReadOnlyCollection<Address> Addresses => _addresses.Keys;

    /// <summary>All owners of its events, each once.</summary>
    public IReadOnlyCollection<ProcessIdentity> Processes => _processes.Keys;

    /// <summary>The cgroups of all processes at other ends, each once.</summary>
    public IReadOnlyCollection<(ulong Unified, ulong Memory)> FarCgroups => _farCgroups;

    /// <summary>
    /// Whether the block has all the rows that it may have, or its dictionaries are so large that the record comes near its limit.
    /// </summary>
    public bool IsFull => Rows == TraceLimits.WriterRows || DictionaryBytes > TraceLimits.RawBytes / 2;

    private long DictionaryBytes
    {
        get
        {
            const int address = 18, entry = 16;
            return _nameBytes + _addresses.Count * address + (_locals.Count + _remotes.Count + _kinds.Count) * entry;
        }
    }

    public void Add(in TcpEvent e)
    {
        int row = Rows++;
        long time = IsMerged ? e.WallNs : e.TimestampNs;
        _summary.Add(e.Operation, time);
        _operations[row] = (long)e.Operation;
        Set(EventColumn.Timestamp, row, time);
        if (IsMerged)
            Set(EventColumn.Shift, row, IndexOf(_shifts, unchecked(e.WallNs - e.TimestampNs)));
        Set(EventColumn.Kind, row, IndexOf(_kinds, new KindKey(e.Operation, e.Reason, e.Attribution, e.Flags, e.Error).Packed));
        AddConnection(in e, row);
        Set(EventColumn.Other, row, OtherOf(in e));
        RowValues.Take(in e, _columns, row);
        if ((e.FarCgroup | e.FarCgroupV1) != 0 && _latestFar != (e.FarCgroup, e.FarCgroupV1))
            _farCgroups.Add(_latestFar = (e.FarCgroup, e.FarCgroupV1));
    }

    /// <summary>
    /// Adds what the events of a connection share. Only the first row in the block has it; each later row points back to the row before it.
    /// </summary>
    private void AddConnection(in TcpEvent e, int row)
    {
        int last = _lastRows.Replace(e.StartNs, e.StartCpu, row);
        OpeningValues values = OpeningValues.Of(in e);
        if (last >= 0 && _ends[_openings[last]].AreOf(in e, in values))
        {
            PointBack(row, last);
            return;
        }
        bool localIsService = e.Sport < FirstEphemeralPort && (e.Dport >= FirstEphemeralPort || e.Sport < e.Dport);
        int address = IndexOf(_addresses, e.Saddr);
        int local = IndexOf(_locals, new EndKey(ProcessOf(in e), address, localIsService ? e.Sport : -1).Packed);
        int remote = IndexOf(_remotes, new EndKey(0, IndexOf(_addresses, e.Daddr), localIsService ? -1 : e.Dport).Packed);
        long port = localIsService ? e.Dport : e.Sport;
        if (last >= 0)
        {
            int opening = _openings[last];
            if (Opening(EventColumn.Local, opening) == local && Opening(EventColumn.Remote, opening) == remote
                && Opening(EventColumn.Port, opening) == port && _ends[opening].Values == values)
            {
                PointBack(row, last);
                return;
            }
        }
        int index = _openingCount++;
        _openings[row] = index;
        _ends[index] = new Ends(e.Process, e.Saddr, e.Daddr, e.Sport, e.Dport, values);
        Set(EventColumn.Back, row, 0);
        Set(EventColumn.Local, index, local);
        Set(EventColumn.Remote, index, remote);
        Set(EventColumn.Port, index, port);
        Set(EventColumn.Age, index, unchecked(e.TimestampNs - e.StartNs));
        values.Put(_columns, index);
    }

    private void PointBack(int row, int last)
    {
        Set(EventColumn.Back, row, row - last);
        _openings[row] = _openings[last];
    }

    private int ProcessOf(in TcpEvent e)
    {
        int known = _processes.Count;
        int index = IndexOf(_processes, e.Process);
        if (index == known)
            _nameBytes += ProcessCodec.MostBytesOf(e.Process);
        return index;
    }

    /// <summary>The value of column <c>other</c>: 0 is nobody, 1 is the owner, others are entries of the dictionary.</summary>
    private int OtherOf(in TcpEvent e)
    {
        const int nobody = 0, owner = 1, firstEntry = 2;
        if (e.Other.Pid == 0)
            return nobody;
        if (e.Other.Pid == e.Process.Pid && e.Other.Comm.Equals(e.Process.Comm))
            return owner;
        int known = _others.Count;
        int index = IndexOf(_others, e.Other);
        if (index == known)
            _nameBytes += ProcessCodec.MostBytesOf(e.Other);
        return firstEntry + index;
    }

    private void Set(EventColumn column, int index, long value) => _columns[(int)column][index] = value;

    private long Opening(EventColumn column, int index) => _columns[(int)column][index];

    private static int IndexOf<T>(Dictionary<T, int> dictionary, T value) where T : notnull
    {
        ref int index = ref CollectionsMarshal.GetValueRefOrAddDefault(dictionary, value, out bool known);
        if (!known)
            index = dictionary.Count - 1;
        return index;
    }

    /// <summary>The block header; lengths and number are not set.</summary>
    public BlockHeader Describe() =>
        Rows < TraceLimits.ZoneMapRows ? _summary.ToHeader() : _summary.ToHeader() with { ZoneMap = DescribeZone() };

    private byte[] DescribeZone()
    {
        _zone.Clear();
        foreach (ProcessIdentity process in _processes.Keys)
            _zone.Add(process);
        foreach (Address address in _addresses.Keys)
            _zone.Add(address);
        foreach (EndKey local in _locals.Keys.Select(EndKey.Of))
            _zone.AddPort(local.Port);
        foreach (EndKey remote in _remotes.Keys.Select(EndKey.Of))
            _zone.AddPort(remote.Port);
        for (int opening = 0; opening < _openingCount; opening++)
            _zone.AddOwnPort((int)Opening(EventColumn.Port, opening));
        return _zone.Build();
    }

    /// <summary>Writes the record.</summary>
    /// <param name="to">Where to write.</param>
    /// <param name="clock">The clock sample in force.</param>
    /// <param name="padding">Bytes of padding. Events that are all alike compress so well that a reader would refuse so many rows
    /// in so few bytes.</param>
    public void Write(ref MessagePackWriter to, in ClockSample clock, int padding = 0)
    {
        to.WriteMapHeader(padding > 0 ? 7 : 6);
        to.Write("t");
        to.Write(RecordKinds.NameOf(RecordKind.Events));
        if (padding > 0)
        {
            to.Write("padding");
            to.Write(new byte[padding]);
        }
        to.Write("n");
        to.Write(Rows);
        to.Write("openings");
        to.Write(_openingCount);
        to.Write("clock");
        ClockCodec.Write(ref to, clock);
        to.Write("d");
        WriteDictionaries(ref to);
        to.Write("c");
        EventColumn[] columns = [.. Enum.GetValues<EventColumn>().Where(IsNeeded)];
        to.WriteMapHeader(columns.Length);
        foreach (EventColumn column in columns)
        {
            to.Write(EventColumns.NameOf(column));
            WriteColumn(ref to, column);
        }
    }

    /// <summary>Columns of few traces are missing in the others, which so have the same bytes as before there were these columns.</summary>
    private bool IsNeeded(EventColumn column) => column switch
    {
        EventColumn.Shift => IsMerged,
        EventColumn.FarCgroup or EventColumn.FarCgroupV1 => _columns[(int)column].AsSpan(0, Rows).ContainsAnyExcept(0),
        _ => true,
    };

    private void WriteColumn(ref MessagePackWriter to, EventColumn column)
    {
        Span<long> values = _columns[(int)column].AsSpan(0, Rows);
        if (column == EventColumn.Timestamp)
            ColumnCodec.WriteSteps(ref to, values, _scratch);
        else if (EventColumns.RowsOf(column) == RowSet.Opening)
            ColumnCodec.Write(ref to, values[.._openingCount], RowSet.Opening);
        else if (EventColumns.RowsOf(column) is null)
            WriteForSomeOperations(ref to, values);
        else
            ColumnCodec.Write(ref to, values);
    }

    /// <summary>Writes the values of those operations that have a value other than 0.</summary>
    private void WriteForSomeOperations(ref MessagePackWriter to, ReadOnlySpan<long> values)
    {
        const int expressible = 63;
        long operations = 0;
        for (int row = 0; row < values.Length; row++)
        {
            if (values[row] != 0)
                operations |= 1L << (int)Math.Min(_operations[row], expressible);
        }
        if (operations is 0 || operations < 0)
        {
            ColumnCodec.Write(ref to, values);
            return;
        }
        int count = 0;
        for (int row = 0; row < values.Length; row++)
        {
            if ((operations >> (int)Math.Min(_operations[row], expressible) & 1) != 0)
                _scratch[count++] = values[row];
        }
        ColumnCodec.Write(ref to, _scratch.AsSpan(0, count), new RowSet(operations));
    }

    private void WriteDictionaries(ref MessagePackWriter to)
    {
        to.WriteMapHeader(IsMerged ? 7 : 6);
        if (IsMerged)
        {
            to.Write("shift");
            to.WriteArrayHeader(_shifts.Count);
            foreach (long shift in _shifts.Keys)
                to.Write(shift);
        }
        to.Write("kind");
        to.WriteArrayHeader(_kinds.Count);
        foreach (KindKey kind in _kinds.Keys.Select(KindKey.Of))
        {
            to.WriteArrayHeader(5);
            to.Write((byte)kind.Operation);
            to.Write((byte)kind.Reason);
            to.Write((byte)kind.Attribution);
            to.Write((byte)kind.Flags);
            to.Write(kind.Error);
        }
        to.Write("process");
        to.WriteArrayHeader(_processes.Count);
        foreach (ProcessIdentity process in _processes.Keys)
            ProcessCodec.Write(ref to, process);
        to.Write("address");
        to.WriteArrayHeader(_addresses.Count);
        foreach (Address address in _addresses.Keys)
            to.Write(address.Bytes);
        to.Write("local");
        WriteTable(ref to, _locals, s_localParts);
        to.Write("remote");
        WriteTable(ref to, _remotes, s_remoteParts);
        to.Write("other");
        to.WriteArrayHeader(_others.Count);
        foreach (ProcessName name in _others.Keys)
            ProcessCodec.WriteName(ref to, name);
    }

    /// <summary>Writes a dictionary whose entries are numbers, as columns: <c>[count, column, column, ...]</c>.</summary>
    private void WriteTable(ref MessagePackWriter to, Dictionary<ulong, int> ends, Func<EndKey, long>[] parts)
    {
        to.WriteArrayHeader(parts.Length + 1);
        to.Write(ends.Count);
        foreach (Func<EndKey, long> part in parts)
        {
            int count = 0;
            foreach (EndKey end in ends.Keys.Select(EndKey.Of))
                _scratch[count++] = part(end);
            ColumnCodec.Write(ref to, _scratch.AsSpan(0, count));
        }
    }

    public void Clear()
    {
        Rows = 0;
        _summary = new BlockSummary();
        Array.Clear(_ends, 0, _openingCount);
        (_openingCount, _nameBytes, _latestFar) = (0, 0, default);
        _farCgroups.Clear();
        _kinds.Clear();
        _locals.Clear();
        _remotes.Clear();
        _processes.Clear();
        _addresses.Clear();
        _others.Clear();
        _shifts.Clear();
        _lastRows.Clear();
    }
}
