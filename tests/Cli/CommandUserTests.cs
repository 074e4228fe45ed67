using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>The command of record runs as the user who called sudo, and its arguments stay out of the trace.</summary>
public sealed class CommandUserTests : IDisposable
{
    private const string Who = "echo $(id -u) $(id -g) $(id -G) $HOME $USER $LOGNAME; grep NoNewPrivs /proc/self/status";
    private readonly TemporaryFolder _folder = new();

    private string Trace => _folder.File("t.tct");

    private RunResult RunAs(string? sudo, params string[] options) => TcptracerProgram.RunWith(null, sudo is null
        ? [] : [("SUDO_UID", sudo)],
        ["record", "-o", Trace, "--force", "--no-kubernetes", .. options, "--", "sh", "-c", Who]);

    private static string[] Expected(string user) =>
        Shell.Run($"echo $(id -u {user}) $(id -g {user}) $(id -G {user}) $(getent passwd {user} | cut -d: -f6) {user} {user}; "
            + "grep NoNewPrivs /proc/self/status").Lines;

    [KernelFact]
    public void TheCommandRunsAsTheUserWhoCalledSudo() => Assert.Equal(Expected("nobody"), RunAs("65534").Lines);

    [KernelFact]
    public void UserOptionTakesANameOrANumber()
    {
        Assert.Equal(Expected("daemon"), RunAs("65534", "--user", "daemon").Lines);
        Assert.Equal(Expected("nobody"), RunAs(null, "--user", "65534").Lines);
        Assert.StartsWith("0 0 ", RunAs("65534", "--user", "root").Output);
    }

    [KernelFact]
    public void UnknownUserIsReported()
    {
        Refused(RunAs("65534; id"),
            "SUDO_UID is '65534; id', the number of no user of this machine: say with --user whom the command runs as");
        Refused(RunAs(null, "--user", "nosuch"), "--user 'nosuch': neither the name nor the number of a user of this machine");
        Refused(TcptracerProgram.Run("record", "-o", Trace, "--user", "root"),
            "--user has no effect without a command: it says as whom -- COMMAND runs");
        Assert.False(File.Exists(Trace));
    }

    private static void Refused(RunResult run, string sentence)
    {
        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith($"tcptracer: {sentence}", run.ErrorLines[0]);
    }

    [KernelFact]
    public void ArgumentsAreRecordedOnlyOnRequest()
    {
        TcptracerProgram.Run("record", "-o", Trace, "--", "echo", "-u", "user:secret");
        Assert.EndsWith("-- echo", Command());
        TcptracerProgram.Run("record", "-o", Trace, "--force", "--args", "--", "echo", "-u", "user:secret");
        Assert.EndsWith("-- echo -u user:secret", Command());
    }

    private string Command() => TcptracerProgram.Run("info", Trace).Lines.First(l => l.StartsWith("  command ", StringComparison.Ordinal));

    public void Dispose() => _folder.Dispose();
}
