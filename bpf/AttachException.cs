namespace TcpTracer.Bpf;

/// <summary>A program that was loaded cannot be attached: the recording begins anew without it.</summary>
internal sealed class AttachException(ProgramSet way, string reason) : Exception(reason)
{
    public ProgramSet Way { get; } = way;
}
