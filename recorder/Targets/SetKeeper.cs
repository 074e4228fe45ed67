using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;

namespace TcpTracer.Recorder.Targets;

/// <summary>
/// Deletes the oldest files of a set when there are too many, also those of earlier recordings. It never deletes a file that is
/// being written, nor one that is no trace.
/// </summary>
/// <param name="path">The names of the set are made of this path.</param>
/// <param name="keep">How many files to keep; null: all.</param>
/// <param name="header">The header of this recording.</param>
/// <param name="news">Gets the files that are deleted, and those that could not be.</param>
internal sealed class SetKeeper(string path, int? keep, TraceHeader header, Action<TargetNews>? news)
{
    private readonly TraceSetIndex _set = new(path, header.BootId);
    private readonly HashSet<string> _complainedOf = [];
    private readonly Dictionary<string, long> _own = new(StringComparer.Ordinal);

    /// <summary>How many files of this recording were deleted, and how many events were in them.</summary>
    public (int Files, long Events) Deleted { get; private set; }

    /// <summary>A file of this recording is finished.</summary>
    public void Note(string file, long events) => _own[Path.GetFullPath(file)] = events;

    /// <summary>Makes room for an empty file: deletes other empty files, the oldest first.</summary>
    /// <returns>Whether there is room now.</returns>
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

    /// <summary>Deletes the oldest files, if there are too many.</summary>
    /// <param name="current">The newest file. It stays, whatever its name and header say.</param>
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
