using System.Runtime.CompilerServices;
using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Calls;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Replay.Summaries;

/// <summary>
/// Adds up events by some of their fields, or connections by theirs. Where the fields of events belong to one end of a connection, it adds
/// up by dictionary entry and makes the text of a group once for each entry of a block; else once for each event.
/// </summary>
/// <param name="by">The fields.</param>
/// <param name="everyNs">
/// Into which intervals the time is cut, in nanoseconds: the beginning of its interval is the first part of a group's name. null: none.
/// </param>
public sealed class TraceSummary(IReadOnlyList<Field> by, long? everyNs = null) : IBlockConsumer, IDisposable
{
    /// <summary>Groups that take more memory than this, in all, go to a file.</summary>
    public const long DefaultMostBytes = 12 << 20;

    private const int GroupBytes = 208, SpilledByteCosts = 8;
    private readonly Dictionary<string, Group> _groups = [];
    private readonly Dictionary<EntryKey, Group> _groupOfEntry = [];
    private readonly FieldScope _scope =
        everyNs is not null ? FieldScope.Event
        : by.All(f => f.Scope == FieldScope.Remote) ? FieldScope.Remote
        : by.All(f => f.Scope == FieldScope.Local) ? FieldScope.Local
        : FieldScope.Event;
    private readonly TextBuffer _text = new();
    private SummaryTotals[] _ofEntry = [];
    private int[] _entryOf = [], _counts = [];
    private long[] _sent = [], _received = [], _retransmits = [], _ofEnd = [], _ofRetransmits = [], _first = [], _last = [];
    private readonly List<(long Ns, int Next)> _latencies = []; // of a block, as a chain for each entry
    private int[] _latestLatency = [];
    private long _bytes;

    /// <summary>Between the fields of a group's name.</summary>
    public const char Separator = '\t';

    /// <summary>How much memory the groups may take, about; null: any. What is more goes to a file.</summary>
    public long? MostBytes { get; init; }

    /// <summary>How much may be made of the traces; shared by all workers.</summary>
    public Allowance Allowance { get; init; } = new();

    /// <summary>Names of groups that were made.</summary>
    internal long NamesMade { get; private set; }

    /// <summary>What went to a file; null: nothing.</summary>
    internal GroupRuns? Spilled { get; private set; }

    /// <summary>About how much memory a group takes.</summary>
    internal static long BytesOf(string name) => GroupBytes + sizeof(char) * (long)name.Length;

    /// <summary>Puts the groups into a file, and begins anew.</summary>
    internal void Spill()
    {
        Spilled ??= new GroupRuns();
        KeyValuePair<string, SummaryTotals>[] run = [.. _groups.Select(g => KeyValuePair.Create(g.Key, g.Value.Totals))];
        Array.Sort(run, SummaryGroups.ByName);
        GarbageBudget.Add(_bytes);
        long before = Spilled.Bytes;
        Spilled.Add(run);
        Allowance.Take((Spilled.Bytes - before) * SpilledByteCosts);
        _groups.Clear();
        _groupOfEntry.Clear();
        _bytes = 0;
    }

    /// <inheritdoc/>
    public void Dispose() => Spilled?.Dispose();

    /// <summary>The groups and their totals, but for those in a file.</summary>
    public IReadOnlyDictionary<string, SummaryTotals> Groups => _groups.ToDictionary(g => g.Key, g => g.Value.Totals);

    /// <summary>Takes over what another worker added up.</summary>
    public void Add(TraceSummary other)
    {
        foreach ((string name, Group group) in other._groups)
            Named(name).Totals.Add(in group.Totals);
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
        _bytes = 0; // nobody asks
        _groupOfEntry.Clear();
    }

    /// <inheritdoc/>
    public void OnRows(EventBlock block, ReadOnlySpan<int> rows, WorkloadView view)
    {
        if (_scope == FieldScope.Event)
            AddByEvent(block, rows, view);
        else
            AddByEntry(block, rows, view);
    }

    /// <summary>Adds a row of a connection.</summary>
    public void AddConnection(in TcpEvent row)
    {
        if (NameOf(in row) is not { } name)
            return;
        Group group = Named(name);
        group.Totals.AddConnection(in row);
        ref readonly TcpEvent opening = ref row.Connection!.Near.Opening;
        if (opening is { Operation: Operation.Connect, IsTimed: true })
            AddLatency(group, (long)opening.AgeNs);
    }

    private void AddByEvent(EventBlock block, ReadOnlySpan<int> rows, WorkloadView view)
    {
        foreach (int row in rows)
        {
            block.Read(row, out TcpEvent e);
            e.NameBy(view);
            if (NameOf(in e) is not { } name)
                return;
            Group group = Named(name);
            group.Totals.Add(in e);
            if (e.Operation == Operation.Connect && (e.Flags & EventFlags.Untimed) == 0)
                AddLatency(group, e.TimestampNs - e.StartNs);
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
        block.ReadRetransmits(rows, _retransmits);
        block.PrepareRows();
        int kinds = block.KindEntries;
        bool counted = kinds <= FewKinds;
        for (int kind = 0; kind < kinds; kind++)
        {
            _ofEnd[kind] = block.IsCountedEnd(kind) ? -1 : 0; // what is told before the end is told there again
            _ofRetransmits[kind] = block.OperationOf(kind) == Operation.ConnectFailed ? -1 : _ofEnd[kind];
        }
        Span<int> counts = _counts, entryOf = _entryOf;
        Span<SummaryTotals> ofEntry = _ofEntry;
        Span<long> ofEnd = _ofEnd, ofRetransmits = _ofRetransmits, first = _first, last = _last;
        _latencies.Clear();
        for (int i = 0; i < rows.Length; i++)
        {
            int entry = entryOf[i], kind = block.KindOf(rows[i]);
            ref SummaryTotals totals = ref ofEntry[entry];
            if (counted)
            {
                counts[entry * kinds + kind]++;
            }
            else
            {
                AddKind(ref totals, block, kind, 1);
            }
            totals.Sent += (ulong)(_sent[i] & ofEnd[kind]);
            totals.Received += (ulong)(_received[i] & ofEnd[kind]);
            totals.Retransmits += (uint)(_retransmits[i] & ofRetransmits[kind]);
            long wallNs = block.WallNs(rows[i]);
            first[entry] = Math.Min(first[entry], wallNs);
            last[entry] = Math.Max(last[entry], wallNs);
            if (block.OperationOf(kind) == Operation.Connect && block.IsTimed(kind))
            {
                _latencies.Add((block.AgeOf(rows[i]), _latestLatency[entry]));
                _latestLatency[entry] = _latencies.Count - 1;
            }
        }
        for (int entry = 0; entry < entries; entry++)
        {
            ref SummaryTotals totals = ref _ofEntry[entry];
            Span<int> ofKind = counted ? counts.Slice(entry * kinds, kinds) : [];
            if (ofKind.ContainsAnyExcept(0))
            {
                for (int kind = 0; kind < ofKind.Length; kind++)
                {
                    AddKind(ref totals, block, kind, ofKind[kind]);
                }
            }
            if (totals.Events == 0)
                continue;
            if (GroupOf(block, entry, view) is not { } group)
                return;
            (totals.FirstNs, totals.LastNs) = (first[entry], last[entry]);
            group.Totals.Add(in totals);
            for (int i = _latestLatency[entry]; i >= 0; i = _latencies[i].Next)
                AddLatency(group, _latencies[i].Ns);
        }
    }

    private void AddKind(ref SummaryTotals totals, EventBlock block, int kind, int events)
    {
        totals.Add(block.OperationOf(kind), events);
        totals.CountedEnds -= _ofEnd[kind] * events;
        totals.Resets += block.IsReset(kind) ? events : 0;
    }

    private void AddLatency(Group group, long ns)
    {
        ValueSketch sketch = group.Totals.Latencies ??= new ValueSketch();
        int before = sketch.Count == 0 ? 0 : sketch.Bytes;
        sketch.Add((ulong)Math.Max(0, ns));
        _bytes += sketch.Bytes - before;
    }

    private const int FewKinds = 16; // for so many, counters are kept for each of each entry

    private void Reserve(int rows, int entries, int kinds)
    {
        if (_entryOf.Length < rows)
            (_entryOf, _sent, _received, _retransmits) = (new int[rows], new long[rows], new long[rows], new long[rows]);
        if (_ofEntry.Length < entries)
            (_ofEntry, _latestLatency) = (new SummaryTotals[entries], new int[entries]);
        if (_first.Length < entries)
            (_first, _last) = (new long[entries], new long[entries]);
        int counters = kinds <= FewKinds ? entries * kinds : 0;
        if (_counts.Length < counters)
            _counts = new int[counters];
        if (_ofEnd.Length < kinds)
            (_ofEnd, _ofRetransmits) = (new long[kinds], new long[kinds]);
        Array.Clear(_ofEntry, 0, entries);
        Array.Clear(_counts, 0, counters);
        Array.Fill(_latestLatency, -1, 0, entries);
        Array.Fill(_first, long.MaxValue, 0, entries);
        Array.Fill(_last, long.MinValue, 0, entries);
    }

    /// <summary>
    /// The group of a dictionary entry. The same few objects come in block after block: their group is remembered, so that its name is
    /// made once.
    /// </summary>
    private Group? GroupOf(EventBlock block, int entry, WorkloadView view)
    {
        const int plenty = 8_192;
        TcpEvent e = _scope == FieldScope.Local ? block.ExampleOfLocal(entry) : block.ExampleOfRemote(entry);
        e.Workload = e.Process is null ? view.Host : view.Of(e.Process);
        var key = new EntryKey(e.Process, e.Saddr ?? e.Daddr, e.Workload);
        if (_groupOfEntry.TryGetValue(key, out Group? known))
            return known;
        if (NameOf(in e) is not { } name)
            return null;
        if (_groupOfEntry.Count >= plenty)
            _groupOfEntry.Clear();
        return _groupOfEntry[key] = Named(name);
    }

    private Group Named(string name)
    {
        if (_bytes > MostBytes)
            Spill();
        ref Group? group = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_groups, name, out bool isKnown);
        _bytes += isKnown ? 0 : BytesOf(name);
        return group ??= new Group();
    }

    private sealed class Group
    {
        public SummaryTotals Totals;
    }

    /// <summary>A dictionary entry by its very objects, which is quicker than by their values.</summary>
    internal readonly struct EntryKey(ProcessIdentity? process, Address address, Workload workload) : IEquatable<EntryKey>
    {
        private readonly ProcessIdentity? _process = process;
        private readonly Address _address = address;
        private readonly Workload _workload = workload;

        public bool Equals(EntryKey other) =>
            ReferenceEquals(_process, other._process)
            && ReferenceEquals(_address, other._address)
            && ReferenceEquals(_workload, other._workload);

        public override bool Equals(object? obj) => obj is EntryKey other && Equals(other);

        // By the objects, too: a stranger can say the same process as often as he likes, each time a little different
        public override int GetHashCode() => HashCode.Combine(RuntimeHelpers.GetHashCode(_process), RuntimeHelpers.GetHashCode(_address));
    }

    /// <summary>The name of an event's group; null: a trace of this length may not make more names.</summary>
    private string? NameOf(in TcpEvent e)
    {
        if (Allowance.IsSpent)
            return null;
        _text.Clear();
        if (everyNs is { } every)
            _text.AppendTimestamp(e.RowNs - (e.RowNs % every + every) % every);
        foreach (Field field in by)
        {
            if (_text.Length > 0 || field != by[0])
                _text.Append((byte)Separator);
            if (field.Applies is null || field.Applies(in e))
                field.Text(_text, in e);
        }
        NamesMade++;
        return Allowance.Take(Allowance.OfEvent + _text.Length + _text.Effort) ? System.Text.Encoding.UTF8.GetString(_text.Written) : null;
    }
}
