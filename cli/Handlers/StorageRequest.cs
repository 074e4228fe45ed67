using TcpTracer.Formats.Pipeline;
using TcpTracer.Formats.TraceFile;
using TcpTracer.Recorder.Targets;

namespace TcpTracer.Cli.Handlers;

/// <summary>Where a recording is to go; neither: one file.</summary>
internal sealed record StorageRequest(RotationRule? Rotation, FlightRule? Flight)
{
    public RecordingTarget Open(string file, TraceSettings settings)
    {
        if (file == "-" && (Rotation is not null || Flight is not null))
            throw new SelectionException("rotation and --ring need a file name with -o, not standard output");
        if (Rotation is not null)
            return new RotatingTraces(file, settings, Rotation);
        if (Flight is not null)
            return new FlightRecorder(file, settings, Flight, written => Messages.Say($"wrote {written}"));
        return new SingleTrace(TraceFiles.Create(file), file == "-" ? "standard output" : file, settings);
    }

    public string Describe(RecordRequest request)
    {
        string set = $"{Path.GetFileNameWithoutExtension(request.File)}-*{Path.GetExtension(request.File)}";
        return Rotation is not null ? set : Flight is not null ? $"memory (SIGUSR2 writes it to {set})" : request.FileName;
    }
}
