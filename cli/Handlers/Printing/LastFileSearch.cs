using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Cli.Handlers.Printing;

/// <summary>
/// For --last: finds which files are to be shown, and from which place in them. The search begins with the last file, so earlier files that
/// are not needed are not even opened.
/// </summary>
internal static class LastFileSearch
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

    private static SelectionException NotFromBehind(string file)
    {
        Sentence name = Messages.Input(file);
        return new SelectionException($"{name}: --last reads a trace from behind, which a pipe or a packed file does not allow: "
            + $"make a plain file of it first, as in `{Unpacked(file)} >plain.tct`");
    }

    private static Sentence Unpacked(string file)
    {
        string program = Path.GetExtension(file) == ".zst" ? "zstdcat" : "zcat";
        return file == "-" ? "cat" : Sentence.Of($"{program} {Sentence.File(file)}");
    }

    /// <summary>A file that cannot be read is reported later, when it is to be shown.</summary>
    private static EventPlace Find(string file, ShowRequest request, EventFilter filter, long wanted, out long found)
    {
        found = 0;
        try
        {
            using Stream trace = TraceFiles.Open(file);
            return trace.CanSeek ? LastEventSearch.Find(trace, filter, request.Times, request.Enrichment, wanted, out found)
                : throw NotFromBehind(file);
        }
        catch (Exception e) when (e is UserException or TraceException)
        {
            return default;
        }
    }
}
