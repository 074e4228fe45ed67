using TcpTracer.Formats.Files;
using TcpTracer.Formats.Traces;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Formats.Files;

/// <summary>The lock of a file that is being written.</summary>
public sealed class LockTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>A second descriptor of the same open file stands for a process that was forked and is not another program yet.</summary>
    [Fact]
    public void LockEndsWithTheFileAlsoWhereAForkedProcessHasIt()
    {
        string path = _folder.File("t.tct");
        TraceOutput file = TraceOutput.Begin(path, IfExists.Refuse);
        file.Place();
        int copy = Native.dup((int)file.SafeFileHandle.DangerousGetHandle());
        Assert.True(copy >= 0);
        Assert.True(TraceFileSet.IsBeingWritten(path));
        file.Dispose();
        Assert.False(TraceFileSet.IsBeingWritten(path));
        file.Dispose(); // a second time does nothing
        _ = Native.close(copy);
    }
}
