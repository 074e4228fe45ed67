using System.Diagnostics.CodeAnalysis;
using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Replay.Summaries;

/// <summary>
/// Who talks most and to whom, by a sample: some blocks at places spread evenly over the file, so that a large one is not read for it. A
/// short file is all in it.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "Its summaries keep the largest groups only, and so open no file.")]
public sealed class TopTalkers
{
    private const int Places = 8, RowsAtPlace = TraceLimits.WriterRows, KeptCharacters = 1 << 20;
    private readonly Allowance _allowance = new();
    private readonly TraceSummary _owners, _remotes;
    private readonly long _length;
    private int[] _rows = [];
    private int _place, _rowsHere;

    /// <param name="length">Of the file; null: not known, it is a pipe. Then the sample is its beginning.</param>
    internal TopTalkers(long? length)
    {
        _length = length ?? 0;
        _owners = new TraceSummary([Fields.Find("namespace"), Fields.Find("pod"), Fields.Find("comm")]) { Allowance = _allowance };
        _remotes = new TraceSummary([Fields.Find("daddr")]) { Allowance = _allowance };
    }

    /// <summary>Blocks of the sample.</summary>
    public int Blocks { get; private set; }

    /// <summary>Events of the sample.</summary>
    public long Events { get; private set; }

    /// <summary>Namespace, pod and command, separated by <see cref="TraceSummary.Separator"/>, with the most events.</summary>
    public IReadOnlyList<KeyValuePair<string, SummaryTotals>> Owners(int count) => Top(_owners, count);

    /// <summary>The far addresses with the most events.</summary>
    public IReadOnlyList<KeyValuePair<string, SummaryTotals>> Remotes(int count) => Top(_remotes, count);

    private static KeyValuePair<string, SummaryTotals>[] Top(TraceSummary summary, int count) =>
        [.. summary.Groups.OrderByDescending(g => g.Value.Events).ThenBy(g => g.Key, StringComparer.Ordinal).Take(count)];

    /// <summary>Whether a block belongs to the sample: from each place on, blocks until there are enough rows.</summary>
    internal bool Wants(long offset)
    {
        int place = _length == 0
            ? Math.Min(_place + (_rowsHere >= RowsAtPlace ? 1 : 0), Places)
            : (int)Math.Min(Places, offset * (double)Places / _length);
        if (place > _place)
            (_place, _rowsHere) = (place, 0);
        return _place < Places && _rowsHere < RowsAtPlace && !_allowance.IsSpent;
    }

    internal void Add(EventBlock block, WorkloadView view)
    {
        if (_rows.Length < block.Rows)
            _rows = [.. Enumerable.Range(0, block.Rows)];
        ReadOnlySpan<int> rows = _rows.AsSpan(0, block.Rows);
        _owners.OnRows(block, rows, view);
        _remotes.OnRows(block, rows, view);
        _owners.KeepLargest(KeptCharacters);
        _remotes.KeepLargest(KeptCharacters);
        _rowsHere += block.Rows;
        Events += block.Rows;
        Blocks++;
    }
}
