using System.Buffers.Binary;
using System.Text;
using TcpTracer.Formats.Values;
using TcpTracer.Replay.Calls;
using TcpTracer.Replay.Streams;
using NamedTotals = System.Collections.Generic.KeyValuePair<string, TcpTracer.Replay.Summaries.SummaryTotals>;

namespace TcpTracer.Replay.Summaries;

/// <summary>
/// Groups that do not fit into memory, in an <see cref="UnnamedFile"/>: sorted runs of them, which are read side by side.
/// </summary>
internal sealed class GroupRuns : IDisposable
{
    private const int WriteBytes = 64 * 1024, ReadBytesOfAll = 2 << 20, LeastReadBytes = 1024, HeadBytes = 2 * sizeof(int);
    private readonly FileStream _file = UnnamedFile.Open();
    private readonly List<(long Start, long End)> _runs = [];
    private byte[] _buffer = new byte[WriteBytes];
    private int _used;
    private long _end;

    /// <summary>How many runs there are.</summary>
    public int Count => _runs.Count;

    /// <summary>How many bytes they take.</summary>
    public long Bytes => _end;

    /// <summary>Adds a run, which is sorted.</summary>
    public void Add(IEnumerable<NamedTotals> groups)
    {
        long start = _end;
        foreach ((string name, SummaryTotals totals) in groups)
            Write(name, in totals);
        Flush();
        _runs.Add((start, _end));
    }

    private void Write(string name, in SummaryTotals totals)
    {
        int buckets = totals.Latencies?.BucketCount ?? 0;
        int most = HeadBytes + Encoding.UTF8.GetMaxByteCount(name.Length) + SummaryTotals.Bytes + ValueSketch.BytesInFile(buckets);
        if (_buffer.Length - _used < most)
            Flush();
        if (_buffer.Length < most)
            _buffer = new byte[most];
        Span<byte> to = _buffer.AsSpan(_used);
        int length = Encoding.UTF8.GetBytes(name, to[HeadBytes..]);
        BinaryPrimitives.WriteInt32LittleEndian(to, length);
        BinaryPrimitives.WriteInt32LittleEndian(to[sizeof(int)..], buckets);
        totals.WriteTo(to[(HeadBytes + length)..]);
        totals.Latencies?.WriteTo(to[(HeadBytes + length + SummaryTotals.Bytes)..]);
        _used += HeadBytes + length + SummaryTotals.Bytes + ValueSketch.BytesInFile(buckets);
    }

    private void Flush()
    {
        RandomAccess.Write(_file.SafeFileHandle, _buffer.AsSpan(0, _used), _end);
        _end += _used;
        _used = 0;
    }

    /// <summary>All groups of all runs, in the order in which each of them is sorted.</summary>
    public IEnumerable<NamedTotals> Merge(IComparer<NamedTotals> order)
    {
        int bufferBytes = Math.Max(LeastReadBytes, ReadBytesOfAll / Math.Max(1, _runs.Count));
        var heads = new PriorityQueue<IEnumerator<NamedTotals>, NamedTotals>(order);
        foreach ((long start, long end) in _runs)
            Queue(heads, Read(start, end, bufferBytes).GetEnumerator());
        while (heads.TryDequeue(out IEnumerator<NamedTotals>? run, out NamedTotals group))
        {
            yield return group;
            Queue(heads, run);
        }
    }

    private static void Queue(PriorityQueue<IEnumerator<NamedTotals>, NamedTotals> heads, IEnumerator<NamedTotals> run)
    {
        if (run.MoveNext())
            heads.Enqueue(run, run.Current);
    }

    private IEnumerable<NamedTotals> Read(long at, long end, int bufferBytes)
    {
        byte[] buffer = new byte[bufferBytes];
        int first = 0, last = 0;
        while (at < end)
        {
            int needed = HeadBytes;
            if (last - first >= HeadBytes)
                needed += RestBytes(buffer.AsSpan(first));
            if (last - first < needed)
            {
                (buffer, last) = Fill(buffer, first, last, needed, at);
                first = 0;
                continue;
            }
            if (needed == HeadBytes)
                continue;
            yield return Parse(buffer.AsSpan(first, needed));
            first += needed;
            at += needed;
        }
    }

    /// <summary>Has what begins at an offset of the file in the buffer, at least so many bytes of it.</summary>
    private (byte[] Buffer, int Last) Fill(byte[] buffer, int first, int last, int needed, long at)
    {
        byte[] into = buffer.Length < needed ? new byte[needed] : buffer;
        buffer.AsSpan(first, last - first).CopyTo(into);
        last -= first;
        while (last < needed)
        {
            int read = RandomAccess.Read(_file.SafeFileHandle, into.AsSpan(last), at + last);
            last += read > 0 ? read : throw new EndOfStreamException("the file of groups was cut");
        }
        return (into, last);
    }

    private static NamedTotals Parse(ReadOnlySpan<byte> group)
    {
        int length = BinaryPrimitives.ReadInt32LittleEndian(group), buckets = BinaryPrimitives.ReadInt32LittleEndian(group[sizeof(int)..]);
        string name = Encoding.UTF8.GetString(group.Slice(HeadBytes, length));
        SummaryTotals totals = SummaryTotals.Read(group[(HeadBytes + length)..]);
        if (buckets > 0)
            totals.Latencies = ValueSketch.Read(group[(HeadBytes + length + SummaryTotals.Bytes)..], buckets);
        GarbageBudget.Add(TraceSummary.BytesOf(name) + (totals.Latencies?.Bytes ?? 0));
        return KeyValuePair.Create(name, totals);
    }

    /// <summary>What comes behind the two lengths at the beginning of a group.</summary>
    private static int RestBytes(ReadOnlySpan<byte> group) => BinaryPrimitives.ReadInt32LittleEndian(group) + SummaryTotals.Bytes
        + ValueSketch.BytesInFile(BinaryPrimitives.ReadInt32LittleEndian(group[sizeof(int)..]));

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
