using System.Runtime.InteropServices;

namespace TcpTracer.Cli.Linux;

/// <summary>
/// What a child inherits, set right while it is being started and put back on <see cref="Dispose"/>. The runtime ignores SIGPIPE,
/// and a child would, too: <c>yes | head -1</c> in it would complain. And where our standard output carries results, the child's output must not
/// mix with them; its own descriptor, not a pipe through us, so that a daemon it leaves behind keeps nobody waiting. Where our stderr is closed, the child
/// has no standard output.
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
            _ = LibC.dup3(Errors, Output, StandardDescriptor.IsClosed(Errors) ? CloseOnExec : 0); // what holds its place is not for others
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
