using MessagePack;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Blocks;

/// <summary>
/// One record of events, read alone. Loading finds and checks; what only rows need is decoded when the first row is asked for. One object
/// serves many records in turn. Twin of <see cref="EventBlockBuilder"/>.
/// </summary>
public sealed class EventBlock
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
    private long[] _timestamps = [];
    private bool _rowsReady;

    /// <summary>An empty one.</summary>
    public EventBlock() => _columns = new BlockColumns(_dictionaries, _links);

    /// <summary>How many events.</summary>
    public int Rows { get; private set; }

    /// <summary>The clock in force.</summary>
    public ClockSample Clock { get; private set; }

    /// <summary>Columns of an encoding that this version does not know; they read as 0.</summary>
    public IReadOnlyList<string> UnknownEncodings => _columns.UnknownEncodings;

    /// <summary>Connections: the first row of each lays it down.</summary>
    internal int Openings { get; private set; }

    internal ReadOnlySpan<BlockDictionaries.KindEntry> Kinds => _dictionaries.Kinds;

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

    /// <summary>The port of each opening.</summary>
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
        bool hasColumns = false;
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
        if (!_columns.HasFlow) // before version 1.1 a connection older than the recorder came without its bytes, and without the flag that says so
            _dictionaries.MarkUncounted();
    }

    /// <summary>Lets go of the record, for who keeps the object for another.</summary>
    public void Release()
    {
        _record = default;
        _rowsReady = false;
        Rows = Openings = 0;
        Clock = default;
        _dictionaries.Clear();
        _columns.Clear();
    }

    private static int ReadCount(ref MessagePackReader from, int least)
    {
        long rows = RecordReader.ReadInteger(ref from);
        return rows >= least && rows <= TraceLimits.Rows ? (int)rows : throw new BadRecordException($"{least} to {TraceLimits.Rows} rows", $"{rows}");
    }

    private void Reserve(int rows)
    {
        if (_timestamps.Length >= rows)
            return;
        rows = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)rows);
        _localOfOpening = new int[rows];
        _remoteOfOpening = new int[rows];
        _portOfOpening = new int[rows];
        _timestamps = new long[rows];
        _links.Reserve(rows);
        _columns.Reserve(rows);
    }

    /// <summary>Once this is done, any thread may read rows.</summary>
    public void PrepareRows()
    {
        if (_rowsReady)
            return;
        _columns.PrepareRanks();
        _columns.Decode(EventColumn.Timestamp, _timestamps.AsSpan(0, Rows));
        _rowsReady = true;
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
    public int KindOf(int row) => KindOfRow[row];

    /// <summary>The operation of a kind.</summary>
    public Operation OperationOf(int kind) => Kinds[kind].Operation;

    /// <summary>Whether events of a kind are ends whose bytes are known.</summary>
    public bool IsCountedEnd(int kind) => TcpEvent.Ends(Kinds[kind].Operation) && (Kinds[kind].Flags & EventFlags.Uncounted) == 0;

    /// <summary>The payload of some rows, sent and received.</summary>
    public void ReadPayload(ReadOnlySpan<int> rows, Span<long> sent, Span<long> received)
    {
        _columns.PrepareRanks();
        _columns.Read(EventColumn.Sent, rows, sent);
        _columns.Read(EventColumn.Received, rows, received);
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
            count += Kinds[kind].Operation == operation ? _columns.RowsOfKind[kind] : 0;
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
            summary.Add(Kinds[KindOfRow[row]].Operation, _timestamps[row]);
        return summary.ToHeader();
    }

    private byte[] DescribeZone()
    {
        var zone = new ZoneMap.Builder();
        _dictionaries.AddTo(zone);
        for (int opening = 0; opening < Openings; opening++)
            zone.AddOwnPort((ushort)_columns.OfOpening(_record.Span, EventColumn.Port, opening));
        return zone.Build();
    }

    /// <summary>One event, but for its workload.</summary>
    public void Read(int row, out TcpEvent e)
    {
        PrepareRows();
        int opening = _links.OpeningOfRow[row];
        ref readonly BlockDictionaries.KindEntry kind = ref Kinds[KindOfRow[row]];
        ref readonly BlockDictionaries.LocalEntry local = ref Locals[_localOfOpening[opening]];
        ref readonly BlockDictionaries.RemoteEntry remote = ref Remotes[_remoteOfOpening[opening]];
        ReadOnlySpan<byte> record = _record.Span;
        ushort port = (ushort)_columns.OfOpening(record, EventColumn.Port, opening);
        e = new TcpEvent
        {
            TimestampNs = _timestamps[row],
            WallNs = Clock.ToWall(_timestamps[row]),
            StartNs = unchecked(_timestamps[_links.RowOfOpening[opening]] - _columns.OfOpening(record, EventColumn.Age, opening)),
            Operation = kind.Operation,
            Reason = kind.Reason,
            Attribution = kind.Attribution,
            Flags = kind.Flags,
            Error = kind.Error,
            Sport = local.Port < 0 ? port : (ushort)local.Port,
            Dport = remote.Port < 0 ? port : (ushort)remote.Port,
            Saddr = local.Address,
            Daddr = remote.Address,
            Process = local.Process,
            Other = _dictionaries.Other(_columns.OfRow(record, EventColumn.Other, row), local.Process),
        };
        OpeningValues.Give(_columns, record, opening, ref e);
        RowValues.Give(_columns, record, row, ref e);
    }
}
