using System.Globalization;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>SIGUSR1 and SIGUSR2 are requests, and never kill the program, whenever they come.</summary>
public sealed class RequestSignalsTests : IDisposable
{
    private const int SigUsr1 = 10, SigUsr2 = 12, SigXfsz = 25;
    private readonly TemporaryFolder _folder = new();

    [KernelFact]
    public void Usr2IsRefusedForOneFileAndInLiveMode()
    {
        foreach (string[] arguments in new string[][] { ["--pid", "1"], ["record", "-o", _folder.File("t.tct"), "--pid", "1"] })
        {
            using TcptracerProgram program = TcptracerProgram.StartWatching(arguments);
            program.Signal(SigUsr2);
            program.AwaitError("SIGUSR2 has nothing to begin here");
            program.Signal(SigUsr1);
            program.AwaitError("0 events lost");
            Assert.Equal(0, program.Stop().ExitCode);
        }
    }

    [KernelFact]
    public void RequestSignalsDuringTheStartDoNotKill()
    {
        foreach (string options in new[] { "--pid 1", "record -o $1/t.tct --pid 1" })
        {
            // Sends the signal again and again, from the moment on at which the program hears it until it is up
            RunResult run = Shell.Run($$"""
                "$TCPTRACER" {{options}} >/dev/null 2>$1/errors & p=$!
                mask() { python3 - $p <<'END'
                import sys
                m = 0
                for l in open(f"/proc/{sys.argv[1]}/status"):
                    if l.startswith(("SigIgn", "SigCgt")): m |= int(l.split()[1], 16)
                sys.exit(0 if m >> 9 & 1 and m >> 11 & 1 else 1)
                END
                }
                until mask; do :; done
                until grep -qs 'Ctrl-C ends' $1/errors; do kill -USR1 $p && kill -USR2 $p || break; sleep 0.01; done
                kill -INT $p; wait $p; echo $?
                """, _folder.Path);
            Assert.Equal("0", run.Lines[^1]);
        }
    }

    /// <summary>
    /// The signal handling is linked into the executable, and works before .NET starts. Here a shell plays the program, and does
    /// nothing about the signals.
    /// </summary>
    [Fact]
    public void RequestSignalsAreBlockedBeforeDotnetStartsAndNotInChildren()
    {
        RunResult run = Shell.Run("""
            clang -shared -fPIC "$1/cli/Startup/start.c" -o $2/start.so || exit
            LD_PRELOAD=$2/start.so sh -c 'kill -USR1 $$; kill -USR2 $$; kill -XFSZ $$; echo alive
                LD_PRELOAD= sh -c "kill -USR1 \$\$"; echo $?
                LD_PRELOAD= sh -c "kill -USR2 \$\$"; echo $?
                LD_PRELOAD= sh -c "kill -XFSZ \$\$"; echo $?'
            """, TcptracerProgram.Repository, _folder.Path);
        Assert.Equal(["alive", $"{128 + SigUsr1}", $"{128 + SigUsr2}", $"{128 + SigXfsz}"], run.Lines);
    }

    [KernelFact]
    public void Usr1ReportsEventsInMemory()
    {
        using TcptracerProgram program = TcptracerProgram.StartWatching("record", "-o", _folder.File("t.tct"), "--ring", "10m",
            "--no-dump-on-exit", "--port", "9", "--pid", Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        using (var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp))
            Assert.ThrowsAny<System.Net.Sockets.SocketException>(() => socket.Connect("127.0.0.1", 9));
        for (int i = 0; i < 600 && !Said(program); i++)
        {
            program.Signal(SigUsr1);
            Thread.Sleep(50);
        }
        RunResult run = program.Stop();
        Assert.Contains("tcptracer: 1 event captured, nothing written yet, 1 in memory; 0 events lost", run.ErrorLines);
        Assert.Contains("1 event captured, nothing written, 1 not written", run.ErrorLines);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    private static bool Said(TcptracerProgram program) => program.ErrorsSoFar.Contains("1 in memory", StringComparison.Ordinal);

    [KernelFact]
    public void SignalsAndCountWriteTheMemoryOut()
    {
        const int sigHup = 1, sigInt = 2, sigTerm = 15;
        int runs = 0;
        foreach (int signal in new[] { sigHup, sigInt, sigTerm, 0 })
        {
            string[] until = signal == 0 ? ["--count", "1"] : [];
            using TcptracerProgram program = TcptracerProgram.StartWatching(["record", "-o", _folder.File("t.tct"), "--ring", "10m",
                "--port", "9", "--pid", Environment.ProcessId.ToString(CultureInfo.InvariantCulture), .. until]);
            using (var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp))
                Assert.ThrowsAny<System.Net.Sockets.SocketException>(() => socket.Connect("127.0.0.1", 9));
            if (signal != 0)
                program.Signal(signal);
            RunResult run = program.Wait();
            Assert.Equal(0, run.ExitCode);
            Assert.Contains("1 event captured, 1 written to 1 file t-*.tct", run.Errors);
            Assert.Equal(++runs, Directory.GetFiles(_folder.Path).Length);
        }
    }

    public void Dispose() => _folder.Dispose();
}
