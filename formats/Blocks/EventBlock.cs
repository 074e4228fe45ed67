using MessagePack;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Blocks;

/// <summary>
/// One record of events; it needs no other record. Loading finds and checks everything; what only rows need is decoded when the first row
/// is read. One object serves record after record. Twin of <see cref="EventBlockBuilder"/>.
/// </summary>
public sealed partial class EventBlock
{
    private static readonly string[] s_keys = ["n", "openings", "clock", "d", "c"];
    private readonly BlockDictionaries _dictionaries = new();
    private readonly RowLinks _links = new();
    private readonly BlockColumns _columns;
    private byte[] _unpacked = [];
    private ReadOnlyMemory<byte> _record;
    private int[] _localOfOpening = [];
    private int[] _remoteOfOpening = [];
    private int[] _portOfOpening = [];
    private long[] _times = [], _timestamps = [];
    private int[] _shiftOfRow = [];
    private bool _rowsReady;

    /// <summary>Makes a block without events.</summary>
    public EventBlock() => _columns = new BlockColumns(_dictionaries, _links);

    /// <summary>The number of events.</summary>
    public int Rows { get; private set; }

    /// <summary>The clock sample in force.</summary>
    public ClockSample Clock { get; private set; }

    /// <summary>The names of columns whose encoding this version does not know. Their values read as 0.</summary>
    public IReadOnlyList<string> UnknownEncodings => _columns.UnknownEncodings;

    /// <summary>
    /// The number of openings. An opening is the first row of a connection in the block, and has what all rows of the connection share.
    /// </summary>
    internal int Openings { get; private set; }

    internal ReadOnlySpan<KindKey> Kinds => _dictionaries.Kinds;

    internal ReadOnlySpan<BlockDictionaries.LocalEntry> Locals => _dictionaries.Locals;

    internal ReadOnlySpan<BlockDictionaries.RemoteEntry> Remotes => _dictionaries.Remotes;

    internal ReadOnlySpan<int> KindOfRow => _columns.KindOfRow;

    internal ReadOnlySpan<int> LocalOfOpening => _localOfOpening.AsSpan(0, Openings);

    internal ReadOnlySpan<int> RemoteOfOpening => _remoteOfOpening.AsSpan(0, Openings);

    internal ReadOnlySpan<int> OpeningOfRow
    {
        get
        {
            _links.Follow();
            return _links.OpeningOfRow.AsSpan(0, Rows);
        }
    }

    /// <summary>The port of each opening that its local or remote entry leaves open.</summary>
    internal ReadOnlySpan<int> PortOfOpening
    {
        get
        {
            Span<int> ports = _portOfOpening.AsSpan(0, Openings);
            if (!_columns.TryDecode(EventColumn.Port, ports))
            {
                for (int i = 0; i < ports.Length; i++)
                    ports[i] = (ushort)_columns.OfOpening(_record.Span, EventColumn.Port, i);
            }
            return ports;
        }
    }

    /// <summary>Decompresses a frame into the buffer of this block.</summary>
    internal ReadOnlyMemory<byte> Unpack(in Frame frame) => Lz4Frame.Read(frame, ref _unpacked);

    /// <summary>Loads a record.</summary>
    /// <param name="record">The whole record, which must not change while the block is in use.</param>
    /// <param name="frameBytes">Bytes of the record's frame in the file; they bound the number of rows.</param>
    /// <param name="from">Stands after the kind.</param>
    /// <param name="pairs">How many keys follow.</param>
    /// <param name="caches">The caches of this thread.</param>
    /// <exception cref="BadRecordException">The record cannot be decoded, or breaks a limit.</exception>
    internal void Load(ReadOnlyMemory<byte> record, int frameBytes, ref MessagePackReader from, int pairs, EntryCaches caches)
    {
        Release();
        _record = record;
        int last = -1;
        bool hasColumns = false;
        for (int i = 0; i < pairs; i++)
        {
            string key = RecordReader.ReadString(ref from);
            int place = Array.IndexOf(s_keys, key);
            if (place >= 0 && place <= last) // each key needs those before it
                throw new BadRecordException($"the keys in the order {string.Join(", ", s_keys)}", $"{key} after {s_keys[last]}");
            last = Math.Max(last, place);
            switch (key)
            {
                case "n":
                    Rows = RecordReader.ReadRows(ref from, 1);
                    long most = (long)frameBytes * TraceLimits.RowsPerByte;
                    if (Rows > most)
                        throw new BadRecordException($"at most {most} rows in a frame of {frameBytes} bytes", $"{Rows}");
                    Reserve(Rows);
                    break;
                case "openings":
                    Openings = RecordReader.ReadRows(ref from, 0);
                    break;
                case "clock":
                    Clock = ClockCodec.Read(ref from);
                    break;
                case "d":
                    _dictionaries.Read(ref from, record, Rows, caches);
                    break;
                case "c":
                    _columns.Read(ref from, record, Rows, Openings);
                    hasColumns = true;
                    break;
                default:
                    RecordReader.Skip(ref from);
                    break;
            }
        }
        if (Rows == 0)
            throw new BadRecordException("events", "none");
        if (!hasColumns)
            throw new BadRecordException("columns", "none");
        _links.Decode(_columns, Rows, Openings);
        _columns.DecodeIndexes(EventColumn.Local, Locals.Length, _localOfOpening.AsSpan(0, Openings));
        _columns.DecodeIndexes(EventColumn.Remote, Remotes.Length, _remoteOfOpening.AsSpan(0, Openings));
        if (IsShifted)
        {
            if (_shiftOfRow.Length < Rows)
                _shiftOfRow = new int[_times.Length];
            _columns.DecodeIndexes(EventColumn.Shift, _dictionaries.Shifts.Length, _shiftOfRow.AsSpan(0, Rows));
        }
        if (!_columns.HasFlow) // version 1.0 recorded existing connections without their bytes, and without the flag that says so
            _dictionaries.MarkUncounted();
    }

    /// <summary>Forgets the record, so that its memory can be collected while the object waits for another record.</summary>
    public void Release()
    {
        _record = default;
        _rowsReady = false;
        Rows = Openings = 0;
        Clock = default;
        _dictionaries.Clear();
        _columns.Clear();
    }

    private void Reserve(int rows)
    {
        if (_times.Length >= rows)
            return;
        rows = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)rows);
        _localOfOpening = new int[rows];
        _remoteOfOpening = new int[rows];
        _portOfOpening = new int[rows];
        _times = new long[rows];
        _links.Reserve(rows);
        _columns.Reserve(rows);
    }

    /// <summary>Decodes what rows need. After that several threads may read rows.</summary>
    public void PrepareRows()
    {
        if (_rowsReady)
            return;
        _columns.PrepareRanks();
        _columns.Decode(EventColumn.Timestamp, _times.AsSpan(0, Rows));
        _timestamps = IsShifted ? Unshift() : _times;
        _rowsReady = true;
    }

    /// <summary>Prepares for so many calls of <see cref="Read"/>.</summary>
    internal void PrepareFor(int count)
    {
        const int fewest = 4; // of as many rows, one is read
        PrepareRows();
        if (count >= Rows / fewest)
            _columns.DecodeWide();
    }

    /// <summary>Whether it is of a merged trace: its times are on one clock, and each row says what boot time that was.</summary>
    private bool IsShifted => !_dictionaries.Shifts.IsEmpty;

    private long[] Unshift()
    {
        long[] boot = ReferenceEquals(_timestamps, _times) || _timestamps.Length < _times.Length ? new long[_times.Length] : _timestamps;
        ReadOnlySpan<long> shifts = _dictionaries.Shifts;
        for (int row = 0; row < Rows; row++)
            boot[row] = unchecked(_times[row] - shifts[_shiftOfRow[row]]);
        return boot;
    }

    /// <summary>The number of different local ends.</summary>
    public int LocalEntries => Locals.Length;

    /// <summary>The number of different remote ends.</summary>
    public int RemoteEntries => Remotes.Length;

    /// <summary>Reads the local ends of some rows.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="to">Gets an index below <see cref="LocalEntries"/> for each row.</param>
    public void ReadLocals(ReadOnlySpan<int> rows, Span<int> to) => ReadEnds(LocalOfOpening, rows, to);

    /// <summary>Reads the remote ends of some rows.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="to">Gets an index below <see cref="RemoteEntries"/> for each row.</param>
    public void ReadRemotes(ReadOnlySpan<int> rows, Span<int> to) => ReadEnds(RemoteOfOpening, rows, to);

    private void ReadEnds(ReadOnlySpan<int> endOfOpening, ReadOnlySpan<int> rows, Span<int> to)
    {
        ReadOnlySpan<int> openings = OpeningOfRow;
        for (int i = 0; i < rows.Length; i++)
            to[i] = endOfOpening[openings[rows[i]]];
    }

    /// <summary>The number of different kinds of event.</summary>
    public int KindEntries => Kinds.Length;

    /// <summary>The kind of a row: an index below <see cref="KindEntries"/>.</summary>
    public int KindOf(int row) => KindOfRow[row];

    /// <summary>The operation of a kind.</summary>
    public Operation OperationOf(int kind) => Kinds[kind].Operation;

    /// <summary>Whether events of a kind are ends of connections whose bytes are known.</summary>
    public bool IsCountedEnd(int kind) => TcpEvent.Ends(Kinds[kind].Operation) && (Kinds[kind].Flags & EventFlags.Uncounted) == 0;

    /// <summary>Reads the payload bytes of some rows.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="sent">Gets the bytes that each row's end has sent.</param>
    /// <param name="received">Gets the bytes that each row's end has received.</param>
    public void ReadPayload(ReadOnlySpan<int> rows, Span<long> sent, Span<long> received)
    {
        _columns.PrepareRanks();
        _columns.Read(EventColumn.Sent, rows, sent);
        _columns.Read(EventColumn.Received, rows, received);
    }

    /// <summary>Whether events of a kind are ends by a reset.</summary>
    public bool IsReset(int kind) =>
        TcpEvent.Ends(Kinds[kind].Operation) && Kinds[kind].Reason is Reason.ResetSent or Reason.ResetReceived or Reason.Reset;

    /// <summary>Whether the latency is known of events of a kind, if they are connects.</summary>
    public bool IsTimed(int kind) => (Kinds[kind].Flags & EventFlags.Untimed) == 0;

    /// <summary>Reads how many segments were retransmitted, for some rows.</summary>
    public void ReadRetransmits(ReadOnlySpan<int> rows, Span<long> to)
    {
        _columns.PrepareRanks();
        _columns.Read(EventColumn.Retransmits, rows, to);
    }

    /// <summary>How long after the start of its connection an event was, in nanoseconds; after <see cref="PrepareRows"/>.</summary>
    public long AgeOf(int row) => unchecked(_timestamps[row] - StartOf(_links.OpeningOfRow[row]));

    /// <summary>An event that has only a local end.</summary>
    public TcpEvent ExampleOfLocal(int entry) => new() { Process = Locals[entry].Process, Saddr = Locals[entry].Address };

    /// <summary>An event that has only a remote end.</summary>
    public TcpEvent ExampleOfRemote(int entry) => new() { Daddr = Remotes[entry].Address };

    /// <summary>The number of events of an operation.</summary>
    public int RowsOf(Operation operation)
    {
        int count = 0;
        for (int kind = 0; kind < Kinds.Length; kind++)
            count += Kinds[kind].Operation == operation ? _columns.RowsOfKind[kind] : 0;
        return count;
    }

    /// <summary>When an event happened, in nanoseconds since 1970.</summary>
    public long WallNs(int row)
    {
        PrepareRows();
        return Clock.ToWall(_times[row]);
    }

    /// <summary>The block header that this block should have.</summary>
    public BlockHeader Describe() =>
        Rows < TraceLimits.ZoneMapRows ? DescribeRows() : DescribeRows() with { ZoneMap = DescribeZone() };

    /// <summary>The block header that this block should have, without the zone map.</summary>
    public BlockHeader DescribeRows()
    {
        PrepareRows();
        var summary = new BlockSummary();
        for (int row = 0; row < Rows; row++)
            summary.Add(Kinds[KindOfRow[row]].Operation, _times[row]);
        return summary.ToHeader();
    }

    /// <summary>When the connection of an opening began.</summary>
    internal long StartOf(int opening) =>
        unchecked(_timestamps[_links.RowOfOpening[opening]] - _columns.OfOpening(_record.Span, EventColumn.Age, opening));

    /// <summary>The flow of the connection of an opening; 0: not known.</summary>
    internal ulong FlowOf(int opening) => unchecked((ulong)_columns.OfOpening(_record.Span, EventColumn.Flow, opening));

    private byte[] DescribeZone()
    {
        var zone = new ZoneMap.Builder();
        _dictionaries.AddTo(zone);
        for (int opening = 0; opening < Openings; opening++)
            zone.AddOwnPort((ushort)_columns.OfOpening(_record.Span, EventColumn.Port, opening));
        return zone.Build();
    }

    /// <summary>Reads one event; its workload is not set.</summary>
    public void Read(int row, out TcpEvent e)
    {
        PrepareRows();
        int opening = _links.OpeningOfRow[row];
        ref readonly KindKey kind = ref Kinds[KindOfRow[row]];
        ref readonly BlockDictionaries.LocalEntry local = ref Locals[_localOfOpening[opening]];
        ref readonly BlockDictionaries.RemoteEntry remote = ref Remotes[_remoteOfOpening[opening]];
        ReadOnlySpan<byte> record = _record.Span;
        ushort port = (ushort)_columns.OfOpening(record, EventColumn.Port, opening);
        e = default; // filled in place: an initializer would make a second one, and copy it
        e.TimestampNs = _timestamps[row];
        e.WallNs = Clock.ToWall(_times[row]);
        e.StartNs = StartOf(opening);
        (e.Operation, e.Reason, e.Attribution, e.Flags, e.Error) = (kind.Operation, kind.Reason, kind.Attribution, kind.Flags, kind.Error);
        e.Sport = local.Port < 0 ? port : (ushort)local.Port;
        e.Dport = remote.Port < 0 ? port : (ushort)remote.Port;
        (e.Saddr, e.Daddr, e.Process) = (local.Address, remote.Address, local.Process);
        e.Other = _dictionaries.Other(_columns.OfRow(record, EventColumn.Other, row), local.Process);
        OpeningValues.Give(_columns, record, opening, ref e);
        RowValues.Give(_columns, record, row, ref e);
    }
}
