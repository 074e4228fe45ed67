using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Traces;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Replay.Copies;
using Xunit;

namespace TcpTracer.Tests.Formats.TraceFile;

/// <summary>Readers in other languages give events the names and values that show gives them, each field of each event.</summary>
public sealed class ReaderEventsTests : IDisposable
{
    /// <summary>Which end an address belongs to needs rules that readers do not have; arguments are a list there, named argv; t is operation again.</summary>
    private static readonly string[] s_notRead = ["src", "dst", "args", "t"];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string> Traces =>
    [
        .. from language in IndependentReadersTests.Languages
           from trace in new[] { "random", "pods", "fields", "merged", "full" }
           select new TheoryDataRow<string, string>(language.Data, trace),
    ];

    private static byte[] Make(string trace) => trace switch
    {
        "random" => TraceBytes.Write([.. RandomTraffic.Events(81, 600)], 90),
        "pods" => TraceBytes.WithPods(82, 400, MetadataScope.Cluster),
        "fields" => FieldJourney.Trace([.. FieldJourney.RawEvents().Select(FieldJourney.Decode)]),
        "merged" => MergeTests.Merge(MergeTests.Of("two nodes")).Merged,
        _ => FullTrace.Write(),
    };

    [Theory]
    [MemberData(nameof(Traces))]
    public void EveryFieldIsThatOfShow(string language, string trace)
    {
        string file = _folder.File("trace.tct");
        File.WriteAllBytes(file, Make(trace));
        string fields = string.Join(',', Fields.All.Select(f => f.Name).Except(s_notRead));
        RunResult run = TcptracerProgram.Run("show", "-o", "json", "--existing", "-F", "op == progress or op != progress", "--fields", fields, file);
        Assert.Equal(0, run.ExitCode);
        List<JsonObject> read = Read(language, file);
        Assert.Equal(run.Lines.Length, read.Count);
        Assert.NotEmpty(read);
        for (int i = 0; i < read.Count; i++)
        {
            read[i].Remove("argv");
            JsonNode shown = JsonNode.Parse(run.Lines[i])!;
            Assert.True(JsonNode.DeepEquals(shown, read[i]), $"event {i}: show {run.Lines[i]}\nreader {read[i].ToJsonString()}");
        }
    }

    [Theory]
    [InlineData("python")]
    [InlineData("javascript")]
    public void ArgumentsAreAList(string language)
    {
        string file = _folder.File("trace.tct");
        File.WriteAllBytes(file, FieldJourney.Trace([.. FieldJourney.RawEvents().Select(FieldJourney.Decode)]));
        string[] expected = [.. FieldJourney.RawEvents().Select(FieldJourney.Decode).Where(e => e.Process.Args.Raw.Length > 0)
            .Select(e => JsonSerializer.Serialize(System.Text.Encoding.UTF8.GetString(e.Process.Args.Raw).Split('\0')))];
        Assert.NotEmpty(expected);
        Assert.Equal(expected, Read(language, file).Where(e => e["argv"] is not null).Select(e => JsonSerializer.Serialize(e["argv"])));
    }

    private static List<JsonObject> Read(string language, string file)
    {
        using Process process = Process.Start(ForeignReader.Of(language, "--events", file))!;
        var events = new List<JsonObject>();
        while (process.StandardOutput.ReadLine() is { } line)
            events.Add(JsonNode.Parse(line)!.AsObject());
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return events;
    }

    public void Dispose() => _folder.Dispose();
}
