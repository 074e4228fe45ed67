using System.Text;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>
/// <c>show -f</c> goes on in the next file of a set, or in a file that the recorder began anew. It ends when nothing more can come.
/// </summary>
public sealed class FollowedSetTests : IDisposable
{
    private const int SigInt = 2;
    private readonly TemporaryFolder _folder = new();
    private readonly Guid _run = Guid.NewGuid();

    /// <summary>A trace of one event.</summary>
    private byte[] Trace(string comm, string? end, long at = 0)
    {
        var to = new MemoryStream();
        ClockSample clock = TraceBytes.Clock with { BootNs = TraceBytes.Clock.BootNs + at };
        var writer = new TraceWriter(to, TraceBytes.Header with { RunId = _run, Clock = clock }, TimeSpan.Zero);
        writer.OnEvent(SampleEvents.Make(Operation.Connect, comm));
        writer.OnPause();
        if (end is not null)
            writer.Finish(new TraceEnd(end, 1, 1, 0));
        return to.ToArray();
    }

    /// <summary>Writes a file that is complete as soon as it has its name.</summary>
    private void Write(string name, byte[] trace)
    {
        File.WriteAllBytes(_folder.File("new"), trace);
        File.Move(_folder.File("new"), _folder.File(name), overwrite: true);
    }

    private TcptracerProgram Follow(string name, params string[] options) =>
        TcptracerProgram.StartFollowing(["show", "-f", _folder.File(name), "-o", "custom-columns=comm", "--no-headers", .. options],
            _folder.File("out"));

    private void AwaitOutput(string text)
    {
        for (int i = 0; i < 6_000 && Read() != text; i++)
            Thread.Sleep(10);
        Assert.Equal(text, Read());
    }

    private string Read()
    {
        using var file = new FileStream(_folder.File("out"), FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite);
        var all = new MemoryStream();
        file.CopyTo(all);
        return Encoding.UTF8.GetString(all.ToArray());
    }

    /// <summary>
    /// A recorder always holds the lock of its newest file, even if that file is complete. When it has ended or was
    /// killed, nobody holds the lock.
    /// </summary>
    [Theory]
    [InlineData("rotation", 0)]
    [InlineData("dump", 0)]
    [InlineData(null, 1)]
    public void FollowingEndsWhenNoRecorderHoldsTheLock(string? end, int sentences)
    {
        Write("t-20200101T000000Z-0001.tct", Trace("one", end));
        using var recorder =
            System.Diagnostics.Process.Start("flock", ["-x", _folder.File("t-20200101T000000Z-0001.tct"), "sleep", "1000"])!;
        using TcptracerProgram show = Follow("t.tct");
        AwaitOutput("one\n");
        Thread.Sleep(500); // so that it has seen the lock
        recorder.Kill(entireProcessTree: true);
        RunResult run = show.Wait();
        Assert.Equal((0, sentences), (run.ExitCode, run.ErrorLines.Length));
        Each.Of(run.ErrorLines.Append("its recorder was killed"), l => Assert.Contains("its recorder was killed", l));
    }

    [Theory]
    [InlineData("t-29990101T000000Z-0001.tct")] // one file of the set
    [InlineData("t.tct")] // the name of the set
    public void ASetIsFollowedAsItRotates(string name)
    {
        // The clock was set back, so the names are not in the order of the files
        Write("t-29990101T000000Z-0001.tct", Trace("one", "rotation"));
        using TcptracerProgram show = Follow(name);
        AwaitOutput("one\n");
        Write("t-20200101T000000Z-0002.tct", Trace("two", "rotation", 1));
        AwaitOutput("one\ntwo\n");
        Write("t-20200101T000001Z-0003.tct", Trace("three", null, 2)); // as if its recorder had been killed
        AwaitOutput("one\ntwo\nthree\n");
        File.Delete(_folder.File("t-20200101T000001Z-0003.tct"));
        Write("t-20200101T000001Z-0004.tct", Trace("four", "SIGINT", 3));
        RunResult run = show.Wait();
        Assert.Equal(0, run.ExitCode);
        AwaitOutput("one\ntwo\nthree\nfour\n");
    }

    [Fact]
    public void ReplacedFileIsFollowed()
    {
        Write("t.tct", Trace("one", null));
        using TcptracerProgram show = Follow("t.tct");
        AwaitOutput("one\n");
        File.Move(_folder.File("t.tct"), _folder.File("t.tct.old"));
        Write("t.tct", Trace("two", null));
        AwaitOutput("one\ntwo\n");
        File.WriteAllBytes(_folder.File("t.tct"), []); // or was emptied
        Thread.Sleep(300);
        File.WriteAllBytes(_folder.File("t.tct"), Trace("three", "SIGINT"));
        Assert.Equal(0, show.Wait().ExitCode);
        AwaitOutput("one\ntwo\nthree\n");
    }

    [Fact]
    public void FollowingEndsAtOnceWhenUntilIsPastOrFirstIsReached()
    {
        Write("t.tct", Trace("one", null));
        Assert.Equal("one\n", TcptracerProgram.Run("show", "-f", _folder.File("t.tct"), "--until", "1s", "-o", "custom-columns=comm",
            "--no-headers").Output);
        Assert.Equal("", TcptracerProgram.Run("show", "-f", _folder.File("t.tct"), "--until", "2001-01-01T00:00:00Z", "-o",
            "custom-columns=comm", "--no-headers").Output);
        Assert.Equal("one\n", TcptracerProgram.Run("show", "-f", _folder.File("t.tct"), "--first", "1", "-o", "custom-columns=comm",
            "--no-headers").Output);
        using TcptracerProgram show = Follow("t.tct", "--last", "1");
        AwaitOutput("one\n");
        show.Signal(SigInt);
        Assert.Equal(0, show.Wait().ExitCode);
    }

    public void Dispose() => _folder.Dispose();
}
