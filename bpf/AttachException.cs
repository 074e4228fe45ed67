namespace TcpTracer.Bpf;

/// <summary>A program was loaded and cannot be attached. The recording starts again without it; the message is the reason.</summary>
internal sealed class AttachException(ProgramSet way, string reason) : Exception(reason)
{
    /// <summary>The programs that it belongs to.</summary>
    public ProgramSet Way { get; } = way;
}
