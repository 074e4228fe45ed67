using TcpTracer.Formats.Files;
using TcpTracer.Formats.Output;
using TcpTracer.Formats.Pipeline;
using TcpTracer.Formats.TraceFile;
using TcpTracer.Recorder.Targets;
using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Cli.Handlers;

/// <summary>Where a recording is to go; neither: one file.</summary>
internal sealed record StorageRequest(RotationRule? Rotation, FlightRule? Flight)
{
    /// <summary>Whether SIGUSR2 can begin nothing.</summary>
    public bool IsOneFile => Rotation is null && Flight is null;

    /// <summary>Before anything is attached.</summary>
    /// <exception cref="SelectionException">There can be no such files.</exception>
    public void Require(string file)
    {
        if (!IsOneFile && !FileNames.IsUtf8(file))
            throw new SelectionException($"{Sentence.File(file)} is not UTF-8, which the name of a set of files must be: name another with -o");
    }

    /// <summary>Opens it.</summary>
    /// <param name="file">Its name.</param>
    /// <param name="force">Whether an earlier file is overwritten.</param>
    /// <param name="verbose">Whether deleted files are named.</param>
    /// <param name="settings">What the trace begins with.</param>
    public RecordingTarget Open(string file, bool force, bool verbose, TraceSettings settings)
    {
        if (file == "-" && (Rotation is not null || Flight is not null))
            throw new SelectionException("rotation and --ring need a file name with -o, not standard output");
        void Tell(TargetNews news)
        {
            if (verbose || news is not TargetNews.Deleted)
                Messages.Say(OutputFailure.Of(news));
        }
        if (Rotation is not null)
            return new RotatingTraces(file, settings, Rotation, Tell);
        if (Flight is not null)
            return new FlightRecorder(file, settings, Flight, written => Messages.Say($"wrote {Sentence.File(written)}"), Tell);
        Stream to = TraceFiles.Create(file, force ? WhenThere.Overwrite : WhenThere.MoveAside, TraceFiles.StandardOutputs);
        try
        {
            return new SingleTrace(to, file == "-" ? "standard output" : file, settings, Tell);
        }
        catch
        {
            to.Dispose();
            throw;
        }
    }

    /// <summary>A set grows in its directory.</summary>
    public IEnumerable<ReopenedFile> Reopened(string file) => IsOneFile ? [] : [new ReopenedFile(Path.GetDirectoryName(Path.GetFullPath(file)) ?? "/", IsWritten: true)];

    public Sentence Describe(RecordRequest request)
    {
        string set = $"{Path.GetFileNameWithoutExtension(request.File)}-*{Path.GetExtension(request.File)}";
        return Rotation is not null ? set : Flight is not null ? Sentence.Of($"memory (SIGUSR2 writes it to {set})") : request.FileName;
    }
}
