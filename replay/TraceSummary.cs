using TcpTracer.Formats.Events;
using TcpTracer.Formats.Output;
using TcpTracer.Formats.TraceFile;

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

    /// <summary>Payload sent by the connections that ended.</summary>
    public ulong Sent;

    /// <summary>Payload received by them.</summary>
    public ulong Received;

    internal void Add(Operation operation)
    {
        Events++;
        Connections += operation is Operation.Connect or Operation.Accept ? 1 : 0;
        Failed += operation == Operation.ConnectFailed ? 1 : 0;
    }

    internal void Add(in SummaryTotals other)
    {
        Events += other.Events;
        Connections += other.Connections;
        Failed += other.Failed;
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
    private readonly Dictionary<string, SummaryTotals> _groups = [];
    private readonly FieldScope _scope = by.All(f => f.Scope == FieldScope.Remote) ? FieldScope.Remote : by.All(f => f.Scope == FieldScope.Local) ? FieldScope.Local : FieldScope.Event;
    private readonly TextBuffer _text = new();
    private SummaryTotals[] _ofEntry = [];

    /// <summary>Between the fields of a group's name.</summary>
    public const char Separator = '\t';

    /// <summary>The groups and their totals.</summary>
    public IReadOnlyDictionary<string, SummaryTotals> Groups => _groups;

    /// <summary>Takes over what another worker added up.</summary>
    public void Add(TraceSummary other)
    {
        foreach ((string name, SummaryTotals totals) in other._groups)
            AddTo(name, in totals);
    }

    /// <inheritdoc/>
    public void OnRows(EventBlock block, ReadOnlySpan<int> rows, Workload workload)
    {
        if (_scope == FieldScope.Event)
            AddByEvent(block, rows, workload);
        else
            AddByEntry(block, rows, workload);
    }

    private void AddByEvent(EventBlock block, ReadOnlySpan<int> rows, Workload workload)
    {
        foreach (int row in rows)
        {
            block.Read(row, out TcpEvent e);
            e.Workload = workload;
            var totals = new SummaryTotals { Sent = e.Sent, Received = e.Received };
            totals.Add(e.Operation);
            AddTo(NameOf(in e), in totals);
        }
    }

    private void AddByEntry(EventBlock block, ReadOnlySpan<int> rows, Workload workload)
    {
        int entries = _scope == FieldScope.Local ? block.LocalEntries : block.RemoteEntries;
        if (_ofEntry.Length < entries)
            _ofEntry = new SummaryTotals[entries];
        _ofEntry.AsSpan(0, entries).Clear();
        foreach (int row in rows)
        {
            ref SummaryTotals totals = ref _ofEntry[_scope == FieldScope.Local ? block.LocalOf(row) : block.RemoteOf(row)];
            Operation operation = block.OperationOf(row);
            totals.Add(operation);
            if (operation is Operation.Close or Operation.Unknown)
            {
                (ulong sent, ulong received) = block.BytesOf(row);
                totals.Sent += sent;
                totals.Received += received;
            }
        }
        for (int entry = 0; entry < entries; entry++)
        {
            if (_ofEntry[entry].Events == 0)
                continue;
            TcpEvent e = _scope == FieldScope.Local ? block.ExampleOfLocal(entry) : block.ExampleOfRemote(entry);
            e.Workload = workload;
            AddTo(NameOf(in e), in _ofEntry[entry]);
        }
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

    private void AddTo(string name, in SummaryTotals totals) =>
        System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_groups, name, out _).Add(in totals);
}
