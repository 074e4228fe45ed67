using TcpTracer.Formats.Files;

namespace TcpTracer.Formats.Traces;

/// <summary>
/// The traces of a set, oldest first. Each header is read once. A file that is not a trace is left out, whatever its name.
/// </summary>
/// <param name="path">The name of the set.</param>
/// <param name="bootId">The id of this boot; files with other ids are older.</param>
public sealed class TraceSetIndex(string path, string bootId)
{
    private readonly Dictionary<string, (FileIdentity File, TraceAge Age)> _known = [];

    /// <summary>The full paths of all traces, oldest first.</summary>
    public IReadOnlyList<string> Files => [.. TraceAge.Sort(Known(TraceFileSet.InSet(path)), bootId).Select(f => f.Path)];

    /// <summary>
    /// The trace that comes after another one; null: there is none. The other one may be deleted already, if an earlier call has seen it.
    /// </summary>
    public string? After(string file)
    {
        string full = Path.GetFullPath(file);
        IReadOnlyList<string> there = TraceFileSet.InSet(path);
        IEnumerable<(string Path, TraceAge Age)> all = Known(there);
        if (!there.Contains(full) && _known.TryGetValue(full, out (FileIdentity File, TraceAge Age) gone))
            all = all.Append((full, gone.Age));
        return TraceAge.Sort(all, bootId).Select(f => f.Path).SkipWhile(f => f != full).Skip(1).FirstOrDefault();
    }

    private List<(string Path, TraceAge Age)> Known(IEnumerable<string> files)
    {
        List<(string Path, TraceAge Age)> traces = [];
        foreach (string file in files)
        {
            if (FileFacts.Of(file, follow: false) is not { Kind: FileKind.Regular } facts)
                continue;
            if (!_known.TryGetValue(file, out (FileIdentity File, TraceAge Age) known) || known.File != facts.Identity)
            {
                if (TraceAge.Of(file) is not { } age)
                    continue;
                _known[file] = known = (facts.Identity, age);
            }
            traces.Add((file, known.Age));
        }
        return traces;
    }
}
