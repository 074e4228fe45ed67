using System.Diagnostics;
using Xunit;

namespace TcpTracer.Tests.Harness;

/// <summary>A program on a real terminal: a tmux of our own, of which we read the screen and press the keys.</summary>
internal sealed class TmuxSession : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);
    private readonly TemporaryFolder _folder = new();

    /// <summary>Starts a shell command on a terminal. When it has ended, the screen stays, with "ended" and its exit code.</summary>
    public TmuxSession(string command, int columns = 100, int rows = 24) => Tmux("-f", "/dev/null", "new-session", "-d",
        "-x", $"{columns}", "-y", $"{rows}", $"sh -c 'trap : INT; {command}; echo ended $?; exec sleep 600'");

    /// <summary>What stands on the screen.</summary>
    public string[] Screen => Tmux("capture-pane", "-p").Split('\n');

    /// <summary>Presses keys, as tmux names them.</summary>
    public void Press(params string[] keys) => Tmux(["send-keys", .. keys]);

    /// <summary>Changes the size of the terminal.</summary>
    public void Resize(int columns, int rows) => Tmux("resize-window", "-x", $"{columns}", "-y", $"{rows}");

    /// <summary>Waits until the screen is as it should be.</summary>
    public string[] WaitFor(Func<string[], bool> isReached)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            string[] screen = Screen;
            if (isReached(screen))
                return screen;
            Assert.True(waited.Elapsed < s_patience, string.Join('\n', screen));
            Thread.Sleep(50);
        }
    }

    /// <summary>Waits until a line has a text in it.</summary>
    public string[] WaitFor(string text) => WaitFor(s => s.Any(l => l.Contains(text, StringComparison.Ordinal)));

    private string Tmux(params string[] arguments)
    {
        var start = new ProcessStartInfo("tmux", ["-S", _folder.File("tmux"), .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment.Remove("TMUX");
        start.Environment["LANG"] = "C.UTF-8";
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd(), errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"tmux {string.Join(' ', arguments)}: {errors}");
        return output;
    }

    public void Dispose()
    {
        Tmux("kill-server");
        _folder.Dispose();
    }
}
