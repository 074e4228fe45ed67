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
    private static readonly string[] s_dictionaries = ["kind", "process", "address", "other", "local", "remote"];
    private readonly Column[] _columns = new Column[(int)EventColumn.Count];
    private readonly List<(RowSet Rows, int[] Ranks)> _ranks = [];
    private readonly int[]?[] _ranksOf = new int[(int)EventColumn.Count][];
    private byte[] _unpacked = [];
    private ReadOnlyMemory<byte> _record;
    private readonly Room<ProcessIdentity> _processes = new();
    private readonly Room<Address> _addresses = new();
    private readonly Room<ProcessName> _others = new();
    private readonly Room<KindEntry> _kinds = new();
    private readonly Room<LocalEntry> _locals = new();
    private readonly Room<RemoteEntry> _remotes = new();
    private readonly Room<long>[] _scratch = [new(), new(), new()];
    private int[] _kindOfRow = [];
    private int[] _rowsOfKind = [];
    private int[] _openingOfRow = [];
    private int[] _localOfOpening = [];
    private int[] _remoteOfOpening = [];
    private int[] _rowOfOpening = [];
    private int[] _portOfOpening = [];
    private int[] _back = [];
    private long[] _timestamps = [];
    private bool _isLinked, _ranksReady, _rowsReady, _hasFlow;

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

    internal ReadOnlySpan<KindEntry> Kinds => _kinds.Span;

    internal ReadOnlySpan<LocalEntry> Locals => _locals.Span;

    internal ReadOnlySpan<RemoteEntry> Remotes => _remotes.Span;

    internal ReadOnlySpan<int> KindOfRow => _kindOfRow.AsSpan(0, Rows);

    internal ReadOnlySpan<int> LocalOfOpening => _localOfOpening.AsSpan(0, Openings);

    internal ReadOnlySpan<int> RemoteOfOpening => _remoteOfOpening.AsSpan(0, Openings);

    internal ReadOnlySpan<int> OpeningOfRow
    {
        get
        {
            LinkRows();
            return _openingOfRow.AsSpan(0, Rows);
        }
    }

    /// <summary>Decompresses into a buffer of its own.</summary>
    internal ReadOnlyMemory<byte> Unpack(in Frame frame) => Lz4Frame.Read(frame, ref _unpacked);

    /// <summary>Takes another record; the bytes must stay as they are while it is in use.</summary>
    /// <param name="record">All of it.</param>
    /// <param name="frameBytes">What it takes in the file: so much it is allowed to stand for.</param>
    /// <param name="from">Behind its kind.</param>
    /// <param name="pairs">How many follow.</param>
    /// <param name="caches">The thread's own.</param>
    internal void Load(ReadOnlyMemory<byte> record, int frameBytes, ref MessagePackReader from, int pairs, EntryCaches caches)
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
                    if (Rows > (long)frameBytes * TraceLimits.RowsPerByte)
                        throw new BadRecordException($"at most {(long)frameBytes * TraceLimits.RowsPerByte} rows in a frame of {frameBytes} bytes", $"{Rows}");
                    Reserve(Rows);
                    break;
                case "openings":
                    Openings = ReadCount(ref from, 0);
                    break;
                case "clock":
                    Clock = ClockCodec.Read(ref from);
                    break;
                case "d":
                    ReadDictionaries(ref from, caches);
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
        if (_rowsOfKind.Length == 0)
            DecodeKinds(); // of a column that is not there
        DecodeBack();
        DecodeIndexes(EventColumn.Local, Locals.Length, _localOfOpening.AsSpan(0, Openings));
        DecodeIndexes(EventColumn.Remote, Remotes.Length, _remoteOfOpening.AsSpan(0, Openings));
        if (!_hasFlow)
            MarkUncounted();
    }

    /// <summary>Before version 1.1 (column flow) a connection older than the recorder came without its bytes, and without the flag that says so.</summary>
    private void MarkUncounted()
    {
        foreach (ref KindEntry kind in _kinds.Take(_kinds.Span.Length))
        {
            if (kind.Operation == Operation.Existing)
                kind = kind with { Flags = kind.Flags | EventFlags.Uncounted };
        }
    }

    /// <summary>Lets go of the record, for who keeps the object for another.</summary>
    public void Release()
    {
        _record = default;
        _isLinked = _ranksReady = _rowsReady = _hasFlow = false;
        Rows = Openings = 0;
        Clock = default;
        UnknownEncodings = [];
        _rowsOfKind = [];
        _processes.Clear();
        _addresses.Clear();
        _others.Clear();
        _kinds.Clear();
        _locals.Clear();
        _remotes.Clear();
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
        _rowOfOpening = new int[rows + 1];
        _portOfOpening = new int[rows];
        _back = new int[rows];
        _timestamps = new long[rows];
        _ranks.Clear();
    }

    private void ReadDictionaries(ref MessagePackReader from, EntryCaches caches)
    {
        uint seen = 0;
        int count = from.ReadMapHeader();
        for (int i = 0; i < count; i++)
        {
            string name = RecordReader.ReadString(ref from);
            if (Array.IndexOf(s_dictionaries, name) is >= 0 and var place)
            {
                if ((seen & 1u << place) != 0)
                    throw new BadRecordException($"dictionary {name} once", "twice"); // each time would cost as much again
                seen |= 1u << place;
            }
            switch (name)
            {
                case "kind":
                    foreach (ref KindEntry kind in _kinds.Take(RecordReader.ReadCount(ref from, TraceLimits.DictionaryEntries)))
                        kind = ReadKind(ref from);
                    break;
                case "process":
                    caches.Processes.ReadAll(ref from, _record, _processes);
                    break;
                case "address":
                    caches.Addresses.ReadAll(ref from, _record, _addresses, TraceLimits.Addresses);
                    break;
                case "other":
                    caches.Others.ReadAll(ref from, _record, _others);
                    break;
                case "local":
                    Span<LocalEntry> locals = _locals.Take(ReadTable(ref from, 3));
                    for (int j = 0; j < locals.Length; j++)
                        locals[j] = new LocalEntry(At(_processes.Span, _scratch[0].Span[j], "process"), At(_addresses.Span, _scratch[1].Span[j], "address"), Port(_scratch[2].Span[j]));
                    break;
                case "remote":
                    Span<RemoteEntry> remotes = _remotes.Take(ReadTable(ref from, 2));
                    for (int j = 0; j < remotes.Length; j++)
                        remotes[j] = new RemoteEntry(At(_addresses.Span, _scratch[0].Span[j], "address"), Port(_scratch[1].Span[j]));
                    break;
                default:
                    RecordReader.Skip(ref from);
                    break;
            }
        }
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

    internal static Address ReadAddress(ref MessagePackReader from)
    {
        byte[] bytes = RecordReader.ReadBytes(ref from);
        return bytes.Length is 4 or 16 ? new Address(bytes) : throw new BadRecordException("an address of 4 or 16 bytes", $"{bytes.Length}");
    }

    /// <summary>Reads a dictionary of rows of numbers into <see cref="_scratch"/>.</summary>
    /// <returns>How many entries it has.</returns>
    private int ReadTable(ref MessagePackReader from, int wanted)
    {
        int parts = from.ReadArrayHeader();
        if (parts < wanted + 1)
            throw new BadRecordException($"a table of {wanted} columns", $"{parts - 1}");
        long entries = RecordReader.ReadInteger(ref from);
        int limit = Math.Min(TraceLimits.DictionaryEntries, Rows); // a row mentions one: more take no bytes, but time
        int count = entries >= 0 && entries <= limit ? (int)entries : throw new BadRecordException($"0 to {limit} entries in a table of {Rows} rows", $"{entries}");
        for (int i = 0; i < wanted; i++)
        {
            Span<long> column = _scratch[i].Take(count);
            column.Clear();
            ColumnCodec.Locate(ref from, _ => count)?.Decode(_record, column);
        }
        RecordReader.Skip(ref from, parts - 1 - wanted);
        return count;
    }

    private static T At<T>(ReadOnlySpan<T> entries, long index, string dictionary) =>
        (ulong)index < (ulong)entries.Length ? entries[(int)index] : throw new BadRecordException($"an index below {entries.Length} into dictionary {dictionary}", $"{index}");

    private static int Port(long port) => port is >= -1 and <= ushort.MaxValue ? (int)port : throw new BadRecordException("a port", $"{port}");

    private void ReadColumns(ref MessagePackReader from)
    {
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
            _hasFlow |= column == EventColumn.Flow;
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
        const int few = 16; // a pass for each of these is quicker than one that counts them all
        if (Kinds.Length > few)
        {
            foreach (int kind in KindOfRow)
                _rowsOfKind[kind]++;
            return;
        }
        for (int kind = 0; kind < Kinds.Length; kind++)
            _rowsOfKind[kind] = KindOfRow.Count(kind);
    }

    /// <summary>Reads and checks which rows point back; following them can then no longer fail.</summary>
    private void DecodeBack()
    {
        if (Kinds.Length == 0)
            throw new BadRecordException("a dictionary of kinds", "none");
        ReadOnlySpan<int> back = DecodeInts(EventColumn.Back, _back.AsSpan(0, Rows));
        for (int row = 0; row < back.Length; row++)
        {
            if ((uint)back[row] > (uint)row)
                throw new BadRecordException($"a row at most {row} rows back", $"{back[row]}");
        }
        int openings = back.Count(0);
        if (openings != Openings)
            throw new BadRecordException($"{Openings} rows that do not point back", $"{openings}");
    }

    /// <summary>
    /// Follows the rows that point back to where the connection's first row in this block is laid down. Without a branch: whether a row
    /// points back cannot be foreseen.
    /// </summary>
    private void LinkRows()
    {
        if (_isLinked)
            return;
        ReadOnlySpan<int> back = _back.AsSpan(0, Rows);
        Span<int> openingOfRow = _openingOfRow.AsSpan(0, Rows), rowOfOpening = _rowOfOpening;
        int next = 0;
        for (int row = 0; row < back.Length; row++)
        {
            int isOpening = (back[row] - 1) >> 31; // all bits or none
            int earlier = openingOfRow[row - back[row]];
            rowOfOpening[next] = row;
            openingOfRow[row] = earlier ^ ((earlier ^ next) & isOpening);
            next -= isOpening;
        }
        _isLinked = true;
    }

    private void DecodeIndexes(EventColumn column, int length, Span<int> to)
    {
        DecodeInts(column, to);
        if (PlaneUnpacker.AllBelow(to, length))
            return;
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
    internal long OfOpening(EventColumn column, int opening) => OfOpening(_record.Span, column, opening);

    private long OfOpening(ReadOnlySpan<byte> record, EventColumn column, int opening) => _columns[(int)column][record, opening];

    /// <summary>The port of each opening.</summary>
    internal ReadOnlySpan<int> PortOfOpening
    {
        get
        {
            Span<int> ports = _portOfOpening.AsSpan(0, Openings);
            if (!_columns[(int)EventColumn.Port].TryDecode(_record, ports))
            {
                for (int i = 0; i < ports.Length; i++)
                    ports[i] = (ushort)OfOpening(EventColumn.Port, i);
            }
            return ports;
        }
    }

    /// <summary>Once this is done, any thread may read rows.</summary>
    public void PrepareRows()
    {
        if (_rowsReady)
            return;
        PrepareRanks();
        _columns[(int)EventColumn.Timestamp].Decode(_record, _timestamps.AsSpan(0, Rows));
        _rowsReady = true;
    }

    private void PrepareRanks()
    {
        if (_ranksReady)
            return;
        LinkRows();
        int known = 0;
        foreach (EventColumn column in EventColumns.OfSomeOperations)
            _ranksOf[(int)column] = RanksIn(_columns[(int)column].Rows, ref known);
        _ranksReady = true;
    }

    /// <summary>For a column that only some operations have: how many of its values come before a row's. Columns mostly share their rows.</summary>
    private int[]? RanksIn(RowSet rows, ref int known)
    {
        if (rows == RowSet.All || rows == RowSet.Opening)
            return null;
        for (int i = 0; i < known; i++)
        {
            if (_ranks[i].Rows == rows)
                return _ranks[i].Ranks;
        }
        if (known == _ranks.Count)
            _ranks.Add((rows, new int[_kindOfRow.Length]));
        int[] ranks = _ranks[known].Ranks;
        _ranks[known++] = (rows, ranks);
        Span<long> hasValue = _scratch[0].Take(Kinds.Length);
        for (int kind = 0; kind < hasValue.Length; kind++)
            hasValue[kind] = IsIn(rows, kind) ? 1 : 0;
        ReadOnlySpan<int> kinds = KindOfRow;
        for (int row = 0, next = 0; row < kinds.Length; row++)
        {
            ranks[row] = next;
            next += (int)hasValue[kinds[row]];
        }
        return ranks;
    }

    private long OfRow(ReadOnlySpan<byte> record, EventColumn name, int row)
    {
        ref readonly Column column = ref _columns[(int)name];
        if (_ranksOf[(int)name] is { } ranks)
            return IsIn(column.Rows, _kindOfRow[row]) ? column[record, ranks[row]] : 0;
        return column[record, column.Rows == RowSet.Opening ? _openingOfRow[row] : row];
    }

    /// <summary>Distinct near ends.</summary>
    public int LocalEntries => Locals.Length;

    /// <summary>Distinct far ends.</summary>
    public int RemoteEntries => Remotes.Length;

    /// <summary>The near ends of some rows.</summary>
    public void ReadLocals(ReadOnlySpan<int> rows, Span<int> to) => ReadEnds(LocalOfOpening, rows, to);

    /// <summary>The far ends of some rows.</summary>
    public void ReadRemotes(ReadOnlySpan<int> rows, Span<int> to) => ReadEnds(RemoteOfOpening, rows, to);

    private void ReadEnds(ReadOnlySpan<int> endOfOpening, ReadOnlySpan<int> rows, Span<int> to)
    {
        ReadOnlySpan<int> openings = OpeningOfRow;
        for (int i = 0; i < rows.Length; i++)
            to[i] = endOfOpening[openings[rows[i]]];
    }

    /// <summary>Distinct kinds of event.</summary>
    public int KindEntries => Kinds.Length;

    /// <summary>The kind of a row.</summary>
    public int KindOf(int row) => _kindOfRow[row];

    /// <summary>The operation of a kind.</summary>
    public Operation OperationOf(int kind) => Kinds[kind].Operation;

    /// <summary>Whether events of a kind are ends whose bytes are known.</summary>
    public bool IsCountedEnd(int kind) => TcpEvent.Ends(Kinds[kind].Operation) && (Kinds[kind].Flags & EventFlags.Uncounted) == 0;

    /// <summary>The payload of some rows, sent and received.</summary>
    public void ReadPayload(ReadOnlySpan<int> rows, Span<long> sent, Span<long> received)
    {
        PrepareRanks();
        Read(EventColumn.Sent, rows, sent);
        Read(EventColumn.Received, rows, received);
    }

    /// <summary>The values of a column for some rows: quicker than one by one, where they are many.</summary>
    private void Read(EventColumn name, ReadOnlySpan<int> rows, Span<long> to)
    {
        ref readonly Column column = ref _columns[(int)name];
        if (_ranksOf[(int)name] is not { } ranks || rows.Length < column.Count / 4)
        {
            for (int i = 0; i < rows.Length; i++)
                to[i] = OfRow(_record.Span, name, rows[i]);
            return;
        }
        Span<long> values = _scratch[1].Take(column.Count + 1);
        column.Decode(_record, values[..^1]);
        values[^1] = 0; // the rank of rows behind the last value
        Span<long> mask = _scratch[0].Take(Kinds.Length);
        for (int kind = 0; kind < mask.Length; kind++)
            mask[kind] = IsIn(column.Rows, kind) ? -1 : 0;
        for (int i = 0; i < rows.Length; i++)
            to[i] = values[ranks[rows[i]]] & mask[_kindOfRow[rows[i]]];
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
    public BlockHeader Describe() => Rows < TraceLimits.ZoneMapRows ? DescribeRows() : DescribeRows() with { ZoneMap = DescribeZone() };

    /// <summary>The same without its zone map.</summary>
    public BlockHeader DescribeRows()
    {
        PrepareRows();
        var summary = new BlockSummary();
        for (int row = 0; row < Rows; row++)
            summary.Add(Kinds[_kindOfRow[row]].Operation, _timestamps[row]);
        return summary.ToHeader();
    }

    private byte[] DescribeZone()
    {
        var zone = new ZoneMap.Builder();
        foreach (ProcessIdentity process in _processes.Span)
            zone.Add(process);
        foreach (Address address in _addresses.Span)
            zone.Add(address);
        foreach (LocalEntry local in Locals)
            zone.AddPort(local.Port);
        foreach (RemoteEntry remote in Remotes)
            zone.AddPort(remote.Port);
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
        ReadOnlySpan<byte> record = _record.Span;
        ushort port = (ushort)OfOpening(record, EventColumn.Port, opening);
        e = new TcpEvent
        {
            TimestampNs = _timestamps[row],
            WallNs = Clock.ToWall(_timestamps[row]),
            StartNs = unchecked(_timestamps[_rowOfOpening[opening]] - OfOpening(record, EventColumn.Age, opening)),
            StartCpu = (uint)OfOpening(record, EventColumn.StartCpu, opening),
            Operation = kind.Operation,
            Reason = kind.Reason,
            Attribution = kind.Attribution,
            Flags = kind.Flags,
            Error = kind.Error,
            Sport = local.Port < 0 ? port : (ushort)local.Port,
            Dport = remote.Port < 0 ? port : (ushort)remote.Port,
            Fd = (int)OfOpening(record, EventColumn.Fd, opening),
            Saddr = local.Address,
            Daddr = remote.Address,
            Process = local.Process,
            Other = Other(OfRow(record, EventColumn.Other, row), local.Process),
            Sent = unchecked((ulong)OfRow(record, EventColumn.Sent, row)),
            Received = unchecked((ulong)OfRow(record, EventColumn.Received, row)),
            Retransmits = (uint)OfRow(record, EventColumn.Retransmits, row),
            SrttUs = (uint)OfRow(record, EventColumn.Srtt, row),
        };
        if (!_columns[(int)EventColumn.Flow].IsZero)
            e.Flow = unchecked((ulong)OfOpening(record, EventColumn.Flow, opening));
        if (!_columns[(int)EventColumn.Closing].IsZero)
            e.CloseNs = OfRow(record, EventColumn.Closing, row);
    }

    private ProcessName Other(long index, ProcessIdentity owner) => index switch
    {
        1 => owner.Name,
        > 1 when index - 2 < _others.Span.Length => _others.Span[(int)index - 2],
        _ => ProcessName.None,
    };
}
