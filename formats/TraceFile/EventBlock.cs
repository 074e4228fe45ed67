using MessagePack;
using TcpTracer.Formats.Events;

namespace TcpTracer.Formats.TraceFile;

/// <summary>
/// One record of events, read alone. Loading finds and checks; what only rows need is decoded when the first row is asked for. One object
/// serves many records in turn. Twin of <see cref="EventBlockBuilder"/>.
/// </summary>
public sealed class EventBlock
{
    private static readonly string[] s_keys = ["n", "openings", "clock", "d", "c"];
    private readonly Column[] _columns = new Column[(int)EventColumn.Count];
    private readonly EntryCache<ProcessIdentity> _processCache = new(ProcessCodec.Read);
    private readonly EntryCache<ProcessName> _otherCache = new(ProcessCodec.ReadName);
    private readonly EntryCache<Address> _addressCache = new(ReadAddress);
    private readonly List<(long Bits, int[] Ordinals)> _ordinals = [];
    private byte[] _unpacked = [];
    private ReadOnlyMemory<byte> _record;
    private ProcessIdentity[] _processes = [];
    private Address[] _addresses = [];
    private ProcessName[] _others = [];
    private int[] _kindOfRow = [];
    private int[] _rowsOfKind = [];
    private int[] _openingOfRow = [];
    private int[] _localOfOpening = [];
    private int[] _remoteOfOpening = [];
    private int[] _scratch = [];
    private long[] _timestamps = [];
    private long[] _starts = [];
    private bool _rowsReady;

    /// <summary>What many rows have in common.</summary>
    internal readonly record struct KindEntry(Operation Operation, Reason Reason, Attribution Attribution, EventFlags Flags, ushort Error);

    /// <summary>The near end: who and where; Port is -1 where it is the row's own.</summary>
    internal readonly record struct LocalEntry(ProcessIdentity Process, Address Address, int Port);

    /// <summary>The far end; Port is -1 where it is the row's own.</summary>
    internal readonly record struct RemoteEntry(Address Address, int Port);

    /// <summary>How many events.</summary>
    public int Rows { get; private set; }

    /// <summary>The clock in force.</summary>
    public ClockSample Clock { get; private set; }

    /// <summary>Columns of an encoding that this version does not know; they read as 0.</summary>
    public IReadOnlyList<string> UnknownEncodings { get; private set; } = [];

    internal int Openings { get; private set; }

    internal KindEntry[] Kinds { get; private set; } = [];

    internal LocalEntry[] Locals { get; private set; } = [];

    internal RemoteEntry[] Remotes { get; private set; } = [];

    internal ReadOnlySpan<int> KindOfRow => _kindOfRow.AsSpan(0, Rows);

    internal ReadOnlySpan<int> LocalOfOpening => _localOfOpening.AsSpan(0, Openings);

    internal ReadOnlySpan<int> RemoteOfOpening => _remoteOfOpening.AsSpan(0, Openings);

    internal ReadOnlySpan<int> OpeningOfRow => _openingOfRow.AsSpan(0, Rows);

    /// <summary>Decompresses into a buffer of its own.</summary>
    internal ReadOnlyMemory<byte> Unpack(in Frame frame) => Lz4Frame.Read(frame, ref _unpacked);

    /// <summary>Takes another record; the bytes must stay as they are while it is in use.</summary>
    internal void Load(ReadOnlyMemory<byte> record, ref MessagePackReader from, int pairs)
    {
        Release();
        _record = record;
        int last = -1;
        for (int i = 0; i < pairs; i++)
        {
            string key = RecordReader.ReadString(ref from);
            int place = Array.IndexOf(s_keys, key);
            if (place >= 0 && place <= last)
                throw new BadRecordException($"the keys in the order {string.Join(", ", s_keys)}", $"{key} after {s_keys[last]}"); // each leans on those before
            last = Math.Max(last, place);
            switch (key)
            {
                case "n":
                    Rows = ReadCount(ref from, 1);
                    Reserve(Rows);
                    break;
                case "openings":
                    Openings = ReadCount(ref from, 0);
                    break;
                case "clock":
                    Clock = ClockCodec.Read(ref from);
                    break;
                case "d":
                    ReadDictionaries(ref from);
                    break;
                case "c":
                    ReadColumns(ref from);
                    break;
                default:
                    RecordReader.Skip(ref from);
                    break;
            }
        }
        if (Rows == 0)
            throw new BadRecordException("events", "none");
        LinkRows();
        DecodeIndexes(EventColumn.Local, Locals.Length, _localOfOpening.AsSpan(0, Openings));
        DecodeIndexes(EventColumn.Remote, Remotes.Length, _remoteOfOpening.AsSpan(0, Openings));
    }

    /// <summary>Lets go of the record, for who keeps the object for another.</summary>
    public void Release()
    {
        _record = default;
        _rowsReady = false;
        Rows = Openings = 0;
        Clock = default;
        UnknownEncodings = [];
        _processes = [];
        _addresses = [];
        _others = [];
        Kinds = [];
        Locals = [];
        Remotes = [];
        Array.Fill(_columns, Column.Missing);
    }

    private static int ReadCount(ref MessagePackReader from, int least)
    {
        long rows = RecordReader.ReadInteger(ref from);
        return rows >= least && rows <= TraceLimits.Rows ? (int)rows : throw new BadRecordException($"{least} to {TraceLimits.Rows} rows", $"{rows}");
    }

    private void Reserve(int rows)
    {
        if (_kindOfRow.Length >= rows)
            return;
        rows = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)rows);
        _kindOfRow = new int[rows];
        _openingOfRow = new int[rows];
        _localOfOpening = new int[rows];
        _remoteOfOpening = new int[rows];
        _scratch = new int[rows];
        _ordinals.Clear();
    }

    private void ReadDictionaries(ref MessagePackReader from)
    {
        int count = from.ReadMapHeader();
        for (int i = 0; i < count; i++)
        {
            switch (RecordReader.ReadString(ref from))
            {
                case "kind":
                    Kinds = new KindEntry[RecordReader.ReadCount(ref from, TraceLimits.DictionaryEntries)];
                    for (int j = 0; j < Kinds.Length; j++)
                        Kinds[j] = ReadKind(ref from);
                    break;
                case "process":
                    _processes = ReadEntries(ref from, _processCache);
                    break;
                case "address":
                    _addresses = ReadEntries(ref from, _addressCache, TraceLimits.Addresses);
                    break;
                case "other":
                    _others = ReadEntries(ref from, _otherCache);
                    break;
                case "local":
                    long[][] locals = ReadTable(ref from, 3);
                    Locals = new LocalEntry[locals[0].Length];
                    for (int j = 0; j < Locals.Length; j++)
                        Locals[j] = new LocalEntry(At(_processes, locals[0][j], "process"), At(_addresses, locals[1][j], "address"), Port(locals[2][j]));
                    break;
                case "remote":
                    long[][] remotes = ReadTable(ref from, 2);
                    Remotes = new RemoteEntry[remotes[0].Length];
                    for (int j = 0; j < Remotes.Length; j++)
                        Remotes[j] = new RemoteEntry(At(_addresses, remotes[0][j], "address"), Port(remotes[1][j]));
                    break;
                default:
                    RecordReader.Skip(ref from);
                    break;
            }
        }
    }

    private T[] ReadEntries<T>(ref MessagePackReader from, EntryCache<T> cache, int limit = TraceLimits.DictionaryEntries) where T : class
    {
        var entries = new T[RecordReader.ReadCount(ref from, limit)];
        for (int i = 0; i < entries.Length; i++)
            entries[i] = cache.Read(ref from, _record);
        return entries;
    }

    private static KindEntry ReadKind(ref MessagePackReader from)
    {
        const int parts = 5;
        int count = from.ReadArrayHeader();
        if (count < parts)
            throw new BadRecordException($"a kind of {parts} parts", $"{count}");
        var kind = new KindEntry((Operation)from.ReadByte(), (Reason)from.ReadByte(), (Attribution)from.ReadByte(), (EventFlags)from.ReadByte(), from.ReadUInt16());
        RecordReader.Skip(ref from, count - parts);
        return kind;
    }

    private static Address ReadAddress(ref MessagePackReader from)
    {
        byte[] bytes = RecordReader.ReadBytes(ref from);
        return bytes.Length is 4 or 16 ? new Address(bytes) : throw new BadRecordException("an address of 4 or 16 bytes", $"{bytes.Length}");
    }

    private long[][] ReadTable(ref MessagePackReader from, int wanted)
    {
        int parts = from.ReadArrayHeader();
        if (parts < wanted + 1)
            throw new BadRecordException($"a table of {wanted} columns", $"{parts - 1}");
        long entries = RecordReader.ReadInteger(ref from);
        int count = entries is >= 0 and <= TraceLimits.DictionaryEntries ? (int)entries : throw new BadRecordException($"0 to {TraceLimits.DictionaryEntries} entries", $"{entries}");
        long[][] columns = new long[wanted][];
        for (int i = 0; i < wanted; i++)
        {
            columns[i] = new long[count];
            ColumnCodec.Locate(ref from, _ => count)?.Decode(_record, columns[i]);
        }
        RecordReader.Skip(ref from, parts - 1 - wanted);
        return columns;
    }

    private static T At<T>(T[] entries, long index, string dictionary) =>
        (ulong)index < (ulong)entries.Length ? entries[index] : throw new BadRecordException($"an index below {entries.Length} into dictionary {dictionary}", $"{index}");

    private static int Port(long port) => port is >= -1 and <= ushort.MaxValue ? (int)port : throw new BadRecordException("a port", $"{port}");

    private void ReadColumns(ref MessagePackReader from)
    {
        _rowsOfKind = [];
        uint seen = 0;
        int count = from.ReadMapHeader();
        for (int i = 0; i < count; i++)
        {
            byte[] name = RecordReader.ReadBytes(ref from);
            if (EventColumns.Parse(name) is not { } column)
            {
                RecordReader.Skip(ref from);
                continue;
            }
            if ((seen & 1u << (int)column) != 0)
                throw new BadRecordException($"column {EventColumns.NameOf(column)} once", "twice");
            seen |= 1u << (int)column;
            if (ColumnCodec.Locate(ref from, CountOf) is { } located)
            {
                if (EventColumns.RowsOf(column) is { } rows && located.Rows != rows)
                    throw new BadRecordException($"rows {rows.Bits} of column {EventColumns.NameOf(column)}", $"{located.Rows.Bits}");
                _columns[(int)column] = column == EventColumn.Timestamp && located.Encoding != ColumnEncoding.Plain ? located : located.ForRandomAccess(_record);
            }
            else
                UnknownEncodings = [.. UnknownEncodings, EventColumns.NameOf(column)];
            if (column == EventColumn.Kind)
                DecodeKinds();
        }
    }

    private int CountOf(RowSet rows)
    {
        if (rows == RowSet.All)
            return Rows;
        if (rows == RowSet.Opening)
            return Openings;
        if (_rowsOfKind.Length == 0)
            throw new BadRecordException("column kind before those of some operations", "one of them");
        int count = 0;
        for (int kind = 0; kind < Kinds.Length; kind++)
            count += IsIn(rows, kind) ? _rowsOfKind[kind] : 0;
        return count;
    }

    private bool IsIn(RowSet rows, int kind) => (int)Kinds[kind].Operation < 63 && (rows.Bits >> (int)Kinds[kind].Operation & 1) != 0;

    private void DecodeKinds()
    {
        if (Rows == 0)
            throw new BadRecordException("the number of rows before the columns", "none");
        DecodeIndexes(EventColumn.Kind, Kinds.Length, _kindOfRow.AsSpan(0, Rows));
        _rowsOfKind = new int[Kinds.Length];
        foreach (int kind in KindOfRow)
            _rowsOfKind[kind]++;
    }

    /// <summary>Follows the rows that point back to where the connection's first row in this block is laid down.</summary>
    private void LinkRows()
    {
        if (Kinds.Length == 0)
            throw new BadRecordException("a dictionary of kinds", "none");
        ReadOnlySpan<int> back = DecodeInts(EventColumn.Back, _scratch.AsSpan(0, Rows));
        int next = 0;
        for (int row = 0; row < Rows; row++)
        {
            if (back[row] == 0)
                _openingOfRow[row] = next++;
            else if (back[row] > 0 && back[row] <= row)
                _openingOfRow[row] = _openingOfRow[row - back[row]];
            else
                throw new BadRecordException($"a row at most {row} rows back", $"{back[row]}");
        }
        if (next != Openings)
            throw new BadRecordException($"{Openings} rows that do not point back", $"{next}");
    }

    private void DecodeIndexes(EventColumn column, int length, Span<int> to)
    {
        DecodeInts(column, to);
        foreach (int index in to)
        {
            if ((uint)index >= (uint)length)
                throw new BadRecordException($"an index below {length} in column {EventColumns.NameOf(column)}", $"{index}");
        }
    }

    private ReadOnlySpan<int> DecodeInts(EventColumn name, Span<int> to)
    {
        if (!_columns[(int)name].TryDecode(_record, to))
            throw new BadRecordException($"numbers of 31 bits in column {EventColumns.NameOf(name)}", "larger ones");
        return to;
    }

    /// <summary>One value of a column that has one for each opening.</summary>
    internal long OfOpening(EventColumn column, int opening) => _columns[(int)column][_record.Span, opening];

    internal void PrepareRows()
    {
        if (_rowsReady)
            return;
        if (_timestamps.Length < Rows)
        {
            _timestamps = new long[_kindOfRow.Length];
            _starts = new long[_kindOfRow.Length];
        }
        _columns[(int)EventColumn.Timestamp].Decode(_record, _timestamps.AsSpan(0, Rows));
        for (int row = 0, next = 0; row < Rows && next < Openings; row++)
        {
            if (_openingOfRow[row] == next)
            {
                _starts[next] = unchecked(_timestamps[row] - OfOpening(EventColumn.Age, next));
                next++;
            }
        }
        const int plenty = 16;
        if (_ordinals.Count > plenty)
            _ordinals.Clear(); // room for those of earlier blocks: no writer of ours has so many
        foreach (EventColumn column in EventColumns.OfSomeOperations)
            PrepareOrdinals(_columns[(int)column].Rows);
        _rowsReady = true;
    }

    /// <summary>For a column that only some operations have: which of its values is a row's.</summary>
    private void PrepareOrdinals(RowSet rows)
    {
        if (rows == RowSet.All || rows == RowSet.Opening)
            return;
        int index = _ordinals.FindIndex(o => o.Bits == rows.Bits);
        if (index < 0)
        {
            _ordinals.Add((rows.Bits, new int[_kindOfRow.Length]));
            index = _ordinals.Count - 1;
        }
        int[] ordinals = _ordinals[index].Ordinals;
        for (int row = 0, next = 0; row < Rows; row++)
            ordinals[row] = IsIn(rows, _kindOfRow[row]) ? next++ : -1;
    }

    private long OfRow(EventColumn name, int row)
    {
        ref readonly Column column = ref _columns[(int)name];
        if (column.Rows == RowSet.All)
            return column[_record.Span, row];
        if (column.Rows == RowSet.Opening)
            return column[_record.Span, _openingOfRow[row]];
        foreach ((long bits, int[] ordinals) in _ordinals)
        {
            if (bits == column.Rows.Bits)
                return ordinals[row] < 0 ? 0 : column[_record.Span, ordinals[row]];
        }
        return 0;
    }

    /// <summary>Distinct near ends.</summary>
    public int LocalEntries => Locals.Length;

    /// <summary>Distinct far ends.</summary>
    public int RemoteEntries => Remotes.Length;

    /// <summary>The near end of a row.</summary>
    public int LocalOf(int row) => _localOfOpening[_openingOfRow[row]];

    /// <summary>The far end of a row.</summary>
    public int RemoteOf(int row) => _remoteOfOpening[_openingOfRow[row]];

    /// <summary>The operation of a row.</summary>
    public Operation OperationOf(int row) => Kinds[_kindOfRow[row]].Operation;

    /// <summary>The payload of a row.</summary>
    public (ulong Sent, ulong Received) BytesOf(int row)
    {
        PrepareRows();
        return (unchecked((ulong)OfRow(EventColumn.Sent, row)), unchecked((ulong)OfRow(EventColumn.Received, row)));
    }

    /// <summary>An event with nothing but a near end.</summary>
    public TcpEvent ExampleOfLocal(int entry) => new() { Process = Locals[entry].Process, Saddr = Locals[entry].Address };

    /// <summary>An event with nothing but a far end.</summary>
    public TcpEvent ExampleOfRemote(int entry) => new() { Daddr = Remotes[entry].Address };

    /// <summary>How many events of an operation.</summary>
    public int RowsOf(Operation operation)
    {
        int count = 0;
        for (int kind = 0; kind < Kinds.Length; kind++)
            count += Kinds[kind].Operation == operation ? _rowsOfKind[kind] : 0;
        return count;
    }

    /// <summary>When, in wall time.</summary>
    public long WallNs(int row)
    {
        PrepareRows();
        return Clock.ToWall(_timestamps[row]);
    }

    /// <summary>What its block header should say.</summary>
    public BlockHeader Describe()
    {
        PrepareRows();
        var summary = new BlockSummary();
        for (int row = 0; row < Rows; row++)
            summary.Add(Kinds[_kindOfRow[row]].Operation, _timestamps[row]);
        return Rows < TraceLimits.ZoneMapRows ? summary.ToHeader() : summary.ToHeader() with { ZoneMap = DescribeZone() };
    }

    private byte[] DescribeZone()
    {
        var zone = new ZoneMap.Builder();
        foreach (LocalEntry local in Locals)
        {
            zone.Add(local.Process);
            zone.Add(local.Address);
            zone.AddPort(local.Port);
        }
        foreach (RemoteEntry remote in Remotes)
        {
            zone.Add(remote.Address);
            zone.AddPort(remote.Port);
        }
        for (int opening = 0; opening < Openings; opening++)
            zone.AddOwnPort((ushort)OfOpening(EventColumn.Port, opening));
        return zone.Build();
    }

    /// <summary>One event, but for its workload.</summary>
    public void Read(int row, out TcpEvent e)
    {
        PrepareRows();
        int opening = _openingOfRow[row];
        ref readonly KindEntry kind = ref Kinds[_kindOfRow[row]];
        ref readonly LocalEntry local = ref Locals[_localOfOpening[opening]];
        ref readonly RemoteEntry remote = ref Remotes[_remoteOfOpening[opening]];
        ushort port = (ushort)OfOpening(EventColumn.Port, opening);
        e = new TcpEvent
        {
            TimestampNs = _timestamps[row],
            WallNs = Clock.ToWall(_timestamps[row]),
            StartNs = _starts[opening],
            StartCpu = (uint)OfOpening(EventColumn.StartCpu, opening),
            Operation = kind.Operation,
            Reason = kind.Reason,
            Attribution = kind.Attribution,
            Flags = kind.Flags,
            Error = kind.Error,
            Sport = local.Port < 0 ? port : (ushort)local.Port,
            Dport = remote.Port < 0 ? port : (ushort)remote.Port,
            Fd = (int)OfOpening(EventColumn.Fd, opening),
            Saddr = local.Address,
            Daddr = remote.Address,
            Process = local.Process,
            Other = Other(OfRow(EventColumn.Other, row), local.Process),
            Sent = unchecked((ulong)OfRow(EventColumn.Sent, row)),
            Received = unchecked((ulong)OfRow(EventColumn.Received, row)),
            Retransmits = (uint)OfRow(EventColumn.Retransmits, row),
            SrttUs = (uint)OfRow(EventColumn.Srtt, row),
        };
    }

    private ProcessName Other(long index, ProcessIdentity owner) => index switch
    {
        1 => owner.Name,
        > 1 when index - 2 < _others.Length => _others[index - 2],
        _ => ProcessName.None,
    };
}
