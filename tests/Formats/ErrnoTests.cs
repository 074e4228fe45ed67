using System.Globalization;
using TcpTracer.Formats.Values;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Formats;

/// <summary>Every error number of the kernel has its name, the same as the C library's.</summary>
public sealed class ErrnoTests
{
    [Fact]
    public void EveryErrnoHasTheNameOfTheCLibrary()
    {
        RunResult run = Shell.Run("python3 -c 'import errno; [print(n, name) for n, name in sorted(errno.errorcode.items())]'");
        string[] odd = ["35 EDEADLOCK", "95 ENOTSUP"]; // other names of the same numbers
        string[] expected = [.. run.Lines.Where(l => !odd.Contains(l))];
        Assert.True(expected.Length > 120, run.Errors);
        Each.Of(expected, line =>
            Assert.Equal(line, $"{line.Split(' ')[0]} {Errno.NameOf(int.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture))}"));
        Assert.Equal("errno 999", Errno.NameOf(999));
    }
}
