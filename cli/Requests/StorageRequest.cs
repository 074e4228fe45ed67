using TcpTracer.Recorder.Targets;

namespace TcpTracer.Cli.Requests;

/// <summary>Where a recording is to go; neither: one file.</summary>
internal sealed record StorageRequest(RotationRule? Rotation, FlightRule? Flight)
{
    /// <summary>Whether SIGUSR2 can begin nothing.</summary>
    public bool IsOneFile => Rotation is null && Flight is null;
}
