using System.Globalization;
using System.Runtime.InteropServices;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Traces;
using TcpTracer.Recorder.Targets;

namespace TcpTracer.Cli.Sentences;

/// <summary>Why a file could not be written: sentences with its name and what to try.</summary>
internal static class OutputFailure
{
    private const string Elsewhere = "name another file with -o";

    public static Sentence Of(OutputException e)
    {
        Sentence name = Messages.Output(e.Path);
        return e.Fault == OutputFault.NoName || IsWithoutPlace(e) ? Reason(e) : $"{name}: {Reason(e)}";
    }

    /// <summary>The same without the file's name.</summary>
    private static Sentence Reason(OutputException e) => e.Fault switch
    {
        OutputFault.NoName => Sentence.Of("the name after -o is empty; name a file, as in -o trace.tct"),
        OutputFault.Exists => $"there is such a file already; {Elsewhere}, or overwrite it with --force",
        OutputFault.IsInput => $"this is a file that the command reads, or its standard output, under this or another name; {Elsewhere}",
        OutputFault.Directory => $"this is a directory; name a file in it, as in -o {Sentence.File(Path.Combine(e.Path, "trace.tct"))}",
        OutputFault.NoRoomForOld =>
            $"the earlier trace cannot get this name: a directory or a file of another user has it; {Elsewhere}, or overwrite with --force",
        OutputFault.NoTrace => $"there is such a file, and it is no trace; {Elsewhere}, or overwrite it with --force",
        OutputFault.Device => $"this is a device or a pipe, not a file; {Elsewhere}, or write to standard output with -o -",
        OutputFault.PackedName => NotPacked(e.Path),
        OutputFault.Locked => $"another recorder is writing it; end that one, or {Elsewhere}",
        OutputFault.Foreign => $"this belongs to another user, in a directory where everybody may write; {Elsewhere}",
        OutputFault.NoDirectory when IsWithoutPlace(e) => Outcome.NoWorkingDirectory,
        OutputFault.NoDirectory when FileFacts.Of(DirectoryOf(e.Path)) is { Kind: FileKind.Directory } =>
            $"no file can be created in {Sentence.File(DirectoryOf(e.Path))}; {Elsewhere}",
        OutputFault.NoDirectory => $"there is no directory {Sentence.File(DirectoryOf(e.Path))}; create it, or {Elsewhere}",
        OutputFault.Denied => $"you may not write there; {Elsewhere}",
        _ => $"{Outcome.WriteFailure(new IOException(Marshal.GetPInvokeErrorMessage(e.HResult), e.HResult))}; {Elsewhere}",
    };

    /// <summary>The name is what a packed file is called.</summary>
    private static Sentence NotPacked(string path)
    {
        string extension = Path.GetExtension(path), plain = path[..^extension.Length];
        string program = UnpackingPrograms.PackerFor(extension);
        return $"the file would not be packed, as this name says; name it {Sentence.File(plain)}, "
            + $"or pack it yourself, as in `-o - | {program} > {Sentence.File(path)}`";
    }

    /// <summary>Whether the current directory was deleted.</summary>
    private static bool IsWithoutPlace(OutputException e) => e.Fault == OutputFault.NoDirectory && DirectoryOf(e.Path) == ".";

    /// <summary>For a file that could not be written on.</summary>
    public static Sentence OfWriting(Sentence name, IOException failure, long bytesKept) =>
        $"{name}: {Outcome.WriteFailure(failure)}; {GoodTrace(bytesKept)}; make room, or {Elsewhere}";

    private static string GoodTrace(long bytes) => $"the {Messages.Size(bytes)} written before are a good trace, without an end record";

    public static Sentence Of(TraceWriteException e)
    {
        if (e.BytesKept > 0)
            return OfWriting(Sentence.File(e.Path), e.Failure, e.BytesKept);
        string left = IsFile(e.Path) ? "the earlier file of that name is as it was" : "nothing is left there";
        return $"{Sentence.File(e.Path)}: {Outcome.WriteFailure(e.Failure)}; {left}; make room, or {Elsewhere}";
    }

    private static bool IsFile(string path) => FileFacts.Of(path) is { Kind: FileKind.Regular };

    /// <summary>What happened to the files of a recording while it goes on.</summary>
    public static Sentence Of(TargetNews news) => news switch
    {
        TargetNews.MovedAside moved => MovedAside(moved),
        TargetNews.Deleted deleted => $"deleted {Sentence.File(deleted.Path)}, the oldest (--keep)",
        TargetNews.NothingToDump => "there is nothing in memory that no file holds: nothing is written",
        TargetNews.DumpBegun begun =>
            $"writing the memory to {Sentence.File(begun.Path)}; what follows goes there, too, for {Words(begun.After)} (--dump-after)",
        TargetNews.NotDeleted not => $"{Sentence.File(not.Path)}: --keep cannot delete it: {not.Reason}; the recording goes on",
        TargetNews.DumpFailed failed => $"{Sentence.File(failed.Path)}: {Why(failed.Failure)}; {Kept(failed)}; {AfterFailedDump}",
        _ => throw new ArgumentOutOfRangeException(nameof(news)),
    };

    private static Sentence MovedAside(TargetNews.MovedAside moved)
    {
        string older = moved.ReplacedOlder ? ", in place of an older one" : "";
        return $"the earlier {Sentence.File(moved.Path)} is {Sentence.File(moved.To)} now{older}";
    }

    private const string AfterFailedDump =
        "the rest stays in memory, and the recording goes on; make room: it is tried again in a minute, and with SIGUSR2";

    private static string Words(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s");

    private static Sentence Why(IOException failure) => failure is OutputException output ? Reason(output) : Outcome.WriteFailure(failure);

    private static string Kept(TargetNews.DumpFailed failed) =>
        failed.BytesKept > 0 ? $"the {Messages.Size(failed.BytesKept)} in it are a good trace, without an end record" : "it is not there";

    private static string DirectoryOf(string path) => Path.GetDirectoryName(path) is { Length: > 0 } directory ? directory : ".";
}
