using TcpTracer.Formats.Events;
using TcpTracer.Formats.Output;
using TcpTracer.Formats.TraceFile;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Replay;

/// <summary>What was added up for one group of events.</summary>
public struct SummaryTotals
{
    /// <summary>Events.</summary>
    public long Events;

    /// <summary>Connections made: connect() and accept().</summary>
    public long Connections;

    /// <summary>connect() that failed.</summary>
    public long Failed;

    /// <summary>Connections that their listener never accepted: neither made nor failed.</summary>
    public long Unaccepted;

    /// <summary>Connections that ended, and whose bytes are known; 0: <see cref="Sent"/> and <see cref="Received"/> say nothing.</summary>
    public long CountedEnds;

    /// <summary>Payload sent by the connections that ended.</summary>
    public ulong Sent;

    /// <summary>Payload received by them.</summary>
    public ulong Received;

    internal void Add(Operation operation, int events = 1)
    {
        Events += events;
        Connections += operation is Operation.Connect or Operation.Accept ? events : 0;
        Failed += operation == Operation.ConnectFailed ? events : 0;
        Unaccepted += operation == Operation.Unaccepted ? events : 0;
    }

    internal void Add(in SummaryTotals other)
    {
        Events += other.Events;
        Connections += other.Connections;
        Failed += other.Failed;
        Unaccepted += other.Unaccepted;
        CountedEnds += other.CountedEnds;
        Sent += other.Sent;
        Received += other.Received;
    }
}

/// <summary>
/// Adds up events by some of their fields. Where the fields belong to one end of a connection, it adds up by dictionary entry and makes the
/// text of a group once for each entry of a block; else once for each event.
/// </summary>
/// <param name="by">The fields.</param>
public sealed class TraceSummary(IReadOnlyList<Field> by) : IBlockConsumer
{
    private readonly Dictionary<string, Group> _groups = [];
    private readonly Dictionary<EntryKey, Group> _groupOfEntry = [];
    private readonly FieldScope _scope = by.All(f => f.Scope == FieldScope.Remote) ? FieldScope.Remote : by.All(f => f.Scope == FieldScope.Local) ? FieldScope.Local : FieldScope.Event;
    private readonly TextBuffer _text = new();
    private SummaryTotals[] _ofEntry = [];
    private int[] _entryOf = [], _counts = [];
    private long[] _sent = [], _received = [], _ofEnd = [];

    /// <summary>Between the fields of a group's name.</summary>
    public const char Separator = '\t';

    /// <summary>The groups and their totals.</summary>
    public IReadOnlyDictionary<string, SummaryTotals> Groups => _groups.ToDictionary(g => g.Key, g => g.Value.Totals);

    /// <summary>Takes over what another worker added up.</summary>
    public void Add(TraceSummary other)
    {
        foreach ((string name, Group group) in other._groups)
            GroupOf(name).Totals.Add(in group.Totals);
    }

    /// <summary>Lets go of the smallest groups, where their names take more than so many characters.</summary>
    internal void KeepLargest(int characters)
    {
        if (_groups.Keys.Sum(g => (long)g.Length) <= characters)
            return;
        long left = characters / 2; // so that it is not to be done again at once
        foreach ((string name, _) in _groups.OrderByDescending(g => g.Value.Totals.Events).ToList())
        {
            left -= name.Length;
            if (left < 0)
                _groups.Remove(name);
        }
        _groupOfEntry.Clear();
    }

    /// <inheritdoc/>
    public void OnRows(EventBlock block, ReadOnlySpan<int> rows, WorkloadView view)
    {
        const int plenty = 16; // of kinds: counters are kept for each of each entry
        if (_scope == FieldScope.Event || block.KindEntries > plenty)
            AddByEvent(block, rows, view);
        else
            AddByEntry(block, rows, view);
    }

    private void AddByEvent(EventBlock block, ReadOnlySpan<int> rows, WorkloadView view)
    {
        foreach (int row in rows)
        {
            block.Read(row, out TcpEvent e);
            e.NameBy(view);
            SummaryTotals totals = e is { IsEnd: true, IsCounted: true } ? new SummaryTotals { CountedEnds = 1, Sent = e.Sent, Received = e.Received } : default;
            totals.Add(e.Operation);
            GroupOf(NameOf(in e)).Totals.Add(in totals);
        }
    }

    private void AddByEntry(EventBlock block, ReadOnlySpan<int> rows, WorkloadView view)
    {
        int entries = _scope == FieldScope.Local ? block.LocalEntries : block.RemoteEntries;
        Reserve(block.Rows, entries, block.KindEntries);
        if (_scope == FieldScope.Local)
            block.ReadLocals(rows, _entryOf);
        else
            block.ReadRemotes(rows, _entryOf);
        block.ReadPayload(rows, _sent, _received);
        int kinds = block.KindEntries;
        for (int kind = 0; kind < kinds; kind++)
            _ofEnd[kind] = block.IsCountedEnd(kind) ? -1 : 0; // what is told before the end is told there again
        Span<int> counts = _counts, entryOf = _entryOf;
        Span<SummaryTotals> ofEntry = _ofEntry;
        Span<long> ofEnd = _ofEnd;
        for (int i = 0; i < rows.Length; i++)
        {
            int entry = entryOf[i];
            int kind = block.KindOf(rows[i]);
            counts[entry * kinds + kind]++;
            ref SummaryTotals totals = ref ofEntry[entry];
            totals.Sent += (ulong)(_sent[i] & ofEnd[kind]);
            totals.Received += (ulong)(_received[i] & ofEnd[kind]);
        }
        for (int entry = 0; entry < entries; entry++)
        {
            ref SummaryTotals totals = ref _ofEntry[entry];
            for (int kind = 0; kind < kinds; kind++)
            {
                totals.Add(block.OperationOf(kind), counts[entry * kinds + kind]);
                totals.CountedEnds -= ofEnd[kind] * counts[entry * kinds + kind];
            }
            if (totals.Events > 0)
                GroupOf(block, entry, view).Totals.Add(in totals);
        }
    }

    private void Reserve(int rows, int entries, int kinds)
    {
        if (_entryOf.Length < rows)
            (_entryOf, _sent, _received) = (new int[rows], new long[rows], new long[rows]);
        if (_ofEntry.Length < entries)
            _ofEntry = new SummaryTotals[entries];
        if (_counts.Length < entries * kinds)
            _counts = new int[entries * kinds];
        if (_ofEnd.Length < kinds)
            _ofEnd = new long[kinds];
        Array.Clear(_ofEntry);
        Array.Clear(_counts);
    }

    /// <summary>
    /// The group of a dictionary entry. The same few objects come in block after block: their group is remembered, so that its name is
    /// made once.
    /// </summary>
    private Group GroupOf(EventBlock block, int entry, WorkloadView view)
    {
        const int plenty = 8_192;
        TcpEvent e = _scope == FieldScope.Local ? block.ExampleOfLocal(entry) : block.ExampleOfRemote(entry);
        e.Workload = e.Process is null ? view.Host : view.Of(e.Process);
        var key = new EntryKey(e.Process, e.Saddr ?? e.Daddr, e.Workload);
        if (_groupOfEntry.TryGetValue(key, out Group? known))
            return known;
        if (_groupOfEntry.Count >= plenty)
            _groupOfEntry.Clear();
        return _groupOfEntry[key] = GroupOf(NameOf(in e));
    }

    private Group GroupOf(string name)
    {
        ref Group? group = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_groups, name, out _);
        return group ??= new Group();
    }

    private sealed class Group
    {
        public SummaryTotals Totals;
    }

    /// <summary>A dictionary entry by its very objects, which is quicker than by their values.</summary>
    private readonly struct EntryKey(ProcessIdentity? process, Address address, Workload workload) : IEquatable<EntryKey>
    {
        private readonly ProcessIdentity? _process = process;
        private readonly Address _address = address;
        private readonly Workload _workload = workload;

        public bool Equals(EntryKey other) =>
            ReferenceEquals(_process, other._process) && ReferenceEquals(_address, other._address) && ReferenceEquals(_workload, other._workload);

        public override bool Equals(object? obj) => obj is EntryKey other && Equals(other);

        public override int GetHashCode() => HashCode.Combine(_process?.Pid, _address);
    }

    private string NameOf(in TcpEvent e)
    {
        _text.Clear();
        foreach (Field field in by)
        {
            if (_text.Length > 0 || field != by[0])
                _text.Append((byte)Separator);
            if (field.Applies is null || field.Applies(in e))
                field.Text(_text, in e);
        }
        return System.Text.Encoding.UTF8.GetString(_text.Written);
    }
}
