using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Strings;
using TcpTracer.Recorder.Targets;
using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Cli.Handlers.Capture;

/// <summary>Opens the target of a recording: one file, a set of files, or memory.</summary>
internal static class Storage
{
    /// <summary>Checks the name before anything is attached.</summary>
    /// <exception cref="SelectionException">Files of a set cannot have this name.</exception>
    public static void Require(StorageRequest storage, string file)
    {
        if (!storage.IsOneFile && !FileNames.IsUtf8(file))
        {
            throw new SelectionException(
                $"{Sentence.File(file)} is not UTF-8, which the name of a set of files must be: name another with -o");
        }
    }

    /// <summary>Opens the target.</summary>
    /// <param name="storage">Which kind of target.</param>
    /// <param name="file">The name after -o.</param>
    /// <param name="force">Whether an earlier file is overwritten.</param>
    /// <param name="verbose">Whether deleted files are named.</param>
    /// <param name="settings">Header and first names of the trace.</param>
    public static RecordingTarget Open(StorageRequest storage, string file, bool force, bool verbose, TraceSettings settings)
    {
        if (file == "-" && !storage.IsOneFile)
            throw new SelectionException("rotation and --ring need a file name with -o, not standard output");
        void Report(TargetNews news)
        {
            if (verbose || news is not TargetNews.Deleted)
                Messages.Say(OutputFailure.Of(news));
        }
        if (storage.Rotation is not null)
            return new RotatingTraces(file, settings, storage.Rotation, Report);
        if (storage.Flight is not null)
            return new FlightRecorder(file, settings, storage.Flight, written => Messages.Say($"wrote {Sentence.File(written)}"), Report);
        Stream to = TraceFiles.Create(file, force ? IfExists.Overwrite : IfExists.MoveAside);
        try
        {
            return new SingleTrace(to, file == "-" ? "standard output" : file, settings, Report);
        }
        catch
        {
            to.Dispose();
            throw;
        }
    }

    /// <summary>What is opened while the recording goes on: the directory of a set, for its next file.</summary>
    public static IEnumerable<ReopenedFile> Reopened(StorageRequest storage, string file) =>
        storage.IsOneFile ? [] : [new ReopenedFile(Path.GetDirectoryName(Path.GetFullPath(file)) ?? "/", IsWritten: true)];

    /// <summary>The target, for a sentence.</summary>
    public static Sentence Describe(RecordRequest request)
    {
        string set = $"{Path.GetFileNameWithoutExtension(request.File)}-*{Path.GetExtension(request.File)}";
        return request.Storage switch
        {
            { Rotation: not null } => set,
            { Flight: not null } => $"memory (SIGUSR2 writes it to {set})",
            _ => request.FileName,
        };
    }
}
