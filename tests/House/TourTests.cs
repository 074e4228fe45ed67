using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>
/// The tours of README and the guide through <c>examples/shop.tct</c> need no privilege: here the user nobody runs them, and the output
/// must be the same, byte for byte. After an intended change, TCPTRACER_UPDATE_DOCS=1 ./test -class '*TourTests' writes the new output.
/// </summary>
public sealed class TourTests : IDisposable
{
    private static readonly string s_before = Native.geteuid() == 0
        ? "setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all --inh-caps=-all" : "";
    private readonly TemporaryFolder _clone = new();

    [Fact]
    public void EveryTourShowsRealOutput()
    {
        // The user nobody may not be able to read the checkout
        Shell.Run("""
            mkdir $1/examples; cp $2/examples/shop.tct $1/examples; cp -L $TCPTRACER $1/tcptracer
            cp $(dirname $TCPTRACER)/*.{so,dll,json} $1 2>/dev/null; chmod -R a+rwX $1
            """, _clone.Path, TcptracerProgram.Repository);
        Each.Of(DocumentSession.All("tour"), tour => tour.Check(Run, text => text));
    }

    [Fact]
    public void EveryPrintedOutputIsTested() =>
        Each.Of(Document.All, page => Assert.True(DocumentSession.BlocksIn(page) == DocumentSession.RunIn(page),
            $"{page.Name}: a block of output has no comment that says what runs it"));

    private string Run(string command) =>
        Shell.Run($"cd $1; export PATH=$1:$PATH; {s_before} bash -c '{command.Replace("'", "'\\''", StringComparison.Ordinal)}' 2>&1",
            _clone.Path).Output;

    public void Dispose() => _clone.Dispose();
}
