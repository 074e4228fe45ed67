using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>Sets of files and the flight recorder, through the program: options, signals, closing lines.</summary>
public sealed class SetsOfFilesTests : IDisposable
{
    private const int SigUsr1 = 10, SigUsr2 = 12;
    private readonly TemporaryFolder _folder = new();
    private readonly Loopback _server = new();

    private TcptracerProgram Record(params string[] options) =>
        TcptracerProgram.StartWatching(["record", "-o", _folder.File("t.tct"), "--port", $"{_server.Port}", .. options]);

    private void Connect() => Process.Start("bash", ["-c", _server.Connect]).WaitForExit();

    private string[] Files => [.. Directory.GetFiles(_folder.Path).Order(StringComparer.Ordinal)];

    private static TraceContents Read(string file)
    {
        TraceContents contents = TraceContents.Of(File.ReadAllBytes(file));
        Assert.Empty(contents.Damages);
        return contents;
    }

    /// <summary>Sends SIGUSR1 until the program reports at least so many events.</summary>
    private static void AwaitCaptured(TcptracerProgram program, int events) =>
        AwaitCounters(program, l => int.Parse(l["tcptracer: ".Length..].Split(' ')[0],
            System.Globalization.CultureInfo.InvariantCulture) >= events, $"captured {events} events");

    /// <summary>Sends SIGUSR1 until the program reports that so many events are in files, and none in memory.</summary>
    private static void AwaitWritten(TcptracerProgram program, int events) =>
        AwaitCounters(program, l => l.Contains($"{events} written", StringComparison.Ordinal)
            && !l.Contains("in memory", StringComparison.Ordinal), $"wrote {events} events");

    private static void AwaitCounters(TcptracerProgram program, Predicate<string> areGood, string what)
    {
        int asked = 0;
        program.Await(() =>
        {
            string[] lines = [.. program.ErrorsSoFar.Split('\n').Where(l => l.Contains(" captured, ", StringComparison.Ordinal))];
            if (lines.Length >= asked)
            {
                program.Signal(SigUsr1);
                asked++;
            }
            return Array.Exists(lines, areGood);
        }, $"to say that it {what}");
    }

    [KernelFact]
    public void Usr2BeginsANewFile()
    {
        using TcptracerProgram program = Record("--rotate-every", "1h");
        Connect();
        AwaitCaptured(program, 4); // opened and closed, at both ends
        program.Signal(SigUsr2);
        program.Await(() => Files is [var first, ..] && TraceContents.Of(File.ReadAllBytes(first)).End is not null,
            "to seal the first file");
        Connect();
        RunResult run = program.Stop();
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(2, Files.Length);
        Each.Of(Files, f => Assert.Equal(4, Read(f).Events.Count));
        Each.Of(Files, f => Assert.NotNull(Read(f).End));
        Assert.Contains("8 events captured, 8 written to 2 files t-*.tct", run.Errors);
        Assert.Equal(8, TcptracerProgram.Run(["show", .. Files, "--no-headers"]).Lines.Length);
    }

    [KernelFact]
    public void RotationBySizeKeepsTheGivenNumberOfFiles()
    {
        using TcptracerProgram program = Record("--rotate-size", "1K", "--keep", "2");
        for (int i = 1; i <= 4; i++)
        {
            Connect();
            AwaitWritten(program, 4 * i); // so that the next events go into another block
        }
        RunResult run = program.Stop();
        Assert.Equal(0, run.ExitCode);
        Assert.InRange(Files.Length, 1, 2);
        Each.Of(Files, f => Assert.NotNull(Read(f).End));
        Assert.Matches(@"16 events captured, 16 written to \d+ files? t-\*\.tct", run.Errors);
    }

    [KernelFact]
    public void Usr2WritesTheMemoryOutAndTheRecordingGoesOn()
    {
        using TcptracerProgram program = Record("--ring", "10m", "--dump-after", "10ms");
        Connect();
        AwaitCaptured(program, 4);
        Assert.Empty(Files);
        program.Signal(SigUsr2);
        program.AwaitError("wrote ");
        string dump = Assert.Single(Files);
        Assert.Contains($"wrote {dump}", program.ErrorsSoFar);
        Assert.Equal(4, Read(dump).Events.Count);
        Assert.Equal(4, Read(dump).End?.Written);
        Connect();
        AwaitCaptured(program, 8);
        RunResult run = program.Stop();
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("8 events captured", run.Errors);
    }

    [KernelFact]
    public void MatchingEventWritesTheMemoryOut()
    {
        int nobody;
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            nobody = ((IPEndPoint)listener.LocalEndpoint).Port;
        }
        using TcptracerProgram program = TcptracerProgram.StartWatching("record", "-o", _folder.File("t.tct"), "--port",
            $"{_server.Port},{nobody}",
            "--ring", "64M", "--dump-on", "error == ECONNREFUSED", "--dump-after", "10ms");
        Connect();
        AwaitCaptured(program, 4);
        Assert.Empty(Files);
        string connect = $"exec 3<>/dev/tcp/127.0.0.1/{nobody}";
        Process.Start(new ProcessStartInfo("bash", ["-c", connect]) { RedirectStandardError = true })!.WaitForExit();
        program.AwaitError("wrote ");
        Assert.Equal(0, program.Stop().ExitCode);
        Assert.Equal([1, 2, 3, 3, 5], Read(Files[0]).Events.Select(e => (int)e.Operation).Order());
    }

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }
}
