using System.Diagnostics;
using TcpTracer.Formats.Events;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary><c>show -f</c> shows events while they are written, and ends when the recorder has ended or when it is told to.</summary>
public sealed class FollowTests : IDisposable
{
    private const int SigInt = 2, SigTerm = 15;
    private readonly TemporaryFolder _folder = new();

    private string Trace => _folder.File("trace.tct");

    private static readonly string[] s_plain = ["-o", "custom-columns=comm", "--no-headers"];

    private TcptracerProgram Follow(params string[] options) => TcptracerProgram.Start(["show", "-f", Trace, .. s_plain, .. options]);

    /// <summary>A trace in pieces: its beginning, one piece for each event, and its end.</summary>
    private static byte[][] Pieces(params string[] comms)
    {
        byte[] trace = TraceBytes.Write([.. comms.Select(c => SampleEvents.Make(Operation.Connect, c))], 1);
        TraceBytes.FramePart[] parts = TraceBytes.Split(trace);
        // the start frame; then a block header and a record for the header, each event and the end
        Assert.Equal(5 + 2 * comms.Length, parts.Length);
        return [TraceBytes.Join(parts.Take(3)), .. parts.Skip(3).Chunk(2).Select(block => TraceBytes.Join(block))];
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        using var file = new FileStream(Trace, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        file.Write(bytes);
    }

    [Fact]
    public void WrittenEventsAreShownAndTheEndRecordEndsFollowing()
    {
        byte[][] pieces = Pieces("one", "two", "three");
        Append(pieces[0]);
        Append(pieces[1]);
        using TcptracerProgram show = Follow();
        show.AwaitOutput("one\n");
        Append(pieces[2]);
        show.AwaitOutput("two\n");
        Append(pieces[3].AsSpan(0, 50)); // half of a block header
        Append(pieces[3].AsSpan(50, pieces[3].Length - 55)); // and a part of its record
        Append(pieces[3].AsSpan(pieces[3].Length - 5));
        show.AwaitOutput("three\n");
        Append(pieces[4]);
        RunResult run = show.Wait();
        Assert.Equal((0, "one\ntwo\nthree\n", ""), (run.ExitCode, run.Output, run.Errors));
    }

    [Fact]
    public void SignalEndsFollowing()
    {
        byte[][] pieces = Pieces("one", "two");
        Append(pieces[0]);
        Append(pieces[1]);
        foreach (int signal in new[] { SigInt, SigTerm })
        {
            using TcptracerProgram show = Follow();
            show.AwaitOutput("one\n");
            show.Signal(signal);
            RunResult run = show.Wait();
            Assert.Equal((0, "one\n"), (run.ExitCode, run.Output));
            Assert.Contains("no end record", Assert.Single(run.ErrorLines));
        }
    }

    [Fact]
    public void FollowingShowsOnlySelectedEvents()
    {
        byte[][] pieces = Pieces("one", "two", "three");
        Append(pieces[0]);
        using TcptracerProgram show = Follow("--comm", "!two");
        foreach (byte[] piece in pieces[1..])
            Append(piece);
        Assert.Equal("one\nthree\n", show.Wait().Output);
    }

    [KernelFact]
    public void ARecordingIsFollowedToItsEnd()
    {
        using var server = new Loopback();
        using TcptracerProgram record = TcptracerProgram.StartWatching("record", "-o", Trace, "--port", $"{server.Port}");
        using TcptracerProgram show = TcptracerProgram.Start("show", "-f", Trace, "-o", "custom-columns=t", "--no-headers", "--op",
            "connect,close", "--comm", "bash");
        Process.Start("bash", ["-c", server.Connect]).WaitForExit();
        show.AwaitOutput("C\nX\n");
        Process.Start("bash", ["-c", server.Connect]).WaitForExit();
        show.AwaitOutput("C\nX\nC\nX\n");
        Assert.Equal(0, record.Stop().ExitCode);
        RunResult run = show.Wait();
        Assert.Equal((0, "C\nX\nC\nX\n", ""), (run.ExitCode, run.Output, run.Errors));
    }

    public void Dispose() => _folder.Dispose();
}
