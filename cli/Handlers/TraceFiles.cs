using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Words;
using TcpTracer.Replay.Files;
using TcpTracer.Replay.Names;

namespace TcpTracer.Cli.Handlers;

/// <summary>Opens and creates trace files; what the system refuses becomes a sentence that names the file and what to try.</summary>
internal static class TraceFiles
{
    private const int ErrnoNotPermitted = 1, ErrnoNoFile = 2, ErrnoDenied = 13, ErrnoNoDirectory = 20;

    /// <summary>A trace to read, unpacked where it was packed with gzip or zstd; <c>-</c> is standard input.</summary>
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
        if (Unpackings.ProgramFor(packing) is not { } program)
            return trace;
        trace.Dispose();
        throw new UserException($"{Sentence.File(path)}: this was packed with {packing.ToString().ToLowerInvariant()}: unpack it, as in `{program} {(path == "-" ? Sentence.None : Sentence.Of($"{Sentence.File(path)} "))}| tcptracer show -`", ExitCode.Failed);
    }

    private static Stream OpenAsItIs(string path)
    {
        if (path == "-")
        {
            if (StandardDescriptor.IsClosed(StandardDescriptor.Input))
                throw new UserException("standard input is closed: pipe a trace into it, as in `tcptracer record -o - | tcptracer show -`", ExitCode.Failed);
            return Console.IsInputRedirected ? Console.OpenStandardInput()
                : throw new SelectionException("standard input is a terminal: pipe a trace into it, as in `tcptracer record -o - | tcptracer show -`");
        }
        if (FileFacts.Of(path) is { Kind: FileKind.Directory })
            throw new UserException($"{Sentence.File(path)}: this is a directory, not a trace; name the files in it, as in {Path.Combine(path, "*.tct")}", ExitCode.Failed);
        SafeFileHandle file = GivenFile.OpenAny(path, out int error);
        if (!file.IsInvalid)
            return new FileStream(file, FileAccess.Read, bufferSize: 0);
        file.Dispose();
        throw new UserException($"{Sentence.File(path)}: {WhyNotOpened(path, error)}", ExitCode.Failed);
    }

    private static Sentence WhyNotOpened(string path, int error) => error switch
    {
        ErrnoNoFile or ErrnoNoDirectory => Sentence.Of($"there is no such file{SetOf(path)}"),
        ErrnoDenied or ErrnoNotPermitted => $"you may not read it{ModeOf(path)}; read it as its owner or with sudo, or have it given to you with chown",
        _ => Marshal.GetPInvokeErrorMessage(error).ToLowerInvariant(),
    };

    /// <summary>The name that a recording into a set was given is no file's.</summary>
    private static Sentence SetOf(string path)
    {
        IReadOnlyList<string> files = TraceFileSet.InSet(path);
        string all = Path.Combine(Path.GetDirectoryName(path) ?? "", $"{Path.GetFileNameWithoutExtension(path)}-*{Path.GetExtension(path)}");
        return files.Count == 0 ? Sentence.None : $"; there is a set of {Messages.Count(files.Count, "file")}: name them, as in {all}, or follow it with `tcptracer show -f {Sentence.File(path)}`";
    }

    /// <summary>Hindsight reads a trace twice, which a pipe does not let it.</summary>
    public static void RequireFiles(IEnumerable<string> paths, Enrichment enrichment)
    {
        if (enrichment == Enrichment.Hindsight && paths.Contains("-"))
            throw new SelectionException("--enrich hindsight reads a trace twice: put what comes in on standard input into a file first");
    }

    /// <summary>Says what is wrong with the packed data that a trace was read from.</summary>
    /// <returns>Whether anything is.</returns>
    public static bool SayPackingFault(string path, Stream trace)
    {
        if (trace is not PackedTrace { Fault: not PackingFault.None } packed)
            return false;
        Messages.Say($"{Sentence.File(path)}: {Messages.Of(packed)}");
        return true;
    }

    /// <summary>Does something with a trace, whose name is then in every sentence about it.</summary>
    public static T With<T>(string path, Func<Stream, T> action)
    {
        using Stream trace = Open(path);
        try
        {
            T result = action(trace);
            SayPackingFault(path, trace);
            return result;
        }
        catch (TraceException e)
        {
            throw new UserException($"{Sentence.File(path)}: {Messages.Of(e.Damage)}", ExitCode.Failed);
        }
    }

    /// <summary>A trace to write; <c>-</c> is standard output. A file is placed by its writer, when it is good.</summary>
    /// <param name="path">Where.</param>
    /// <param name="whenThere">What becomes of a file that is there.</param>
    /// <param name="reserved">Files that it must not be.</param>
    public static Stream Create(string path, WhenThere whenThere, params IEnumerable<FileIdentity> reserved)
    {
        if (path != "-")
            return TraceOutput.Begin(path, whenThere, reserved);
        if (!Console.IsOutputRedirected)
            throw new SelectionException("a trace is binary: redirect standard output, or name a file with -o");
        return FileFacts.OfDescriptor(StandardDescriptor.Output) is { Kind: FileKind.Regular } facts && reserved.Contains(facts.Identity)
            ? throw new OutputException("-", OutputFault.IsInput) : new StandardOutput();
    }

    /// <summary>Which file a trace is read from, under whatever name.</summary>
    public static IEnumerable<FileIdentity> IdentityOf(Stream trace) =>
        ((trace is ForwardStream forward ? forward.Source : trace) is FileStream file ? FileFacts.Of(file.SafeFileHandle) : FileFacts.OfDescriptor(0)) is { } facts ? [facts.Identity] : [];

    /// <summary>Where standard output and error go, if into files: nothing else is written there.</summary>
    public static IEnumerable<FileIdentity> StandardOutputs => new[] { FileFacts.OfDescriptor(1), FileFacts.OfDescriptor(2) }
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
