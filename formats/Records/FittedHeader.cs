using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Records;

/// <summary>
/// Headers that fit into one record. A copy adds to a header, and a merged trace has the headers of all its sources: together they may have
/// more text than a record may have.
/// </summary>
public static class FittedHeader
{
    /// <summary>What is left of a text if even the command lines were not too much alone.</summary>
    private const int KeptChars = 64;

    /// <summary>Stands for what was left out.</summary>
    private const string More = "...";

    /// <summary>The header as a reader accepts it: the same, one without command lines, or one with the beginnings of texts.</summary>
    /// <param name="header">Any header.</param>
    /// <param name="isCut">Whether something was left out.</param>
    public static TraceHeader Of(TraceHeader header, out bool isCut)
    {
        isCut = false;
        if (Fits(header))
            return header;
        isCut = true;
        TraceHeader shorter = header with
        {
            CommandLine = Name(header.CommandLine),
            Merged = [.. header.Merged.Select(s => s with { Header = s.Header with { CommandLine = Name(s.Header.CommandLine) } })],
        };
        return Fits(shorter) ? shorter : Bare(header);
    }

    /// <summary>The header without its lists, and with the beginnings of its texts. It always fits.</summary>
    public static TraceHeader Bare(TraceHeader header) => header with
    {
        Tool = Beginning(header.Tool),
        Node = Beginning(header.Node, TraceLimits.NodeChars),
        Kernel = Beginning(header.Kernel),
        Machine = Beginning(header.Machine),
        BootId = Beginning(header.BootId),
        CommandLine = Name(header.CommandLine),
        Hooks = [],
        Refused = [],
        Sources = [],
        Copies = [.. header.Copies.Select(c => new CopyNote(Beginning(c.How), Beginning(c.Options), Beginning(c.Tool)))],
        Merged = [.. header.Merged.Select(s => s with { Header = Bare(s.Header) with { Copies = [] } })],
        Absent = [.. header.Absent.Select(a => new AbsentNode(Beginning(a.Node), Beginning(a.Why)))],
    };

    /// <summary>Roughly the characters of all its texts.</summary>
    public static long SizeOf(TraceHeader header) => header.Tool.Length + header.Node.Length + header.Kernel.Length + header.Machine.Length
        + header.BootId.Length + SizeOf(header.CommandLine) + SizeOf(header.Hooks) + SizeOf(header.Refused) + SizeOf(header.Sources)
        + header.Copies.Sum(c => (long)c.How.Length + c.Options.Length + c.Tool.Length) + header.Merged.Sum(s => SizeOf(s.Header));

    private static long SizeOf(IReadOnlyList<string> texts) => texts.Sum(t => t.Length + (long)sizeof(long));

    private static bool Fits(TraceHeader header) => SizeOf(header) <= TraceLimits.RawBytes && HaveRoom(header)
        && HeaderRecord.Encode(header).Length <= TraceLimits.RawBytes;

    /// <summary>Whether each text and each list is within its limit.</summary>
    private static bool HaveRoom(TraceHeader header) =>
        new[] { header.CommandLine, header.Hooks, header.Refused, header.Sources }.All(l => l.Count <= TraceLimits.DictionaryEntries
            && l.All(RecordReader.CanBeWritten))
        && header.Copies.All(c => RecordReader.CanBeWritten(c.Options)) && header.Merged.All(s => HaveRoom(s.Header));

    private static IReadOnlyList<string> Name(IReadOnlyList<string> command) => command.Count == 0 ? [] : [Beginning(command[0]), More];

    private static string Beginning(string text, int kept = KeptChars) => text.Length <= kept ? text : text[..kept] + More;
}
