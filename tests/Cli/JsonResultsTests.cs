using System.Text.Json;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>
/// The JSON of <c>info</c> and <c>doctor</c>: scripts rely on its keys and their order. The objects of <c>info</c> are compared byte for
/// byte with tests/golden/info.jsonl. TCPTRACER_UPDATE_GOLDEN=1 writes that file again.
/// </summary>
public sealed class JsonResultsTests
{
    private static readonly string s_golden = Path.Combine(TcptracerProgram.Repository, "tests/golden/info.jsonl");

    /// <summary>Traces with things that other tests leave out: damages, losses, names, no events, an end without counts.</summary>
    private static string[] Traces { get; } =
    [
        "examples/shop.tct",
        .. Directory.EnumerateFiles(Path.Combine(TcptracerProgram.Repository, "tests/golden"), "*.tct", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(TcptracerProgram.Repository, f)).Order(StringComparer.Ordinal),
    ];

    [Fact]
    public void InfoJsonMatchesTheGoldenFile()
    {
        string info = Shell.Run($"cd $1; tcptracer info -o json {string.Join(' ', Traces)} 2>/dev/null",
            TcptracerProgram.Repository).Output;
        if (Environment.GetEnvironmentVariable("TCPTRACER_UPDATE_GOLDEN") == "1")
            File.WriteAllText(s_golden, info);
        Assert.Equal(File.ReadAllText(s_golden), info);
        Assert.True(info.Split('\n').Length > 20);
    }

    [Fact]
    public void InfoJsonIsAsciiOnly() =>
        Each.Of(File.ReadAllText(s_golden), c => Assert.True(c is '\n' or (>= ' ' and < '\x7f')));

    [Fact]
    public void DoctorJsonHasItsKeysInOrder()
    {
        RunResult run = TcptracerProgram.Run("doctor", "-o", "json", "--no-kubernetes");
        JsonElement doctor = JsonDocument.Parse(Assert.Single(run.Lines)).RootElement;
        bool canRecord = doctor.GetProperty("can_record").GetBoolean();
        Assert.Equal(run.ExitCode == 0, canRecord);
        Assert.Equal(canRecord ? ["can_record", "findings", "sources"] : ["can_record", "why_not", "findings", "sources"], KeysOf(doctor));
        Each.Of(doctor.GetProperty("findings").EnumerateArray(), f => Assert.Equal(["subject", "works", "required", "detail"], KeysOf(f)));
        Each.Of(doctor.GetProperty("sources").EnumerateArray(), s => Assert.Equal(["name", "answers", "detail"], KeysOf(s)));
    }

    private static IEnumerable<string> KeysOf(JsonElement json) => json.EnumerateObject().Select(p => p.Name);
}
