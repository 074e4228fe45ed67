using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Traces;
using TcpTracer.Replay.Names;
using TcpTracer.Replay.Streams;

namespace TcpTracer.Cli.Handlers;

/// <summary>Opens and creates trace files. A failure becomes a sentence with the name of the file and what to try.</summary>
internal static class TraceFiles
{
    private const string PipeATrace = "pipe a trace into it, as in `tcptracer record -o - | tcptracer show -`";
    private const int ErrnoNotPermitted = 1, ErrnoNoFile = 2, ErrnoDenied = 13, ErrnoNoDirectory = 20;

    /// <summary>Opens a trace to read. If it is packed with gzip or zstd, it is unpacked. <c>-</c> is standard input.</summary>
    public static Stream Open(string path)
    {
        Stream file = OpenAsItIs(path);
        Stream trace;
        Packing packing;
        try
        {
            trace = PackedTrace.Open(file, out packing);
        }
        catch
        {
            file.Dispose();
            throw;
        }
        if (UnpackingPrograms.ProgramFor(packing) is not { } program)
            return trace;
        trace.Dispose();
        Sentence name = path == "-" ? Sentence.None : Sentence.Of($"{Sentence.File(path)} ");
        string packedWith = packing.ToString().ToLowerInvariant();
        Sentence remedy = $"unpack it, as in `{program} {name}| tcptracer show -`";
        throw new UserException($"{Sentence.File(path)}: this was packed with {packedWith}: {remedy}", ExitCode.Failed);
    }

    private static Stream OpenAsItIs(string path)
    {
        if (path == "-")
        {
            if (StandardDescriptor.IsClosed(StandardDescriptor.Input))
                throw new UserException($"standard input is closed: {PipeATrace}", ExitCode.Failed);
            return Console.IsInputRedirected ? Console.OpenStandardInput()
                : throw new SelectionException($"standard input is a terminal: {PipeATrace}");
        }
        if (FileFacts.Of(path) is { Kind: FileKind.Directory })
        {
            string files = Path.Combine(path, "*.tct");
            throw new UserException(
                $"{Sentence.File(path)}: this is a directory, not a trace; name the files in it, as in {files}", ExitCode.Failed);
        }
        SafeFileHandle file = GivenFile.OpenAny(path, out int error);
        if (!file.IsInvalid)
            return new FileStream(file, FileAccess.Read, bufferSize: 0);
        file.Dispose();
        throw new UserException($"{Sentence.File(path)}: {WhyNotOpened(path, error)}", ExitCode.Failed);
    }

    private static Sentence WhyNotOpened(string path, int error) => error switch
    {
        ErrnoNoFile or ErrnoNoDirectory => Sentence.Of($"there is no such file{SetOf(path)}"),
        ErrnoDenied or ErrnoNotPermitted =>
            $"you may not read it{ModeOf(path)}; read it as its owner or with sudo, or have it given to you with chown",
        _ => Marshal.GetPInvokeErrorMessage(error).ToLowerInvariant(),
    };

    /// <summary>A recording into a set has no file of the name that was given with -o. Then the files of the set are named.</summary>
    private static Sentence SetOf(string path)
    {
        IReadOnlyList<string> files = TraceFileSet.InSet(path);
        string names = $"{Path.GetFileNameWithoutExtension(path)}-*{Path.GetExtension(path)}";
        string all = Path.Combine(Path.GetDirectoryName(path) ?? "", names);
        return files.Count == 0 ? Sentence.None
            : $"; there is a set of {Messages.Count(files.Count, "file")}: name them, as in {all}, "
                + $"or follow it with `tcptracer show -f {Sentence.File(path)}`";
    }

    /// <summary>Hindsight reads a trace twice, which is not possible with a pipe.</summary>
    public static void RequireFiles(IEnumerable<string> paths, Enrichment enrichment)
    {
        if (enrichment == Enrichment.Hindsight && paths.Contains("-"))
            throw new SelectionException("--enrich hindsight reads a trace twice: put what comes in on standard input into a file first");
    }

    /// <summary>Says what is wrong with the packed data of a trace.</summary>
    /// <returns>Whether anything is wrong.</returns>
    public static bool SayPackingFault(string path, Stream trace)
    {
        if (trace is not PackedTrace { Fault: not PackingFault.None } packed)
            return false;
        Messages.Say($"{Sentence.File(path)}: {Messages.Of(packed)}");
        return true;
    }

    /// <summary>Runs an action on a trace. Sentences about its failure have the name of the file.</summary>
    public static T With<T>(string path, Func<Stream, T> action)
    {
        using Stream trace = Open(path);
        try
        {
            T result = action(trace);
            SayPackingFault(path, trace);
            return result;
        }
        catch (TraceException) when (trace is PackedTrace { Fault: not PackingFault.None, IsEmpty: true } packed)
        {
            throw new UserException($"{Sentence.File(path)}: {Messages.Of(packed)}", ExitCode.Failed);
        }
        catch (TraceException e)
        {
            throw new UserException($"{Sentence.File(path)}: {Messages.Of(e.Damage)}", ExitCode.Failed);
        }
    }

    /// <summary>Creates a trace; <c>-</c> is standard output. A file gets its name later, from its writer, when it is good.</summary>
    /// <param name="path">Its name.</param>
    /// <param name="ifExists">What to do if the file exists.</param>
    /// <param name="reserved">Files that must not be overwritten.</param>
    public static Stream Create(string path, IfExists ifExists, params IEnumerable<FileIdentity> reserved) =>
        Create(path, ifExists, "a trace", reserved);

    /// <summary>Creates a file; <c>-</c> is standard output.</summary>
    /// <param name="path">Its name.</param>
    /// <param name="ifExists">What to do if the file exists.</param>
    /// <param name="binary">What it will be, if that is not for a terminal; null: anybody can read it.</param>
    /// <param name="reserved">Files that must not be overwritten.</param>
    public static Stream Create(string path, IfExists ifExists, string? binary, IEnumerable<FileIdentity> reserved)
    {
        if (path != "-")
            return TraceOutput.Begin(path, ifExists, [.. reserved, .. StandardOutputs]);
        if (binary is not null && !Console.IsOutputRedirected)
            throw new SelectionException($"{binary} is not for a terminal: redirect standard output, or name a file with -o");
        FileFacts? output = FileFacts.OfDescriptor(StandardDescriptor.Output);
        bool isReserved = output is { Kind: FileKind.Regular, Identity: var identity } && reserved.Contains(identity);
        return isReserved ? throw new OutputException("-", OutputFault.IsInput) : new StandardOutput();
    }

    /// <summary>What is known of a file that is read; <c>-</c> is standard input.</summary>
    public static FileFacts? FactsOf(string file) => file == "-" ? FileFacts.OfDescriptor(StandardDescriptor.Input) : FileFacts.Of(file);

    /// <summary>Identity (device and inode) of the file that a trace is read from.</summary>
    public static IEnumerable<FileIdentity> IdentityOf(Stream trace)
    {
        Stream source = trace is ForwardStream forward ? forward.Source : trace;
        FileFacts? facts = source is FileStream file ? FileFacts.Of(file.SafeFileHandle) : FileFacts.OfDescriptor(StandardDescriptor.Input);
        return facts is { } known ? [known.Identity] : [];
    }

    /// <summary>Which files these are, whatever their names; those that are not there are left out.</summary>
    public static FileIdentity[] IdentitiesOf(IEnumerable<string> files) =>
        [.. files.Select(FactsOf).OfType<FileFacts>().Select(f => f.Identity)];

    /// <summary>The files that standard output and error go to: no trace may overwrite them.</summary>
    private static IEnumerable<FileIdentity> StandardOutputs => new[] { FileFacts.OfDescriptor(1), FileFacts.OfDescriptor(2) }
        .Where(f => f is { Kind: FileKind.Regular }).Select(f => f!.Value.Identity);

    private static string ModeOf(string path)
    {
        try
        {
            return $" (its mode is {Convert.ToString((int)File.GetUnixFileMode(path), 8)})";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
