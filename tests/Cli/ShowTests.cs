using System.Text;
using System.Text.RegularExpressions;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>Replay of traces that were made by hand: good ones, and files with every kind of fault.</summary>
public sealed class ShowTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(_folder.File(name), bytes);
        return _folder.File(name);
    }

    private static TcpEvent Of(string comm) => SampleEvents.Make(Operation.Connect, comm);

    private static RunResult Show(params string[] arguments) => TcptracerProgram.Run(["show", .. arguments]);

    [Fact]
    public void ShowPrintsTheSpecifiedJsonLine()
    {
        RunResult run = Show(Write("a.tct", SampleEvents.Trace(events: SampleEvents.Seed)), "-o", "json", "-A");
        Assert.Equal(SampleEvents.Print("json", null, true, SampleEvents.Seed), run.Output);
        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
    }

    [Fact]
    public void SeveralFilesAreShownInTheirOrderUnderOneHeader()
    {
        RunResult run = Show(Write("a.tct", SampleEvents.Trace(events: Of("one"))), Write("b.tct", SampleEvents.Trace(events: Of("two"))),
            "-o", "custom-columns=comm");
        Assert.Equal("COMM\none\ntwo\n", run.Output);
        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
    }

    [Fact]
    public void UnreadableFileDoesNotStopTheOthers()
    {
        string missing = _folder.File("missing.tct");
        RunResult run = Show(Write("a.tct", SampleEvents.Trace(events: Of("one"))), missing,
            Write("b.tct", SampleEvents.Trace(events: Of("two"))), "-o", "custom-columns=comm");
        Assert.Equal("COMM\none\ntwo\n", run.Output);
        Assert.Equal($"tcptracer: {missing}: there is no such file", Assert.Single(run.ErrorLines));
        Assert.Equal(1, run.ExitCode);
    }

    [Fact]
    public void StandardInputIsReadOnlyOnRequest()
    {
        var trace = new MemoryStream(SampleEvents.Trace(events: Of("piped")));
        Assert.Equal("piped\n", TcptracerProgram.RunWith(trace, [], "show", "-", "-o", "custom-columns=comm", "--no-headers").Output);
        trace.Position = 0;
        Assert.Equal(2, TcptracerProgram.RunWith(trace, [], "show").ExitCode);
    }

    [Fact]
    public void EmptyTracePrintsOnlyTheHeader()
    {
        RunResult run = Show(Write("a.tct", SampleEvents.Trace()));
        Assert.StartsWith("NODE ", Assert.Single(run.Lines));
        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
    }

    [Fact]
    public void SelectionThatHidesEverythingIsReported()
    {
        RunResult run = Show(Write("a.tct", SampleEvents.Trace(events: [Of("one"), Of("two")])), "--comm", "three", "-o", "json");
        Assert.Equal((0, ""), (run.ExitCode, run.Output));
        Assert.Equal("tcptracer: the selection (--comm three) hides all 2 events; "
            + "`tcptracer summary FILE --by comm` lists what there is", Assert.Single(run.ErrorLines));
    }

    [Fact]
    public void HiddenOlderConnectionsAreReportedWhenNothingElseIsShown()
    {
        RunResult run = Show(Write("a.tct", SampleEvents.Trace(events: SampleEvents.Make(Operation.Existing))), "-o", "json");
        Assert.Equal((0, ""), (run.ExitCode, run.Output));
        Assert.Equal("tcptracer: there is nothing but 1 connection from before the recorder or open at its end (--existing shows them)",
            Assert.Single(run.ErrorLines));
    }

    private static void Refuses(string path, string sentence)
    {
        RunResult run = Show(path);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Equal($"tcptracer: {path}: {sentence}", Regex.Replace(Assert.Single(run.ErrorLines), "offset [1-9][0-9]*", "offset N"));
    }

    [Fact]
    public void MissingFileIsRefused() => Refuses(_folder.File("none"), "there is no such file");

    [Fact]
    public void DirectoryIsRefused() =>
        Refuses(_folder.Path, $"this is a directory, not a trace; name the files in it, as in {_folder.File("*.tct")}");

    [Fact]
    public void EmptyFileIsRefused() =>
        Refuses(Write("a", []),
            "this is not a trace: at offset 0 expected a trace, found an empty file; `tcptracer record -o FILE` writes traces");

    [Fact]
    public void ATextFileIsRefused() => Refuses(Write("a", Encoding.ASCII.GetBytes("root:x:0:0")),
        "this is not a trace: at offset 0 expected an LZ4 or skippable frame, found the bytes 726f6f74; "
            + "`tcptracer record -o FILE` writes traces");

    [Fact]
    public void ATraceOfANewerMajorVersionIsRefused() => Refuses(
        Write("a", SampleEvents.Trace(new TraceHeader { Major = 2, Minor = 3 }, events: Of("x"))),
        "this trace needs a newer tcptracer: at offset N expected format version 1, found 2.3, written by tcptracer 9.8.7; "
            + "show it with that version or a later one");

    [Fact]
    public void TraceThatRequiresAnUnknownFeatureIsRefused() => Refuses(
        Write("a", SampleEvents.Trace(new TraceHeader { Required = ["zstd"] }, events: Of("x"))),
        "this trace needs a newer tcptracer: at offset N expected no required feature, found zstd, written by tcptracer 9.8.7; "
            + "show it with that version or a later one");

    [Fact]
    public void NewerMinorVersionIsRead() =>
        Assert.Equal(0, Show(Write("a", SampleEvents.Trace(new TraceHeader { Minor = 99 }, events: Of("x")))).ExitCode);

    [Fact]
    public void TraceWithoutEndRecordIsShownWithOneWarning()
    {
        RunResult run = Show(Write("a", SampleEvents.Trace(finished: false, events: Of("x"))), "-o", "custom-columns=comm");
        Assert.Equal((0, "COMM\nx\n"), (run.ExitCode, run.Output));
        Assert.Contains("the trace has no end record", Assert.Single(run.ErrorLines));
    }

    [Fact]
    public void TraceCutAtItsEndIsShownWithExitCode0()
    {
        RunResult run = Show(Write("a", SampleEvents.Trace(events: [Of("x")])[..^3]), "-o", "custom-columns=comm");
        Assert.Equal((0, "COMM\nx\n"), (run.ExitCode, run.Output));
        Assert.Matches("the trace is cut off at offset [0-9]+ .*; everything before is good$", Assert.Single(run.ErrorLines));
    }

    [Fact]
    public void GoodPartsOfADamagedFileAreShownWithExitCode3()
    {
        byte[] trace = SampleEvents.Trace(events: [Of("x")]);
        trace[^20] ^= 0xff; // a byte of the end record
        RunResult run = Show(Write("a", trace), "-o", "custom-columns=comm");
        Assert.Equal((3, "COMM\nx\n"), (run.ExitCode, run.Output));
        Assert.Contains("damaged at offset", run.ErrorLines[0]);
    }

    [Fact]
    public void ClosedPipeIsNoFailure()
    {
        string file = Write("a.tct", SampleEvents.Trace(events: [.. Enumerable.Range(0, 20_000).Select(i => Of($"c{i}"))]));
        RunResult run = Shell.Run("tcptracer show $1 -o json | head -1; echo ${PIPESTATUS[0]}", file);
        Assert.Equal(2, run.Lines.Length);
        Assert.Equal("0", run.Lines[1]);
        Assert.Empty(run.Errors);
    }

    [Fact]
    public void FullDiskGivesOneSentence()
    {
        RunResult run = Shell.Run("tcptracer show $1 > /dev/full", Write("a.tct", SampleEvents.Trace(events: Of("x"))));
        Assert.Equal(1, run.ExitCode);
        Assert.Equal("tcptracer: standard output cannot be written: no space is left on the device", Assert.Single(run.ErrorLines));
    }

    public void Dispose() => _folder.Dispose();
}
