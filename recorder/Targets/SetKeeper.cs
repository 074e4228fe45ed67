using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;

namespace TcpTracer.Recorder.Targets;

/// <summary>
/// Keeps a set of files to so many, the oldest deleted first, those of earlier runs, too. Never one that is being written, nor one that is no trace, whatever
/// its name.
/// </summary>
/// <param name="path">Names the set.</param>
/// <param name="keep">So many; null: all.</param>
/// <param name="header">The recording's.</param>
/// <param name="news">Told what is deleted, and what could not be.</param>
internal sealed class SetKeeper(string path, int? keep, TraceHeader header, Action<TargetNews>? news)
{
    private readonly TraceSetIndex _set = new(path, header.BootId);
    private readonly HashSet<string> _complainedOf = [];
    private readonly Dictionary<string, long> _own = new(StringComparer.Ordinal);

    /// <summary>Files of this recording that were deleted, and how many events were in them.</summary>
    public (int Files, long Events) Deleted { get; private set; }

    /// <summary>A file of this recording is finished.</summary>
    public void Note(string file, long events) => _own[Path.GetFullPath(file)] = events;

    /// <summary>Makes room for a file that is empty: others that are empty, too, go for it, the oldest first.</summary>
    /// <returns>Whether there is room.</returns>
    public bool PruneEmpty(string current)
    {
        current = Path.GetFullPath(current);
        int tooMany = keep is { } most ? _set.Files.Count - most : 0;
        foreach (string old in _set.Files.Where(f => tooMany > 0 && f != current && EmptyTrace.Is(f)).Take(Math.Max(0, tooMany)).ToArray())
        {
            Delete(old);
            tooMany--;
        }
        return tooMany <= 0;
    }

    /// <summary>Deletes what is too much.</summary>
    /// <param name="current">The newest, which stays whatever its name and header say.</param>
    public void Prune(string current)
    {
        if (keep is not { } most)
            return;
        current = Path.GetFullPath(current);
        string[] others = [.. _set.Files.Where(f => f != current)];
        foreach (string old in others.Take(Math.Max(0, others.Length + 1 - most)))
            Delete(old);
    }

    private void Delete(string file)
    {
        if (TraceFileSet.IsBeingWritten(file))
        {
            Complain(file, "another recorder writes it");
            return;
        }
        try
        {
            TraceFileSet.Delete(file);
        }
        catch (IOException e)
        {
            Complain(file, e.Message);
            return;
        }
        if (_own.Remove(file, out long events))
            Deleted = (Deleted.Files + 1, Deleted.Events + events);
        news?.Invoke(new TargetNews.Deleted(file));
    }

    private void Complain(string file, string reason)
    {
        if (_complainedOf.Add(file))
            news?.Invoke(new TargetNews.NotDeleted(file, reason));
    }
}
