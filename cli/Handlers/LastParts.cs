using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Words;
using TcpTracer.Replay.Names;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Cli.Handlers;

/// <summary>For --last: which files are to be shown, and from where; looked for from behind, so that what comes before is not even opened.</summary>
internal static class LastParts
{
    public static IReadOnlyList<FilePart> Of(ShowRequest request)
    {
        if (request.Last is not { } wanted)
            return [.. request.Files.Select(f => new FilePart(f))];
        var filter = new EventFilter(request.Selection);
        var parts = new LinkedList<FilePart>();
        foreach (string file in request.Files.Reverse())
        {
            EventPlace from = Find(file, request, filter, wanted, out long found);
            parts.AddFirst(new FilePart(file, from));
            wanted -= found;
            if (wanted == 0)
                break;
        }
        return [.. parts];
    }

    private static Sentence Unpacked(string file) => file == "-" ? "cat" : Sentence.Of($"{(Path.GetExtension(file) == ".zst" ? "zstdcat" : "zcat")} {Sentence.File(file)}");

    /// <summary>What cannot be read is said when it is to be shown.</summary>
    private static EventPlace Find(string file, ShowRequest request, EventFilter filter, long wanted, out long found)
    {
        found = 0;
        try
        {
            using Stream trace = TraceFiles.Open(file);
            return trace.CanSeek ? LastEvents.Find(trace, filter, request.Times, request.Enrichment, wanted, out found)
                : throw new SelectionException($"{(file == "-" ? "standard input" : Sentence.File(file))}: --last reads a trace from behind, which a pipe or a packed file does not allow: make a plain file of it first, as in `{Unpacked(file)} >plain.tct`");
        }
        catch (Exception e) when (e is UserException or TraceException)
        {
            return default;
        }
    }
}
