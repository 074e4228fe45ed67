using MessagePack;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Blocks;

/// <summary>The dictionaries of a block: they hold what many rows share. One object serves block after block.</summary>
internal sealed class BlockDictionaries
{
    private static readonly string[] s_names = ["kind", "process", "address", "other", "local", "remote", "shift"];
    private readonly ReusableArray<ProcessIdentity> _processes = new();
    private readonly ReusableArray<Address> _addresses = new();
    private readonly ReusableArray<ProcessName> _others = new();
    private readonly ReusableArray<KindKey> _kinds = new();
    private readonly ReusableArray<LocalEntry> _locals = new();
    private readonly ReusableArray<RemoteEntry> _remotes = new();
    private readonly ReusableArray<long> _shifts = new();
    private readonly ReusableArray<long>[] _table = [new(), new(), new()];

    /// <summary>An entry of dictionary <c>local</c>: this end of a connection. Port -1: each row has a port of its own.</summary>
    internal readonly record struct LocalEntry(ProcessIdentity Process, Address Address, int Port);

    /// <summary>An entry of dictionary <c>remote</c>: the other end of a connection. Port -1: each row has a port of its own.</summary>
    internal readonly record struct RemoteEntry(Address Address, int Port);

    public ReadOnlySpan<KindKey> Kinds => _kinds.Span;

    public ReadOnlySpan<LocalEntry> Locals => _locals.Span;

    public ReadOnlySpan<RemoteEntry> Remotes => _remotes.Span;

    /// <summary>By how much the times of rows are later than boot time, in a merged trace; none: they are boot time.</summary>
    public ReadOnlySpan<long> Shifts => _shifts.Span;

    /// <summary>Reads all dictionaries of a record.</summary>
    /// <param name="from">Stands before the map of dictionaries.</param>
    /// <param name="record">The whole record, which must not change while the block is in use.</param>
    /// <param name="rows">The number of rows in the block.</param>
    /// <param name="caches">The caches of this thread.</param>
    /// <exception cref="BadRecordException">A dictionary cannot be decoded, breaks a limit, or appears twice.</exception>
    public void Read(ref MessagePackReader from, ReadOnlyMemory<byte> record, int rows, EntryCaches caches)
    {
        uint seen = 0;
        int count = from.ReadMapHeader();
        for (int i = 0; i < count; i++)
        {
            string name = RecordReader.ReadString(ref from);
            if (Array.IndexOf(s_names, name) is >= 0 and var place)
            {
                if ((seen & 1u << place) != 0)
                    throw new BadRecordException($"dictionary {name} once", "twice"); // decoding it again would cost as much again
                seen |= 1u << place;
            }
            switch (name)
            {
                case "kind":
                    foreach (ref KindKey kind in _kinds.Take(RecordReader.ReadCount(ref from, TraceLimits.DictionaryEntries)))
                        kind = ReadKind(ref from);
                    break;
                case "process":
                    caches.Processes.ReadAll(ref from, record, _processes);
                    break;
                case "address":
                    caches.Addresses.ReadAll(ref from, record, _addresses, TraceLimits.Addresses);
                    break;
                case "other":
                    caches.Others.ReadAll(ref from, record, _others);
                    break;
                case "local":
                    Span<LocalEntry> locals = _locals.Take(ReadTable(ref from, record, rows, 3));
                    for (int j = 0; j < locals.Length; j++)
                    {
                        ProcessIdentity process = At(_processes.Span, _table[0].Span[j], "process");
                        Address address = At(_addresses.Span, _table[1].Span[j], "address");
                        locals[j] = new LocalEntry(process, address, Port(_table[2].Span[j]));
                    }
                    break;
                case "remote":
                    Span<RemoteEntry> remotes = _remotes.Take(ReadTable(ref from, record, rows, 2));
                    for (int j = 0; j < remotes.Length; j++)
                        remotes[j] = new RemoteEntry(At(_addresses.Span, _table[0].Span[j], "address"), Port(_table[1].Span[j]));
                    break;
                case "shift":
                    int shifts = RecordReader.ReadCount(ref from, Math.Min(TraceLimits.DictionaryEntries, rows));
                    foreach (ref long shift in _shifts.Take(shifts))
                        shift = RecordReader.ReadInteger(ref from);
                    break;
                default:
                    RecordReader.Skip(ref from);
                    break;
            }
        }
    }

    private static KindKey ReadKind(ref MessagePackReader from)
    {
        const int parts = 5;
        int count = from.ReadArrayHeader();
        if (count < parts)
            throw new BadRecordException($"a kind of {parts} parts", $"{count}");
        var kind = new KindKey(
            (Operation)from.ReadByte(), (Reason)from.ReadByte(), (Attribution)from.ReadByte(), (EventFlags)from.ReadByte(),
            from.ReadUInt16());
        RecordReader.Skip(ref from, count - parts);
        return kind;
    }

    public static Address ReadAddress(ref MessagePackReader from)
    {
        byte[] bytes = RecordReader.ReadBytes(ref from);
        return bytes.Length is 4 or 16
            ? new Address(bytes)
            : throw new BadRecordException("an address of 4 or 16 bytes", $"{bytes.Length}");
    }

    /// <summary>Reads a dictionary whose entries are numbers, stored as columns, into <see cref="_table"/>.</summary>
    /// <returns>The number of entries.</returns>
    private int ReadTable(ref MessagePackReader from, ReadOnlyMemory<byte> record, int rows, int wanted)
    {
        int parts = from.ReadArrayHeader();
        if (parts < wanted + 1)
            throw new BadRecordException($"a table of {wanted} columns", $"{parts - 1}");
        long entries = RecordReader.ReadInteger(ref from);
        int limit = Math.Min(TraceLimits.DictionaryEntries, rows); // a row refers to one entry; more would cost time, but no bytes
        int count = entries >= 0 && entries <= limit
            ? (int)entries
            : throw new BadRecordException($"0 to {limit} entries in a table of {rows} rows", $"{entries}");
        for (int i = 0; i < wanted; i++)
        {
            Span<long> column = _table[i].Take(count);
            column.Clear();
            ColumnCodec.Locate(ref from, _ => count)?.Decode(record, column);
        }
        RecordReader.Skip(ref from, parts - 1 - wanted);
        return count;
    }

    private static T At<T>(ReadOnlySpan<T> entries, long index, string dictionary) => (ulong)index < (ulong)entries.Length
        ? entries[(int)index]
        : throw new BadRecordException($"an index below {entries.Length} into dictionary {dictionary}", $"{index}");

    private static int Port(long port) =>
        port is >= -1 and <= ushort.MaxValue ? (int)port : throw new BadRecordException("a port", $"{port}");

    /// <summary>The actor or listener of a row.</summary>
    /// <param name="index">The value of column <c>other</c>: 0 is nobody, 1 is the owner, others are entries of dictionary
    /// <c>other</c>.</param>
    /// <param name="owner">The owner of the row.</param>
    public ProcessName Other(long index, ProcessIdentity owner) => index switch
    {
        1 => owner.Name,
        > 1 when index - 2 < _others.Span.Length => _others.Span[(int)index - 2],
        _ => ProcessName.None,
    };

    /// <summary>Marks all existing connections as uncounted: version 1.0 did not record their bytes.</summary>
    public void MarkUncounted()
    {
        foreach (ref KindKey kind in _kinds.Take(_kinds.Span.Length))
        {
            if (kind.Operation == Operation.Existing)
                kind = kind with { Flags = kind.Flags | EventFlags.Uncounted };
        }
    }

    /// <summary>Adds all entries to a zone map.</summary>
    public void AddTo(ZoneMap.Builder zone)
    {
        foreach (ProcessIdentity process in _processes.Span)
            zone.Add(process);
        foreach (Address address in _addresses.Span)
            zone.Add(address);
        foreach (LocalEntry local in Locals)
            zone.AddPort(local.Port);
        foreach (RemoteEntry remote in Remotes)
            zone.AddPort(remote.Port);
    }

    public void Clear()
    {
        _processes.Clear();
        _addresses.Clear();
        _others.Clear();
        _kinds.Clear();
        _locals.Clear();
        _remotes.Clear();
        _shifts.Clear();
    }
}
