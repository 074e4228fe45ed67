using MessagePack;
using TcpTracer.Formats.Events;

namespace TcpTracer.Formats.TraceFile;

/// <summary>
/// One record of events, read alone. A column is decoded when it is first asked for, so that a filter on one does not pay for the others.
/// Twin of <see cref="EventBlockBuilder"/>.
/// </summary>
public sealed class EventBlock
{
    private readonly ReadOnlyMemory<byte> _record;
    private readonly ColumnCodec.Located?[] _columns = new ColumnCodec.Located?[(int)EventColumn.Count];
    private readonly long[]?[] _decoded = new long[]?[(int)EventColumn.Count];
    private ProcessIdentity[] _processes = [];
    private Address[] _addresses = [];
    private ProcessName[] _others = [];

    internal EventBlock(ReadOnlyMemory<byte> record, ref MessagePackReader from, int pairs)
    {
        _record = record;
        for (int i = 0; i < pairs; i++)
            ReadPart(ref from, RecordReader.ReadString(ref from));
    }

    /// <summary>How many events.</summary>
    public int Rows { get; private set; }

    /// <summary>The clock in force.</summary>
    public ClockSample Clock { get; private set; }

    /// <summary>Columns of an encoding that this version does not know; they read as 0.</summary>
    public IReadOnlyList<string> UnknownEncodings { get; private set; } = [];

    private void ReadPart(ref MessagePackReader from, string key)
    {
        switch (key)
        {
            case "n":
                long rows = RecordReader.ReadInteger(ref from);
                Rows = rows is > 0 and <= TraceLimits.Rows ? (int)rows : throw new BadRecordException($"1 to {TraceLimits.Rows} events", $"{rows}");
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

    private void ReadColumns(ref MessagePackReader from)
    {
        int count = from.ReadMapHeader();
        for (int i = 0; i < count; i++)
        {
            string name = RecordReader.ReadString(ref from);
            if (EventColumns.Parse(name) is not { } column)
            {
                RecordReader.Skip(ref from);
                continue;
            }
            _columns[(int)column] = ColumnCodec.Locate(ref from, Rows);
            if (_columns[(int)column] is null)
                UnknownEncodings = [.. UnknownEncodings, name];
        }
    }

    private void ReadDictionaries(ref MessagePackReader from)
    {
        int count = from.ReadMapHeader();
        for (int i = 0; i < count; i++)
        {
            switch (RecordReader.ReadString(ref from))
            {
                case "process":
                    _processes = new ProcessIdentity[RecordReader.ReadCount(ref from, TraceLimits.DictionaryEntries)];
                    for (int j = 0; j < _processes.Length; j++)
                        _processes[j] = ReadProcess(ref from);
                    break;
                case "address":
                    _addresses = new Address[RecordReader.ReadCount(ref from, TraceLimits.DictionaryEntries)];
                    for (int j = 0; j < _addresses.Length; j++)
                        _addresses[j] = ReadAddress(ref from);
                    break;
                case "other":
                    _others = new ProcessName[RecordReader.ReadCount(ref from, TraceLimits.DictionaryEntries)];
                    for (int j = 0; j < _others.Length; j++)
                        _others[j] = ReadName(ref from);
                    break;
                default:
                    RecordReader.Skip(ref from);
                    break;
            }
        }
    }

    private static ProcessIdentity ReadProcess(ref MessagePackReader from)
    {
        const int parts = 12;
        int count = from.ReadArrayHeader();
        if (count < parts)
            throw new BadRecordException($"a process of {parts} parts", $"{count}");
        uint pid = ReadUInt32(ref from), tid = ReadUInt32(ref from), uid = ReadUInt32(ref from), gid = ReadUInt32(ref from), parent = ReadUInt32(ref from);
        var comm = new SafeText(RecordReader.ReadBytes(ref from));
        var parentComm = new SafeText(RecordReader.ReadBytes(ref from));
        var process = new ProcessIdentity(pid, tid, uid, gid, parent, comm, parentComm, ReadUInt32(ref from),
            unchecked((ulong)RecordReader.ReadInteger(ref from)), ReadUInt32(ref from),
            unchecked((ulong)RecordReader.ReadInteger(ref from)), unchecked((ulong)RecordReader.ReadInteger(ref from)));
        RecordReader.Skip(ref from, count - parts);
        return process;
    }

    private static Address ReadAddress(ref MessagePackReader from)
    {
        byte[] bytes = RecordReader.ReadBytes(ref from);
        return bytes.Length is 4 or 16 ? new Address(bytes) : throw new BadRecordException("an address of 4 or 16 bytes", $"{bytes.Length}");
    }

    private static ProcessName ReadName(ref MessagePackReader from)
    {
        const int parts = 2;
        int count = from.ReadArrayHeader();
        if (count < parts)
            throw new BadRecordException($"a process name of {parts} parts", $"{count}");
        var name = new ProcessName(ReadUInt32(ref from), new SafeText(RecordReader.ReadBytes(ref from)));
        RecordReader.Skip(ref from, count - parts);
        return name;
    }

    private static uint ReadUInt32(ref MessagePackReader from)
    {
        long value = RecordReader.ReadInteger(ref from);
        return value is >= 0 and <= uint.MaxValue ? (uint)value : throw new BadRecordException("a number of 32 bits", $"{value}");
    }

    private ReadOnlySpan<long> Column(EventColumn column)
    {
        long[]? values = _decoded[(int)column];
        if (values is null)
        {
            values = new long[Rows];
            if (_columns[(int)column] is { } located)
                ColumnCodec.Decode(located, _record, values);
            _decoded[(int)column] = values;
        }
        return values;
    }

    /// <summary>Checks what could not be checked before the columns are decoded: that every index points into its dictionary.</summary>
    internal void Validate()
    {
        if (Rows == 0)
            throw new BadRecordException("events", "none");
        CheckIndexes(EventColumn.Process, _processes.Length);
        CheckIndexes(EventColumn.Saddr, _addresses.Length);
        CheckIndexes(EventColumn.Daddr, _addresses.Length);
        CheckIndexes(EventColumn.Other, _others.Length);
    }

    private void CheckIndexes(EventColumn column, int length)
    {
        foreach (long index in Column(column))
        {
            if ((ulong)index >= (ulong)length)
                throw new BadRecordException($"an index below {length} in column {EventColumns.NameOf(column)}", $"{index}");
        }
    }

    /// <summary>One event, but for its workload.</summary>
    public void Read(int row, out TcpEvent e)
    {
        long timestamp = Column(EventColumn.Timestamp)[row];
        e = new TcpEvent
        {
            TimestampNs = timestamp,
            WallNs = Clock.ToWall(timestamp),
            StartNs = unchecked(timestamp - Column(EventColumn.Age)[row]),
            StartCpu = (uint)Column(EventColumn.StartCpu)[row],
            Operation = (Operation)Column(EventColumn.Operation)[row],
            Reason = (Reason)Column(EventColumn.Reason)[row],
            Attribution = (Attribution)Column(EventColumn.Attribution)[row],
            Flags = (EventFlags)Column(EventColumn.Flags)[row],
            Error = (ushort)Column(EventColumn.Error)[row],
            Sport = (ushort)Column(EventColumn.Sport)[row],
            Dport = (ushort)Column(EventColumn.Dport)[row],
            Fd = (int)Column(EventColumn.Fd)[row],
            Saddr = _addresses[Column(EventColumn.Saddr)[row]],
            Daddr = _addresses[Column(EventColumn.Daddr)[row]],
            Process = _processes[Column(EventColumn.Process)[row]],
            Other = _others[Column(EventColumn.Other)[row]],
            Sent = unchecked((ulong)Column(EventColumn.Sent)[row]),
            Received = unchecked((ulong)Column(EventColumn.Received)[row]),
            Retransmits = (uint)Column(EventColumn.Retransmits)[row],
            SrttUs = (uint)Column(EventColumn.Srtt)[row],
        };
    }
}
