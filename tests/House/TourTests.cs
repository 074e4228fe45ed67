using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>
/// The README's tour of <c>examples/shop.tct</c> needs no privilege: nobody takes it here, and sees the same, byte for byte. After a change that is
/// meant: TCPTRACER_UPDATE_README=1 ./test -class '*TourTests'.
/// </summary>
public sealed class TourTests : IDisposable
{
    private static readonly string s_before = Native.geteuid() == 0 ? "setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all --inh-caps=-all" : "";
    private readonly TemporaryFolder _clone = new();

    [Fact]
    public void TheTourIsRealOutput()
    {
        // Nobody may not be able to read the checkout
        Shell.Run("""
            mkdir $1/examples; cp $2/examples/shop.tct $1/examples; cp -L $TCPTRACER $1/tcptracer; cp $(dirname $TCPTRACER)/*.{so,dll,json} $1 2>/dev/null; chmod -R a+rX $1
            """, _clone.Path, TcptracerProgram.Repository);
        new ReadmeSession("tour").Check(Run, text => text);
    }

    private string Run(string command) =>
        Shell.Run($"cd $1; {s_before} bash -c '{command.Replace("'", "'\\''", StringComparison.Ordinal)}' 2>&1", _clone.Path).Output;

    public void Dispose() => _clone.Dispose();
}
