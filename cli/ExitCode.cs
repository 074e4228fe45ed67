namespace TcpTracer.Cli;

/// <summary>What the program's exit code says. Scripts rely on it.</summary>
internal static class ExitCode
{
    public const int Done = 0, Failed = 1, Usage = 2, LostOrDamaged = 3, CannotRecord = 4, CommandNotExecutable = 126, CommandNotFound = 127;
}
