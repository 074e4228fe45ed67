using TcpTracer.Cli.Handlers;
using TcpTracer.Formats.Pipeline;
using TcpTracer.Formats.TraceFile;
using TcpTracer.Replay;

namespace TcpTracer.Cli;

/// <summary>Opens and creates trace files; what the system refuses becomes a sentence that names the file and what to try.</summary>
internal static class TraceFiles
{
    /// <summary>A trace to read; <c>-</c> is standard input.</summary>
    public static Stream Open(string path)
    {
        if (path == "-")
        {
            if (StandardDescriptor.IsClosed(StandardDescriptor.Input))
                throw new UserException("standard input is closed: pipe a trace into it, as in `tcptracer record -o - | tcptracer show -`", ExitCode.Failed);
            return Console.IsInputRedirected ? Console.OpenStandardInput()
                : throw new SelectionException("standard input is a terminal: pipe a trace into it, as in `tcptracer record -o - | tcptracer show -`");
        }
        if (Directory.Exists(path))
            throw new UserException($"{path}: this is a directory, not a trace; name the files in it, as in {Path.Combine(path, "*.tct")}", ExitCode.Failed);
        try
        {
            // Bytes that are being written may be read: a recorder's file is good at any moment
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UserException($"{path}: there is no such file", ExitCode.Failed);
        }
        catch (UnauthorizedAccessException)
        {
            throw new UserException($"{path}: you may not read it{ModeOf(path)}; read it as its owner or with sudo, or have it given to you with chown", ExitCode.Failed);
        }
        catch (IOException e)
        {
            throw new UserException($"{path}: {ReasonOf(e, path)}", ExitCode.Failed);
        }
    }

    /// <summary>Hindsight reads a trace twice, which a pipe does not let it.</summary>
    public static void RequireFiles(IEnumerable<string> paths, Enrichment enrichment)
    {
        if (enrichment == Enrichment.Hindsight && paths.Contains("-"))
            throw new SelectionException("--enrich hindsight reads a trace twice: put what comes in on standard input into a file first");
    }

    /// <summary>Does something with a trace, whose name is then in every sentence about it.</summary>
    public static T With<T>(string path, Func<Stream, T> action)
    {
        using Stream trace = Open(path);
        try
        {
            return action(trace);
        }
        catch (TraceException e)
        {
            throw new UserException($"{path}: {Messages.Of(e.Damage)}", ExitCode.Failed);
        }
    }

    /// <summary>A trace to write; <c>-</c> is standard output.</summary>
    public static Stream Create(string path)
    {
        if (path == "-")
            return new StandardOutput();
        try
        {
            return new TraceOutput(path);
        }
        catch (Exception e) when (Directory.Exists(path) && e is UnauthorizedAccessException or IOException)
        {
            throw new UserException($"{path}: this is a directory; name a file in it, as in -o {Path.Combine(path, "trace.tct")}", ExitCode.Failed);
        }
        catch (DirectoryNotFoundException)
        {
            throw new UserException($"{path}: there is no directory {Path.GetDirectoryName(path)}; create it, or name another file with -o", ExitCode.Failed);
        }
        catch (UnauthorizedAccessException)
        {
            throw new UserException($"{path}: you may not write there; name another file with -o", ExitCode.Failed);
        }
        catch (IOException e)
        {
            throw new UserException($"{path}: {ReasonOf(e, path)}; name another file with -o", ExitCode.Failed);
        }
    }

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

    /// <summary>The system's words, without the path that .NET puts behind them.</summary>
    private static string ReasonOf(IOException e, string path) =>
        e.Message.Replace($" : '{Path.GetFullPath(path)}'", "", StringComparison.Ordinal).TrimEnd('.').ToLowerInvariant();
}
