namespace TcpTracer.Cli.Linux;

/// <summary>
/// Sets what a child inherits while the child is started, and puts it back on <see cref="Dispose"/>. Two things are set. The runtime
/// ignores SIGPIPE; a child would inherit that, and <c>yes | head -1</c> in it would print an error. And if our standard output carries
/// results, the standard output of the child becomes our stderr, so that it does not mix with them. It is no pipe through us: a daemon that
/// the child leaves behind would keep that open. If our stderr is closed, the child has no standard output.
/// </summary>
internal readonly struct Inheritance : IDisposable
{
    private const int SigPipe = 13, Output = 1, Errors = 2, DuplicateCloseOnExec = 1030, CloseOnExec = 0x80000;
    private readonly nint _pipeAction;
    private readonly int _savedOutput;

    /// <param name="outputToStderr">Whether the child's standard output is our stderr.</param>
    public Inheritance(bool outputToStderr)
    {
        _pipeAction = LibC.signal(SigPipe, LibC.DefaultAction);
        _savedOutput = outputToStderr ? LibC.fcntl(Output, DuplicateCloseOnExec, 0) : -1;
        if (_savedOutput >= 0)
        {
            // The placeholder of a closed stderr is not inherited
            _ = LibC.dup3(Errors, Output, StandardDescriptor.IsClosed(Errors) ? CloseOnExec : 0);
        }
    }

    public void Dispose()
    {
        if (_savedOutput >= 0)
        {
            _ = LibC.dup2(_savedOutput, Output);
            _ = LibC.close(_savedOutput);
        }
        LibC.signal(SigPipe, _pipeAction);
    }
}
