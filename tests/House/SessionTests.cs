using System.Text.RegularExpressions;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>
/// Sessions that record are run again, between two network namespaces, and must print what the pages say. After an intended change,
/// TCPTRACER_UPDATE_DOCS=1 ./test -class '*SessionTests' writes the new output.
/// </summary>
public sealed partial class SessionTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    [KernelFact]
    public void EverySessionShowsRealOutput()
    {
        using var server = new HttpServer(hosts.Right, port: 8000);
        Each.Of(DocumentSession.All("session"), session =>
        {
            using var folder = new TemporaryFolder();
            File.CreateSymbolicLink(folder.File("tcptracer"), TcptracerProgram.Path);
            session.Check(command => Run(command, folder), Normalised);
        });
    }

    private string Run(string command, TemporaryFolder folder)
    {
        // 10.0.0.x reads better than the address of a test
        string here = command.Replace("10.0.0.2", TwoHosts.RightV4, StringComparison.Ordinal)
            .Replace("'", "'\\''", StringComparison.Ordinal);
        string output = Shell.Run($"cd $1; export NODE_NAME=laptop PATH=$1:$PATH; nsenter --net=/run/netns/$2 bash -c '{here}' 2>&1",
            folder.Path, hosts.Left).Output;
        return output.Replace($"{TwoHosts.LeftV4} ", "10.0.0.1  ", StringComparison.Ordinal)
            .Replace($"{TwoHosts.RightV4} ", "10.0.0.2  ", StringComparison.Ordinal)
            .Replace(TwoHosts.LeftV4, "10.0.0.1", StringComparison.Ordinal).Replace(TwoHosts.RightV4, "10.0.0.2", StringComparison.Ordinal);
    }

    private static string Normalised(string session) =>
        Blanks().Replace(Numbers().Replace(Connections().Replace(Times().Replace(session, "TIME"), "CONN"), "N"), " ");

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z|(?<=-)\d{8}T\d{6}Z(?=-\d{4})")]
    private static partial Regex Times();

    [GeneratedRegex(@"\b[0-9a-f]{8,16}\.[0-9a-f]+\b|(?<=""flow"":"")[0-9a-f]{16}")]
    private static partial Regex Connections();

    [GeneratedRegex(@"(?<![.\d])(\d+\.\d (?=kB|B)|\d{1,4} B\b|(?!8000\b)\d{2,})(?![.\d]*\.\d)")]
    private static partial Regex Numbers();

    [GeneratedRegex(" +")]
    private static partial Regex Blanks();
}
