using System.Net;
using System.Net.Sockets;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>A recorder keeps only the privileges that it still needs, in all of its threads, and goes on recording.</summary>
public sealed class DroppedPrivilegesTests(TwoHosts hosts) : IClassFixture<TwoHosts>, IDisposable
{
    private const ulong None = 0, Kill = 1 << 5, DacOverride = 1 << 1;
    private const int Nobody = 65534;
    private readonly TemporaryFolder _folder = new();

    [KernelFact]
    public void RecordingToOneFileDropsAllCapabilities() => Check(None, "-o", _folder.File("t.tct"));

    [KernelFact]
    public void LiveModeDropsAllCapabilities()
    {
        using TcptracerProgram program = TcptracerProgram.StartWatching("--no-kubernetes", "--netns", hosts.Both);
        Keeps(program, None);
        Connect();
        Assert.Equal(4, program.Stop().Lines.Length - 1); // without the header line
    }

    [KernelFact]
    public void RecordingASetInItsOwnDirectoryDropsAllCapabilities() => Check(None, "-o", _folder.File("t.tct"), "--rotate-every", "1s");

    [KernelFact]
    public void RecordingASetInAForeignDirectoryKeepsTheRightToWrite()
    {
        Assert.Equal(0, Shell.Run($"mkdir $1/theirs && chown {Nobody} $1/theirs", _folder.Path).ExitCode);
        string theirs = System.IO.Path.Combine(_folder.Path, "theirs");
        Check(DacOverride, "-o", System.IO.Path.Combine(theirs, "t.tct"), "--rotate-every", "1s");
    }

    /// <summary>Its command becomes another user, and must still get the signals that we get.</summary>
    [KernelFact]
    public void RecordingACommandKeepsTheRightToSignalIt()
    {
        using TcptracerProgram program = TcptracerProgram.StartWatching("record", "-o", _folder.File("t.tct"), "--no-kubernetes", "--",
            "sh", "-c", $"echo 'recording to' >&2; exec setpriv --reuid {Nobody} --clear-groups sleep 60");
        Keeps(program, Kill);
        program.Signal(15);
        Assert.Equal(128 + 15, program.Wait().ExitCode);
    }

    private void Check(ulong kept, params string[] options)
    {
        using TcptracerProgram program =
            TcptracerProgram.StartWatching(["record", "--no-kubernetes", "--netns", hosts.Both, "--print", .. options]);
        Keeps(program, kept);
        string folder = System.IO.Path.GetDirectoryName(options[1])!;
        int files = options.Contains("--rotate-every") ? 2 : 1, connections = 0;
        do
        {
            Connect();
            connections++;
            Thread.Sleep(100);
        }
        while (Directory.GetFiles(folder, "*.tct").Length < files);
        RunResult run = program.Stop();
        Assert.Equal((0, 4 * connections), (run.ExitCode, run.Lines.Length - 1)); // without the header line
        Assert.Contains("0 events lost", run.ErrorLines);
    }

    /// <summary>Waits until all threads have these privileges: a command says that it runs a moment before.</summary>
    private static void Keeps(TcptracerProgram program, ulong kept)
    {
        string[] expected = [$"CapPrm:\t{kept:x16}", $"CapEff:\t{kept:x16}", "NoNewPrivs:\t1"];
        program.Await(() => Directory.GetDirectories($"/proc/{program.Pid}/task")
            .All(t => !expected.Except(File.ReadAllLines($"{t}/status")).Any()), $"to keep {kept:x} in every thread");
    }

    /// <summary>Makes a connection, which has four events.</summary>
    private void Connect()
    {
        using Socket listener = hosts.ListenOnTheRight(1);
        using Socket client = TwoHosts.In(hosts.Left, () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        client.Connect((IPEndPoint)listener.LocalEndPoint!);
        using Socket server = listener.Accept();
        client.Close();
        Assert.Equal(0, server.Receive(new byte[1]));
    }

    public void Dispose() => _folder.Dispose();
}
