namespace TcpTracer.Cli;

/// <summary>Exit codes of this program. Scripts rely on them: never change one.</summary>
internal static class ExitCode
{
    public const int Done = 0, Failed = 1, Usage = 2, LostOrDamaged = 3, CannotRecord = 4;

    /// <summary>For COMMAND of record; the codes that shells use.</summary>
    public const int CommandNotExecutable = 126, CommandNotFound = 127;
}
