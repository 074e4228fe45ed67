using System.Text;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Text;

namespace TcpTracer.Replay.Exports.Parquet;

/// <summary>
/// Writes events as Parquet files in folders by their keys. Only so many files are open at a time: the one that was used least lately is
/// finished, and what comes for its folder later goes into another file.
/// </summary>
public sealed class PartitionedExport : IExport
{
    /// <summary>Most folders of one export: a stranger's file may have any number of names.</summary>
    public const int MostFolders = 10_000;

    private const int TextInMemory = 16 << 20;
    private readonly PartitionKeys _keys;
    private readonly IReadOnlyList<Field> _fields;
    private readonly Func<string, Stream> _create;
    private readonly Action<Stream> _keep;
    private readonly string _tool;
    private readonly GroupThread _thread = new();
    private readonly Dictionary<string, Partition> _open = [];
    private readonly HashSet<string> _folders = [];
    private Partition? _last;
    private long _uses;
    private int _rows;

    /// <summary>A file that is being written.</summary>
    private sealed class Partition(string folder, Stream to, ParquetWriter writer, EventTable table)
    {
        public byte[] Key { get; } = Encoding.UTF8.GetBytes(folder);

        public string Folder => folder;

        public Stream To => to;

        public ParquetWriter Writer => writer;

        public EventTable Table { get; set; } = table;

        public long LastUse { get; set; }
    }

    /// <param name="keys">Which folder an event belongs into.</param>
    /// <param name="fields">The columns; each key stands once.</param>
    /// <param name="create">Makes a file in a folder.</param>
    /// <param name="keep">A file is whole.</param>
    /// <param name="tool">The program and its version, for the footers.</param>
    public PartitionedExport(PartitionKeys keys, IReadOnlyList<Field> fields, Func<string, Stream> create, Action<Stream> keep, string tool)
    {
        _keys = keys;
        _fields = keys.NotInFolders(fields);
        _create = create;
        _keep = keep;
        _tool = tool;
    }

    /// <summary>Most files that are open at a time.</summary>
    internal int MostOpen { get; init; } = 64;

    /// <summary>Most rows in memory, over all files.</summary>
    internal int RowsInMemory { get; init; } = 64 * 1024;

    /// <inheritdoc/>
    public void OnEvent(in TcpEvent e)
    {
        ReadOnlySpan<byte> key = _keys.Of(in e);
        Partition partition = _last is { } last && key.SequenceEqual(last.Key) ? last : Find(Encoding.UTF8.GetString(key));
        _last = partition;
        partition.LastUse = ++_uses;
        partition.Table.Add(in e);
        _rows++;
        const int now = 1024;
        bool isTextFull = partition.Table.TextBytes >= TextInMemory / 2
            || (_rows % now == 0 && _open.Values.Sum(p => (long)p.Table.TextBytes) >= TextInMemory);
        if (isTextFull)
            WriteGroup(_open.Values.MaxBy(p => p.Table.TextBytes)!);
        else if (_rows >= RowsInMemory)
            WriteGroup(_open.Values.MaxBy(p => p.Table.Rows)!);
    }

    private Partition Find(string folder)
    {
        if (_open.TryGetValue(folder, out Partition? open))
            return open;
        if (_folders.Add(folder) && _folders.Count > MostFolders)
            throw new TooManyFoldersException();
        if (_open.Count >= MostOpen)
            Close(_open.Values.MinBy(p => p.LastUse)!);
        Stream to = _create(folder);
        return _open[folder] = new Partition(folder, to, new ParquetWriter(to, _fields, _tool), new EventTable(_fields));
    }

    /// <summary>The table goes with its group: its room is free for those of other folders.</summary>
    private void WriteGroup(Partition partition)
    {
        HandOver(partition);
        partition.Table = new EventTable(_fields);
    }

    private void HandOver(Partition partition)
    {
        EventTable full = partition.Table;
        _thread.Run(buffers => partition.Writer.WriteGroup(full, buffers));
        _rows -= full.Rows;
    }

    private void Close(Partition partition)
    {
        HandOver(partition);
        _thread.Wait();
        partition.Writer.Finish();
        _keep(partition.To);
        _open.Remove(partition.Folder);
        if (_last == partition)
            _last = null;
    }

    /// <inheritdoc/>
    public void Finish()
    {
        foreach (Partition partition in _open.Values.ToList())
            Close(partition);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _thread.Dispose();
        foreach (Partition partition in _open.Values)
            partition.To.Dispose();
    }
}

/// <summary>There would be more folders than <see cref="PartitionedExport.MostFolders"/>.</summary>
public sealed class TooManyFoldersException : Exception;
