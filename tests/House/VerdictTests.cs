using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>.build/verdict, which turns the results of a run into the verdict of ./test.</summary>
public sealed class VerdictTests : IDisposable
{
    private const string Pass = """<test name="A.One" type="A" method="One" result="Pass" />""";
    private readonly TemporaryFolder _folder = new();

    private static string Skip(string reason) =>
        $"""<test name="A.Two" type="A" method="Two" result="Skip"><reason><![CDATA[{reason}]]></reason></test>""";

    private RunResult Judge(string tests, string arguments = "", int passed = 1, int skipped = 0)
    {
        File.WriteAllText(_folder.File("results.xml"), $"""<assemblies><assembly passed="{passed}" failed="0" errors="0" """
            + $"""skipped="{skipped}"><collection>{tests}</collection></assembly></assemblies>""");
        return Shell.Run($"{TcptracerProgram.Repository}/.build/verdict $1 0 {arguments}", _folder.File("results.xml"));
    }

    private static void Expect(RunResult run, int exitCode, string line, string error = "")
    {
        Assert.Equal((exitCode, line), (run.ExitCode, run.Lines[^1]));
        Assert.Contains(error, run.Errors);
    }

    [Fact]
    public void PassedTestsAreCounted() => Expect(Judge(Pass, "-class 'A'"), 0, "1 passed, 0 failed");

    [Fact]
    public void KnownFactIsReportedAndPasses() =>
        Expect(Judge(Pass + Skip(KnownFact.Prefix + "no BTF: /sys"), skipped: 1), 0, "1 passed, 0 failed, 1 skipped",
            "tcptracer: 1 test skipped: no BTF: /sys");

    [Fact]
    public void OtherReasonToSkipFails() =>
        Expect(Judge(Pass + Skip("this machine cannot record: libbpf: no"), skipped: 1), 1, "1 passed, 0 failed, 1 skipped",
            "A.Two was skipped, which only a known fact about the machine excuses");

    [Fact]
    public void FilterWithoutTestsFails()
    {
        Expect(Judge("", "-class '*Nope'", passed: 0), 1, "0 passed, 0 failed", "no test was run");
        Expect(Judge(Pass, "-class 'A' -method '*.Three'"), 1, "1 passed, 0 failed", "no test matches -method '*.Three'");
    }

    [Fact]
    public void MissingResultsFail() =>
        Expect(Shell.Run($"{TcptracerProgram.Repository}/.build/verdict $1 134", _folder.File("none.xml")), 1, "0 passed, 1 failed",
            "ended with status 134");

    public void Dispose() => _folder.Dispose();
}
