namespace TcpTracer.Bpf;

/// <summary>A program was loaded and cannot be attached. The recording starts again without it; the message is the reason.</summary>
internal sealed class AttachException(ProgramSet programs, string reason) : Exception(reason)
{
    /// <summary>The set that the program belongs to.</summary>
    public ProgramSet Programs { get; } = programs;
}
