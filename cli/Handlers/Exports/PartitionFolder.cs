using System.Security.Cryptography;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Traces;

namespace TcpTracer.Cli.Handlers.Exports;

/// <summary>
/// The folder that a partitioned table is written into. The names of its files tell which trace they are of, so tables of many traces, also
/// of the files of one set, fit into one folder, and the same one again is noticed.
/// </summary>
/// <param name="folder">Its name.</param>
/// <param name="force">Whether there may be files in it, and those of the same trace are overwritten.</param>
/// <param name="inputs">Files that must not be overwritten.</param>
/// <param name="header">Of the trace that is read.</param>
internal sealed class PartitionFolder(string folder, bool force, FileIdentity[] inputs, Func<TraceHeader?> header) : IDisposable
{
    private const int DigitsOfTrace = 12;
    private int _files;

    /// <summary>Files so far.</summary>
    public int Files { get; private set; }

    /// <summary>Bytes in them.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>Checks the name before anything is read.</summary>
    /// <exception cref="UserException">It cannot be such a folder.</exception>
    public void Require()
    {
        if (folder is "-" or "")
            throw new SelectionException("--partition writes a folder: name it with -o");
        if (!FileNames.IsUtf8(folder))
        {
            throw new SelectionException(
                $"{Sentence.File(folder)} is not UTF-8, which the name of a folder of files must be: name another with -o");
        }
        FileFacts? there = FileFacts.Of(folder);
        if (there is { Kind: not FileKind.Directory })
        {
            throw new UserException(
                $"{Sentence.File(folder)}: this is a file, and --partition writes a folder; name another with -o", ExitCode.Failed);
        }
        if (there is not null && !force && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new UserException($"{Sentence.File(folder)}: there are files in this folder already; "
                + $"name another with -o, or add to them with --force, which replaces those of the same trace", ExitCode.Failed);
        }
    }

    /// <summary>Makes a file.</summary>
    /// <param name="partition">Its folder, below this one.</param>
    public Stream Create(string partition)
    {
        string inside = Path.Combine(folder, partition);
        UnfinishedFiles.CreateFolder(inside);
        string name = $"{NumberOf(header())}-{_files++:0000}.parquet";
        return TraceOutput.Begin(Path.Combine(inside, name), force ? IfExists.Overwrite : IfExists.Refuse, inputs);
    }

    /// <summary>The files of a set are of one run; each has a clock of its own.</summary>
    private static string NumberOf(TraceHeader? trace)
    {
        byte[] all = [.. (trace?.RunId ?? default).ToByteArray(), .. BitConverter.GetBytes(trace?.Clock.BootNs ?? 0)];
        return Convert.ToHexStringLower(SHA256.HashData(all))[..DigitsOfTrace];
    }

    /// <summary>A file is whole: it gets its name.</summary>
    public void Keep(Stream file)
    {
        var whole = (TraceOutput)file;
        Files++;
        BytesWritten += whole.WholeBytes;
        whole.PlaceWhole();
        whole.Dispose();
    }

    /// <summary>An export that failed leaves no empty folders.</summary>
    public void Dispose() => UnfinishedFiles.RemoveEmptyFolders();
}
