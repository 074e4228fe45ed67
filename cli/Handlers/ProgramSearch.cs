namespace TcpTracer.Cli.Handlers;

/// <summary>
/// Looks for the command before anything is attached or created: a misspelt name must not cost an existing trace of the same file name.
/// </summary>
internal static class ProgramSearch
{
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <exception cref="UserException">It is not there, or is no program; exit codes as a shell's.</exception>
    public static void Require(string command)
    {
        if (command.Contains('/'))
        {
            if (Directory.Exists(command))
                throw new UserException($"the command '{command}' is a directory, not a program; nothing was recorded", ExitCode.CommandNotExecutable);
            if (!File.Exists(command))
                throw new UserException($"the command '{command}' is not there; nothing was recorded", ExitCode.CommandNotFound);
            if (!IsExecutable(command))
                throw new UserException($"the command '{command}' may not be executed; chmod +x makes it a program; nothing was recorded", ExitCode.CommandNotExecutable);
            return;
        }
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        if (!folders.Any(f => IsExecutable(Path.Combine(f, command))))
            throw new UserException($"the command '{command}' is in no folder of PATH; nothing was recorded", ExitCode.CommandNotFound);
    }

    private static bool IsExecutable(string path) => File.Exists(path) && (File.GetUnixFileMode(path) & AnyExecute) != 0;
}
