using System.Runtime.InteropServices;

namespace TcpTracer.Cli.Handlers;

/// <summary>
/// What a child inherits, set right while it is being started and put back on <see cref="Dispose"/>. The runtime ignores SIGPIPE,
/// and a child would, too: <c>yes | head -1</c> in it would complain. And where our standard output carries results, the child's output must not
/// mix with them; its own descriptor, not a pipe through us, so that a daemon it leaves behind keeps nobody waiting. Where our stderr is closed, the child
/// has no standard output.
/// </summary>
internal readonly struct Inheritance : IDisposable
{
    private const int SigPipe = 13, Output = 1, Errors = 2, DuplicateCloseOnExec = 1030, CloseOnExec = 0x80000;
    private const nint DefaultAction = 0;
    private readonly nint _pipeAction;
    private readonly int _savedOutput;

    /// <param name="outputToStderr">Whether the child's standard output is our stderr.</param>
    public Inheritance(bool outputToStderr)
    {
        _pipeAction = signal(SigPipe, DefaultAction);
        _savedOutput = outputToStderr ? fcntl(Output, DuplicateCloseOnExec, 0) : -1;
        if (_savedOutput >= 0)
            _ = dup3(Errors, Output, StandardDescriptor.IsClosed(Errors) ? CloseOnExec : 0); // what holds its place is not for others
    }

    public void Dispose()
    {
        if (_savedOutput >= 0)
        {
            _ = dup2(_savedOutput, Output);
            _ = close(_savedOutput);
        }
        signal(SigPipe, _pipeAction);
    }

    [DllImport("libc")]
    private static extern nint signal(int number, nint action);

    [DllImport("libc")]
    private static extern int fcntl(int descriptor, int command, int lowest);

    [DllImport("libc")]
    private static extern int dup2(int from, int to);

    [DllImport("libc")]
    private static extern int dup3(int from, int to, int flags);

    [DllImport("libc")]
    private static extern int close(int descriptor);
}
